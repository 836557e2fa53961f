package import Notebook

/// What a recipe is called on its pages, whether or not it can be read.
package enum RecipeTitle {
  /// The front matter's title, otherwise the first heading of the highest level; nil where there is
  /// neither.
  package static func find(in passages: [Passage]) -> String? {
    for passage in passages {
      let title =
        passage.title ?? (passage.kind == .prose ? Markdown.firstHeading(passage.text) : nil)
      if let title { return title }
    }
    return nil
  }
}
