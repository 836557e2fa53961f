internal import Glibc
internal import Problems

/// The lines of a file in bounded memory.
final class TextLines {
  /// A longer line makes a file no lines at all.
  static let longest = 64 << 20

  /// The number of the line given last, from 1.
  private(set) var number = 0
  /// Whether a line was longer than lines may be; nothing follows it then.
  private(set) var isTooLong = false
  private let file: ContentFile
  private var offset: Int64 = 0
  private var piece: [UInt8] = []
  private var start = 0

  init(_ file: ContentFile) { self.file = file }

  /// The next line without its line feed, or nil at the end.
  func next() throws(Problem) -> [UInt8]? {
    var line: [UInt8] = []
    while !isTooLong {
      if start == piece.count {
        piece = try file.bytes(at: offset, count: ContentFile.pieceSize)
        offset += Int64(piece.count)
        start = 0
        if piece.isEmpty {
          if line.isEmpty { return nil }
          number += 1
          return line
        }
      }
      if let feed = lineFeed() {
        line.append(contentsOf: piece[start..<feed])
        start = feed + 1
        number += 1
        return line
      }
      line.append(contentsOf: piece[start...])
      start = piece.count
      if line.count > TextLines.longest { isTooLong = true }
    }
    return nil
  }

  /// The next line that is more than white space.
  func nextRow() throws(Problem) -> [UInt8]? {
    while let line = try next() {
      if !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return line }
    }
    return nil
  }

  private func lineFeed() -> Int? {
    piece.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress,
        let found = memchr(base + start, 0x0A, bytes.count - start)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }
}
