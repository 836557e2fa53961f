internal import Problems

/// The text of a file with the places where its lines begin.
///
/// A line ends with LF, CR LF or CR, as in CommonMark and YAML. A byte order mark is left out.
final class SourceText: Sendable {
  /// The path that messages show.
  let displayPath: String
  let bytes: [UInt8]
  /// The offset of the first byte of each line.
  private let lineStarts: [Int]

  init(_ text: String, displayPath: String) {
    self.displayPath = displayPath
    var bytes = Array(text.utf8)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    var starts = [0]
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\r"), index < bytes.count, bytes[index] == UInt8(ascii: "\n") {
        index += 1
        starts.append(index)
      } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        starts.append(index)
      }
    }
    if starts.count > 1, starts.last == bytes.count { starts.removeLast() }
    self.bytes = bytes
    lineStarts = starts
  }

  var lineCount: Int { lineStarts.count }

  /// The bytes of a line without its ending.
  ///
  /// - Parameter line: counted from 1.
  func range(ofLine line: Int) -> Range<Int> {
    let start = lineStarts[line - 1]
    var end = line < lineStarts.count ? lineStarts[line] : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  /// The bytes of a line without its ending.
  func line(_ line: Int) -> ArraySlice<UInt8> { bytes[range(ofLine: line)] }

  /// Some lines from a column on, each ended by LF.
  ///
  /// - Parameter drop: how many bytes at a line's beginning are left out.
  func text(lines: Range<Int>, dropping drop: (Int) -> Int) -> String {
    var content: [UInt8] = []
    for line in lines {
      content.append(contentsOf: self.line(line).dropFirst(drop(line)))
      content.append(UInt8(ascii: "\n"))
    }
    return String(decoding: content, as: UTF8.self)
  }

  /// A place in the text, brought back inside it where it lies beyond.
  ///
  /// - Parameters:
  ///   - line: counted from 1.
  ///   - column: counted from 1, in Unicode scalars.
  ///   - length: in characters; a caret never runs past the line's end.
  func place(line: Int, column: Int, length: Int = 1) -> Problem.Place {
    let line = max(1, min(line, lineCount))
    let source = String(decoding: self.line(line), as: UTF8.self)
    let scalars = source.unicodeScalars
    let before = scalars.prefix(max(0, column - 1))
    let characters = String(String.UnicodeScalarView(before)).count
    return Problem.Place(
      path: displayPath, line: line, column: characters + 1,
      length: max(1, min(length, source.count - characters)), source: source)
  }

  /// The place of a byte.
  func place(offset: Int, length: Int = 1) -> Problem.Place {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    let range = range(ofLine: low + 1)
    let end = max(range.lowerBound, min(offset, range.upperBound))
    let before = String(decoding: bytes[range.lowerBound..<end], as: UTF8.self)
    return place(line: low + 1, column: before.unicodeScalars.count + 1, length: length)
  }
}
