internal import Comparison
internal import Glibc
internal import Problems

/// The lines of a part of a file that are more than white space, one after the other, through one
/// buffer that is used again: memory is bounded by the longest line.
struct LineCursor: ~Copyable {
  /// A line in the cursor's buffer, without its line feed, a carriage return before that, and a
  /// byte order mark at the beginning of the file.
  struct Line {
    /// Valid until the cursor moves on.
    let bytes: UnsafeRawBufferPointer
    let offset: Int64
    /// Counted from 0 where the part begins.
    let number: Int
  }

  private static let bufferSize = 128 << 10

  /// How many lines were given or passed over.
  private(set) var count = 0
  private let file: ContentFile
  /// Lines that begin here or later belong to the next part.
  private let end: Int64
  private var buffer: UnsafeMutableRawBufferPointer
  /// Where in the file the buffer's content begins.
  private var base: Int64
  /// Where in the buffer the next line begins, and where its content ends.
  private var next = 0
  private var filled = 0

  /// - Parameter part: both bounds are where lines begin, or the file ends.
  init(
    _ file: ContentFile, _ part: Range<Int64>, bufferSize: Int = LineCursor.bufferSize
  ) {
    self.file = file
    base = part.lowerBound
    end = part.upperBound
    buffer = .allocate(byteCount: bufferSize, alignment: 64)
  }

  deinit { buffer.deallocate() }

  /// Where the next line begins.
  var offset: Int64 { base + Int64(next) }

  /// The next line, or nil at the end of the part.
  mutating func line() throws(Problem) -> Line? {
    while offset < end {
      var length = try lineLength()
      let start = next
      let number = count
      next = min(filled, next + length + 1)
      count += 1
      var first = start
      if base + Int64(start) == 0, length >= 3, buffer[start] == 0xEF, buffer[start + 1] == 0xBB,
        buffer[start + 2] == 0xBF
      {
        first += 3
        length -= 3
      }
      if length > 0, buffer[first + length - 1] == 0x0D { length -= 1 }
      // SAFETY: `lineLength` found the line inside the filled part of the buffer.
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[first..<first + length])
      if !LineCursor.isBlank(bytes) {
        return Line(bytes: bytes, offset: base + Int64(first), number: number)
      }
    }
    return nil
  }

  /// The length of the line that begins at `next`, which is in the buffer as a whole afterwards.
  private mutating func lineLength() throws(Problem) -> Int {
    var searched = 0
    while true {
      if next + searched < filled, let found = feed(from: next + searched) { return found - next }
      searched = filled - next
      if try !fill() { return filled - next }
    }
  }

  @inline(__always)
  private func feed(from start: Int) -> Int? {
    guard let address = buffer.baseAddress else { return nil }
    // SAFETY: `start..<filled` lies inside the buffer.
    guard let found = memchr(address + start, 0x0A, filled - start) else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(address)
  }

  /// Reads on behind what the buffer holds of the current line.
  ///
  /// - Returns: whether there was anything more.
  private mutating func fill() throws(Problem) -> Bool {
    let kept = filled - next
    guard kept <= LineReader.longestLine else {
      throw Problem(
        .user, "line-too-long",
        "cannot compare \(file.path): the line at byte \(offset) is longer than "
          + "\(LineReader.longestLine) bytes",
        hint: "rows are JSON Lines, one JSON object a line")
    }
    // SAFETY: both ranges lie inside their buffers, and `memmove` may overlap.
    if kept == buffer.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: min(2 * kept, LineReader.longestLine + 1), alignment: 64)
      larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
      buffer.deallocate()
      buffer = larger
    } else if next > 0, let address = buffer.baseAddress {
      memmove(address, address + next, kept)
    }
    base += Int64(next)
    next = 0
    filled = kept
    let wanted = Int(min(Int64(buffer.count - kept), file.size - base - Int64(kept)))
    if wanted <= 0 { return false }
    let read = try file.read(
      at: base + Int64(kept),
      into: UnsafeMutableRawBufferPointer(rebasing: buffer[kept..<kept + wanted]))
    guard read == wanted else {
      throw Problem(
        .environment, "file-changed",
        "cannot compare \(file.path): it became shorter meanwhile",
        hint: "let nothing write to it, then compare again")
    }
    filled += read
    return true
  }

  static func isBlank(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first else { return true }
    return first <= 0x20 && RowReader.isBlank(bytes)
  }

  /// Passes over lines that both cursors have in common, as long as both hold them as a whole.
  ///
  /// - Returns: how many rows there were.
  static func skipCommon(_ a: inout LineCursor, _ b: inout LineCursor) -> Int {
    guard let x = a.buffer.baseAddress, let y = b.buffer.baseAddress else { return 0 }
    // The beginning of the file may have a byte order mark.
    if a.offset == 0 || b.offset == 0 { return 0 }
    var rows = 0
    while a.next < a.filled, a.offset < a.end, b.offset < b.end {
      // SAFETY: all that is read lies between `next` and `filled` of either buffer.
      guard let found = memchr(x + a.next, 0x0A, a.filled - a.next) else { break }
      let size = UnsafeRawPointer(found) - UnsafeRawPointer(x) - a.next + 1
      guard b.filled - b.next >= size, memcmp(x + a.next, y + b.next, size) == 0 else { break }
      let line = UnsafeRawBufferPointer(start: x + a.next, count: size - 1)
      if !isBlank(line) { rows += 1 }
      a.next += size
      b.next += size
      a.count += 1
      b.count += 1
    }
    return rows
  }
}
