package import Notebook

/// What a recipe is called on its pages, whether or not it can be read.
package enum RecipeTitle {
  /// The front matter's title, otherwise the first heading of the highest level; nil where there is
  /// neither.
  package static func find(in passages: [Passage]) -> String? {
    for passage in passages {
      switch passage.kind {
      case .frontMatter: if let title = title(inFrontMatter: passage.text) { return title }
      case .prose: if let heading = Markdown.firstHeading(passage.text) { return heading }
      case .cell: break
      }
    }
    return nil
  }

  private static func title(inFrontMatter text: String) -> String? {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("title:") }) else {
      return nil
    }
    let value = line.dropFirst(6).trimmingPrefix { $0 == " " }
    let quotes: Set<Character> = ["\"", "'"]
    let isQuoted =
      value.count > 1 && quotes.contains(value.first ?? " ") && value.last == value.first
    let title = isQuoted ? value.dropFirst().dropLast() : value
    return title.isEmpty ? nil : String(title)
  }
}
