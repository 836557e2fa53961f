/// A stretch of a recipe's text: what a reader meets, in the order in which it stands, whether or not
/// the recipe can be read.
package struct Passage: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// The YAML at the top with its fences.
    case frontMatter
    case prose
    /// A fenced block with an id.
    ///
    /// - Parameters:
    ///   - language: as in `python`.
    ///   - body: what stands between the fences, option lines too.
    case cell(language: String, id: String, body: String)
  }

  package let kind: Kind
  /// The lines as they stand, each ended by LF.
  package let text: String

  /// What front matter calls the recipe; nil for other passages, and where it says nothing that can
  /// be read.
  package var title: String? {
    guard kind == .frontMatter else { return nil }
    let source = SourceText(text, displayPath: "")
    let yaml = YAMLPart(source: source, lines: 2..<max(2, source.lineCount))
    guard case .mapping(let members)? = yaml.read("", noting: Mistakes())?.content,
      let title = members.first(where: { $0.name == "title" })
    else { return nil }
    return try? ValueTyping.text(title.value)
  }

  /// The passages of a text; together they are all of it.
  package static func all(of text: String) -> [Passage] {
    let source = SourceText(text, displayPath: "")
    func lines(_ range: Range<Int>) -> String { source.text(lines: range) { _ in 0 } }
    var passages: [Passage] = []
    var next = firstLine(after: source)
    if next > 1 { passages.append(Passage(kind: .frontMatter, text: lines(1..<next))) }
    func addProse(until end: Int) {
      guard next < end else { return }
      let text = lines(next..<end)
      if !text.allSatisfy(\.isWhitespace) { passages.append(Passage(kind: .prose, text: text)) }
    }
    for cell in CellFinder.cells(in: source, from: next) where cell.line >= next {
      addProse(until: cell.line)
      let end = min(source.lineCount + 1, cell.body.upperBound + (cell.isClosed ? 1 : 0))
      let body = source.text(lines: cell.body) { cell.indent(ofLine: $0, in: source) }
      passages.append(
        Passage(
          kind: .cell(language: cell.language, id: cell.id, body: body),
          text: lines(cell.line..<end)))
      next = end
    }
    addProse(until: source.lineCount + 1)
    return passages
  }

  /// The first line that is no front matter.
  private static func firstLine(after source: SourceText) -> Int {
    func isFence(_ line: Int, _ mark: String) -> Bool {
      let bytes = source.line(line)
      return bytes.starts(with: mark.utf8)
        && bytes.dropFirst(3).allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }
    guard isFence(1, "---") else { return 1 }
    var line = 2
    while line <= source.lineCount, !isFence(line, "---"), !isFence(line, "...") { line += 1 }
    return min(line, source.lineCount) + 1
  }
}
