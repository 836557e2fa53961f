internal import Files
internal import Glibc
package import Problems
package import SystemPackage

/// A file that is read in pieces, at any offset.
package final class ContentFile: Sendable {
  /// The bytes of a piece.
  static let pieceSize = 1 << 20

  package let path: FilePath
  /// In bytes.
  package let size: Int64
  private let file: FileDescriptor

  package init(_ path: FilePath) throws(Problem) {
    self.path = path
    do {
      file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      size = try file.seek(offset: 0, from: .end)
    } catch { throw .file("cannot read", path, error) }
  }

  deinit { try? file.close() }

  /// Fills the buffer from an offset on.
  ///
  /// - Returns: how many bytes there were; fewer than the buffer holds only at the end.
  package func read(
    at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(Problem) -> Int {
    var count = 0
    do {
      while count < buffer.count {
        let read = try file.read(
          fromAbsoluteOffset: offset + Int64(count),
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
        if read == 0 { break }
        count += read
      }
    } catch { throw .file("cannot read", path, error) }
    return count
  }

  /// At most so many bytes from an offset on.
  package func bytes(at offset: Int64, count: Int) throws(Problem) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, min(count, Int(clamping: size - offset))))
    var failure: Problem?
    var read = 0
    bytes.withUnsafeMutableBytes { buffer in
      do throws(Problem) { read = try self.read(at: offset, into: buffer) } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    bytes.removeLast(bytes.count - read)
    return bytes
  }

  /// Gives the ranges of both files to some work, piece by piece, as long as it asks for more.
  ///
  /// - Parameters:
  ///   - count: the bytes of each range.
  ///   - step: what every piece but the last is a multiple of.
  ///   - work: takes both pieces, of one length, and their distance from the ranges' beginning.
  static func compare(
    _ a: ContentFile, at aStart: Int64, _ b: ContentFile, at bStart: Int64, count: Int64,
    step: Int = 1,
    _ work: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, Int64) -> Bool
  ) throws(Problem) {
    let size = pieceSize / step * step
    let first = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { first.deallocate() }
    let second = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { second.deallocate() }
    var done: Int64 = 0
    while done < count {
      let wanted = Int(min(Int64(size), count - done))
      let aPiece = UnsafeMutableRawBufferPointer(rebasing: first[..<wanted])
      let bPiece = UnsafeMutableRawBufferPointer(rebasing: second[..<wanted])
      guard try a.read(at: aStart + done, into: aPiece) == wanted,
        try b.read(at: bStart + done, into: bPiece) == wanted
      else {
        throw Problem(
          .environment, "file-changed",
          "cannot compare \(a.path) with \(b.path): one of them became shorter meanwhile",
          hint: "let nothing write to them, then compare again")
      }
      if !work(UnsafeRawBufferPointer(aPiece), UnsafeRawBufferPointer(bPiece), done) { return }
      done += Int64(wanted)
    }
  }

  /// The offset of the first byte in which two files differ, the shorter one's size where it is how
  /// the longer one begins, or nil where they are equal.
  package static func firstDifference(_ a: ContentFile, _ b: ContentFile) throws(Problem) -> Int64?
  {
    var found: Int64?
    try compare(a, at: 0, b, at: 0, count: min(a.size, b.size)) { x, y, offset in
      if same(x, y) { return true }
      found = offset + Int64(zip(x, y).prefix { $0 == $1 }.count)
      return false
    }
    return found ?? (a.size == b.size ? nil : min(a.size, b.size))
  }

  /// Whether two pieces of one length hold the same bytes.
  package static func same(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard let x = a.baseAddress, let y = b.baseAddress else { return a.count == b.count }
    return a.count == b.count && memcmp(x, y, a.count) == 0
  }
}
