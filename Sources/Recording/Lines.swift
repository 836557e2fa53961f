internal import Files
internal import Problems
internal import SystemPackage

/// Reading a text file line by line, whatever its length.
enum Lines {
  /// Calls the work with each line's bytes, without the line feed.
  static func read(_ path: FilePath, _ work: (ArraySlice<UInt8>) throws -> Void) throws {
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    } catch { throw Problem.file("cannot read", path, error) }
    defer { try? file.close() }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    var rest: [UInt8] = []
    while case let count = try file.read(into: buffer), count > 0 {
      rest.append(contentsOf: buffer[..<count])
      var start = 0
      while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        try work(rest[start..<end])
        start = end + 1
      }
      rest.removeFirst(start)
    }
    if !rest.isEmpty { try work(rest[...]) }
  }
}
