package import Documents
internal import Files
package import Problems
package import SystemPackage

/// Writes rows as JSON Lines: canonical JSON (RFC 8785), one line feed after each, nothing else.
package final class RowWriter {
  /// How many rows were written.
  package private(set) var count = 0

  private let path: FilePath
  private let file: FileDescriptor
  private var buffer: [UInt8] = []
  private var isOpen = true
  private static let bufferSize = 1 << 20

  /// Makes the file, and the folders above it that are missing.
  package init(_ path: FilePath) throws(Problem) {
    self.path = path
    try Files.makeFolder(path.removingLastComponent())
    do {
      file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: FilePermissions(rawValue: 0o644))
    } catch { throw .file("cannot write", path, error) }
    buffer.reserveCapacity(RowWriter.bufferSize + 4096)
  }

  deinit { if isOpen { try? file.close() } }

  /// Appends a row.
  package func write(_ row: JSON) throws(Problem) {
    row.write(to: &buffer)
    try endLine()
  }

  /// Appends a row.
  package func write(_ row: Row) throws(Problem) { try write(row.json) }

  /// Appends a line that a row writer wrote before, without its line feed.
  package func writeLine(_ line: some Collection<UInt8>) throws(Problem) {
    buffer.append(contentsOf: line)
    try endLine()
  }

  /// Writes what is left and closes the file; a file that is not closed is not whole.
  package func close() throws(Problem) {
    try flush()
    isOpen = false
    do { try file.close() } catch { throw .file("cannot write", path, error) }
  }

  private func endLine() throws(Problem) {
    buffer.append(0x0A)
    count += 1
    if buffer.count >= RowWriter.bufferSize { try flush() }
  }

  private func flush() throws(Problem) {
    do { _ = try file.writeAll(buffer) } catch { throw .file("cannot write", path, error) }
    buffer.removeAll(keepingCapacity: true)
  }
}
