internal import Files
internal import Glibc
package import Problems
package import SystemPackage

/// The lines of a file, one after the other, through one buffer of 1 MiB: memory is bounded by the
/// longest line, never by the file.
package final class LineReader {
  /// A longer line is refused: it is most likely no JSON Lines file at all.
  package static let longestLine = 256 << 20

  /// How messages call the file.
  package let name: String
  /// The number of the line given last, from 1; 0 before the first.
  package private(set) var number = 0

  private let path: FilePath
  private let file: FileDescriptor
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  /// - Parameter name: how messages call the file; its path where nil.
  package init(_ path: FilePath, name: String? = nil) throws(Problem) {
    self.path = path
    self.name = name ?? path.string
    do {
      file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    } catch { throw .file("cannot read", path, error) }
  }

  deinit { try? file.close() }

  /// The next line without its line feed, or nil at the end; a byte order mark before the first
  /// line is left out.
  package func next() throws(Problem) -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      if let feed = lineFeed() {
        line.append(contentsOf: buffer[start..<feed])
        start = feed + 1
        return counted(line)
      }
      line.append(contentsOf: buffer[start..<end])
      start = end
      guard line.count <= LineReader.longestLine else {
        throw Problem(
          .step, "line-too-long",
          "cannot read \(name): line \(number + 1) is longer than \(LineReader.longestLine) bytes",
          hint: "rows are JSON Lines, one JSON object a line")
      }
      if try !fill() { return line.isEmpty ? nil : counted(line) }
    }
  }

  private func counted(_ line: [UInt8]) -> [UInt8] {
    number += 1
    let hasMark = number == 1 && line.starts(with: [0xEF, 0xBB, 0xBF])
    return hasMark ? Array(line.dropFirst(3)) : line
  }

  private func lineFeed() -> Int? {
    buffer.withUnsafeBytes { bytes in
      guard end > start, let base = bytes.baseAddress else { return nil }
      guard let found = memchr(base + start, 0x0A, end - start) else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  /// Whether there was anything more to read.
  private func fill() throws(Problem) -> Bool {
    if isAtEnd { return false }
    do {
      let file = file
      end = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
    } catch { throw .file("cannot read", path, error) }
    start = 0
    isAtEnd = end == 0
    return !isAtEnd
  }
}
