internal import Files
internal import Glibc
package import Problems
package import SystemPackage

/// A JSON Lines file of which single pages are read: where each thousandth line begins is known, so
/// that a page far behind costs no more than the first.
package struct RowFile: Sendable {
  /// One line of the file.
  package struct Line: Hashable, Sendable {
    /// Counted from 1.
    package var number: Int
    /// At most `RowFile.longest` bytes of it.
    package var bytes: [UInt8]
    /// How long it is, in bytes.
    package var length: Int

    /// Whether `bytes` is all of it.
    package var isWhole: Bool { bytes.count == length }
  }

  /// So many bytes of a line are read; what is longer is told by its length.
  package static let longest = 1 << 18
  private static let stride = 1_000
  private static let pieceSize = 1 << 20

  package let path: FilePath
  /// How many lines the file has, blank ones too.
  package let count: Int
  /// In bytes.
  package let size: Int64
  /// Where the lines 1, 1001, 2001, … begin.
  private let starts: [Int64]

  /// Reads the file once, for its line feeds only, in bounded memory.
  package init(_ path: FilePath) throws(Problem) {
    self.path = path
    var starts: [Int64] = [0]
    var lines = 0
    var position: Int64 = 0
    var endsWithFeed = true
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      defer { try? file.close() }
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: RowFile.pieceSize, alignment: 16)
      defer { buffer.deallocate() }
      while case let read = try file.read(into: buffer), read > 0, let base = buffer.baseAddress {
        var offset = 0
        while offset < read, let found = memchr(base + offset, 0x0A, read - offset) {
          offset = UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1
          lines += 1
          if lines % RowFile.stride == 0 { starts.append(position + Int64(offset)) }
        }
        endsWithFeed = buffer[read - 1] == 0x0A
        position += Int64(read)
      }
    } catch { throw .file("cannot read", path, error) }
    count = endsWithFeed ? lines : lines + 1
    size = position
    self.starts = starts
  }

  /// Some lines of the file.
  ///
  /// - Parameters:
  ///   - first: the number of the first line, from 1; beyond the end there is nothing.
  ///   - count: how many at most.
  package func lines(from first: Int, count: Int) throws(Problem) -> [Line] {
    guard first >= 1, first <= self.count, count > 0 else { return [] }
    var lines: [Line] = []
    try each(from: first) { line in
      lines.append(line)
      return lines.count < count
    }
    return lines
  }

  /// The lines that hold some text, letter by letter.
  ///
  /// - Parameters:
  ///   - text: as it stands in the file; also looked for in its JSON form, so that quotes match.
  ///   - first: the number of the line that the search begins with.
  ///   - limit: how many lines are found at most.
  /// - Returns: the lines, and the number of the line after the last that was looked at; nil there
  ///   means that the file was searched to its end.
  package func search(
    _ text: String, from first: Int = 1, limit: Int
  ) throws(Problem) -> (lines: [Line], next: Int?) {
    let needles = [Array(text.utf8), RowFile.escaped(text)].map { [UInt8]($0) }
    var found: [Line] = []
    var next: Int?
    guard first >= 1, first <= count, !text.isEmpty else { return ([], nil) }
    try each(from: first) { line in
      if needles.contains(where: { RowFile.holds(line.bytes, $0) }) { found.append(line) }
      if found.count == limit {
        next = line.number < count ? line.number + 1 : nil
        return false
      }
      return true
    }
    return (found, next)
  }

  /// The text as it stands between the quotes of a JSON string.
  private static func escaped(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x0A: bytes += Array("\\n".utf8)
      case 0x09: bytes += Array("\\t".utf8)
      default: bytes.append(byte)
      }
    }
    return bytes
  }

  private static func holds(_ bytes: [UInt8], _ needle: [UInt8]) -> Bool {
    guard let first = needle.first else { return false }
    return bytes.withUnsafeBytes { line in
      needle.withUnsafeBytes { wanted in
        guard let start = line.baseAddress, let text = wanted.baseAddress else { return false }
        var offset = 0
        while offset + wanted.count <= line.count,
          let found = memchr(start + offset, Int32(first), line.count - wanted.count + 1 - offset)
        {
          if memcmp(found, text, wanted.count) == 0 { return true }
          offset = UnsafeRawPointer(found) - start + 1
        }
        return false
      }
    }
  }

  /// Calls the body with each line from one on, until it says false.
  package func each(from first: Int = 1, _ body: (Line) -> Bool) throws(Problem) {
    guard first >= 1, first <= count else { return }
    let block = (first - 1) / RowFile.stride
    var number = block * RowFile.stride + 1
    var position = starts[block]
    var line = Line(number: number, bytes: [], length: 0)
    var isOpen = false
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      defer { try? file.close() }
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
      defer { buffer.deallocate() }
      while case let read = try file.read(fromAbsoluteOffset: position, into: buffer), read > 0,
        let base = buffer.baseAddress
      {
        position += Int64(read)
        var offset = 0
        while offset < read {
          let found = memchr(base + offset, 0x0A, read - offset)
          let end = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? read
          if number >= first {
            let room = max(0, RowFile.longest - line.bytes.count)
            line.bytes.append(contentsOf: buffer[offset..<min(end, offset + room)])
          }
          line.length += end - offset
          isOpen = true
          guard found != nil else { break }
          if number >= first, !body(line) { return }
          number += 1
          line = Line(number: number, bytes: [], length: 0)
          isOpen = false
          offset = end + 1
        }
      }
    } catch { throw .file("cannot read", path, error) }
    if isOpen, number >= first { _ = body(line) }
  }
}
