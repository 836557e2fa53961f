internal import Comparison
internal import Documents
internal import Problems

/// What a file holds, by its first line that is more than white space.
enum FileForm: Hashable {
  /// JSON Lines.
  case rows
  /// The number from 1 of the line that shows that it is something else.
  case text(line: Int)
  case binary
  /// Nothing, or only white space.
  case blank

  /// How much of a file is looked at, in bytes; a first line that is longer is taken for a row where
  /// it begins like one.
  private static let beginning = 1 << 20

  init(_ file: ContentFile) throws(Problem) {
    var rest = try file.bytes(at: 0, count: FileForm.beginning)[...]
    if rest.prefix(8192).contains(0) {
      self = .binary
      return
    }
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    var number = 1
    while !rest.isEmpty {
      let feed = rest.firstIndex(of: 0x0A)
      let line = rest[..<(feed ?? rest.endIndex)]
      if !RowReader.isBlank(line) {
        let isWhole = feed != nil || Int64(rest.endIndex) == file.size
        let start = line.first { $0 != 0x20 && $0 != 0x09 }
        let isRow =
          start == UInt8(ascii: "{") && (!isWhole || ComparedRows.fields(line: Array(line)) != nil)
        self = isRow ? .rows : .text(line: number)
        return
      }
      rest = feed.map { rest[($0 + 1)...] } ?? []
      number += 1
    }
    self = file.size <= FileForm.beginning ? .blank : .text(line: number)
  }

  /// The line that shows that these are no rows.
  var line: Int { if case .text(let line) = self { line } else { 1 } }
}
