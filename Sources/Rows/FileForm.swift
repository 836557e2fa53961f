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

  /// A longer first line is taken for a row where it begins like one.
  private static let long = 1 << 20

  init(_ file: ContentFile) throws(Problem) {
    if try file.bytes(at: 0, count: 8192).contains(0) {
      self = .binary
      return
    }
    var lines = LineCursor(file, 0..<file.size, bufferSize: 64 << 10)
    guard let line = try lines.line() else {
      self = .blank
      return
    }
    let start = line.bytes.first { $0 != 0x20 && $0 != 0x09 }
    if start == UInt8(ascii: "{") {
      if line.bytes.count > FileForm.long
        || ComparedRows.fields(line: Array(line.bytes)) != nil
      {
        self = .rows
        return
      }
    }
    self = .text(line: line.number + 1)
  }

  /// The line that shows that these are no rows.
  var line: Int { if case .text(let line) = self { line } else { 1 } }
}
