internal import Problems

/// A fenced block with an id, as it stands in the document.
struct Cell: Sendable {
  /// As in `python`.
  var language: String
  /// What stands between `{#` and `}`; not yet known to be a step id.
  var id: String
  /// The line of the opening fence, counted from 1.
  var line: Int
  /// Where the id stands in that line, counted from 1 in Unicode scalars.
  var idColumn: Int
  /// The lines between the fences.
  var body: Range<Int>
  /// The spaces before the opening fence, which are dropped from every line of the body.
  var indent: Int
  /// Whether the closing fence is there.
  var isClosed: Bool

  /// The place of the id.
  func place(in source: SourceText) -> Problem.Place {
    source.place(line: line, column: idColumn, length: id.count)
  }

  /// How many bytes of a line of the body belong to the indentation of the fence.
  func indent(ofLine line: Int, in source: SourceText) -> Int {
    source.line(line).prefix(indent).prefix { $0 == UInt8(ascii: " ") }.count
  }
}
