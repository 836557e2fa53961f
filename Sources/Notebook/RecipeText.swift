/// The text of a recipe taken apart, whether or not it can be read: its cells, and what stands between
/// them.
package struct RecipeText: Hashable, Sendable {
  /// A fenced block with an id.
  package struct Cell: Hashable, Sendable {
    package var id: String
    /// As in `python`.
    package var language: String
    /// The line of the opening fence, from 1.
    package var line: Int
    /// What stands between the fences, option lines too.
    package var body: String

    /// Whether the cell is data and not a program or the settings of a step.
    package var isData: Bool { CellReader.dataEndings[language] != nil }
  }

  /// The YAML at the top without its `params`, whose values are told otherwise.
  package let frontMatter: String
  /// The YAML of `params` with its default values.
  package let parameters: String
  /// In document order.
  package let cells: [Cell]
  /// Everything else.
  package let prose: String

  package init(_ text: String) {
    let source = SourceText(text, displayPath: "")
    func lines(_ range: Range<Int>) -> String { source.text(lines: range) { _ in 0 } }
    var first = 1
    var own: [Int] = []
    var values: [Int] = []
    if RecipeText.isFence(source.line(1)) {
      var end = 2
      while end <= source.lineCount, !RecipeText.isFence(source.line(end)) { end += 1 }
      var isInside = false
      for line in 2..<max(2, end) {
        let bytes = source.line(line)
        if let start = bytes.first, start != UInt8(ascii: " "), start != UInt8(ascii: "#") {
          isInside = bytes.starts(with: "params:".utf8)
        }
        if isInside { values.append(line) } else { own.append(line) }
      }
      first = min(end, source.lineCount) + 1
    }
    frontMatter = own.map { lines($0..<$0 + 1) }.joined()
    parameters = values.map { lines($0..<$0 + 1) }.joined()
    let found = CellFinder.cells(in: source, from: first)
    cells = found.map { cell in
      Cell(
        id: cell.id, language: cell.language, line: cell.line,
        body: source.text(lines: cell.body) { cell.indent(ofLine: $0, in: source) })
    }
    var prose = ""
    var next = first
    for cell in found {
      if next < cell.line { prose += lines(next..<cell.line) }
      next = max(next, cell.body.upperBound + (cell.isClosed ? 1 : 0))
    }
    if next <= source.lineCount { prose += lines(next..<source.lineCount + 1) }
    self.prose = prose
  }

  private static func isFence(_ line: ArraySlice<UInt8>) -> Bool {
    line.starts(with: "---".utf8)
      && line.dropFirst(3).allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }
}
