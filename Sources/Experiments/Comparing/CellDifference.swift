package import Comparison
internal import Notebook

/// A cell of a recipe whose text two sides have differently.
package struct CellDifference: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable { case changed, added, removed, renamed }

  /// What a changed text means for the step.
  package enum Effect: String, Hashable, Sendable {
    /// The step does something else.
    case work
    /// Only parameters are set otherwise, which are named as such.
    case parameters
    /// The step is the same: spaces, comments, names of other steps.
    case none
  }

  package let kind: Kind
  /// As in `clean`, and `RECIPE/clean` for a cell of another recipe; of side B where it is there.
  package let cell: String
  /// The cell's name in A where it is another one.
  package let was: String?
  /// As in `python`.
  package let language: String
  /// Whether the cell is data, such as a prompt, and is read word by word.
  package let isData: Bool
  /// Nil where a side has no such cell.
  package let a: String?
  package let b: String?
  package internal(set) var effect: Effect

  /// The text line by line, for programs and settings.
  package var lines: LineDifference { LineDifference(a ?? "", b ?? "", context: 2) }
  /// The text word by word, for data.
  package var words: WordDifference { WordDifference(a ?? "", b ?? "") }

  /// The name of what stands at the top of a recipe, besides its parameters.
  static let frontMatter = "front matter"

  /// What differs between the cells of two texts, in the order of B, cells that are gone last.
  ///
  /// - Parameters:
  ///   - prefix: before each name, as in `other/`.
  ///   - same: pairs of names under which both sides have the same step.
  static func all(
    _ a: RecipeText, _ b: RecipeText, prefix: String = "", same: [String: String] = [:]
  ) -> [CellDifference] {
    let old = Dictionary(
      a.cells.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let new = Dictionary(
      b.cells.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var gone = a.cells.filter { new[$0.id] == nil }
    var found: [CellDifference] = []
    if a.frontMatter != b.frontMatter {
      found.append(
        CellDifference(
          kind: .changed, cell: prefix + frontMatter, was: nil, language: "yaml", isData: false,
          a: a.frontMatter, b: b.frontMatter, effect: .none))
    }
    for cell in b.cells {
      let before: RecipeText.Cell?
      if let there = old[cell.id] {
        if there.body == cell.body, there.language == cell.language { continue }
        before = there
      } else {
        let index = gone.firstIndex {
          same[prefix + $0.id] == prefix + cell.id
            || $0.body == cell.body && $0.language == cell.language
        }
        before = index.map { gone.remove(at: $0) }
      }
      let isRenamed = before.map { $0.id != cell.id } ?? false
      found.append(
        CellDifference(
          kind: before == nil ? .added : isRenamed ? .renamed : .changed, cell: prefix + cell.id,
          was: isRenamed ? before.map { prefix + $0.id } : nil, language: cell.language,
          isData: cell.isData, a: before?.body, b: cell.body,
          effect: isRenamed ? .none : .work))
    }
    return found
      + gone.map { cell in
        CellDifference(
          kind: .removed, cell: prefix + cell.id, was: nil, language: cell.language,
          isData: cell.isData, a: cell.body, b: nil, effect: .work)
      }
  }
}
