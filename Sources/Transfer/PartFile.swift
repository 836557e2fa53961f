internal import Digests
internal import Files
internal import Foundation
internal import Glibc
internal import Problems
internal import SystemPackage

/// The bytes of a download so far, beside the file that they will become, so that a broken or
/// stopped transfer goes on where it was.
///
/// `NAME.part` holds the bytes; `NAME.part.from` names the address, the validator of the answer
/// and the boot of the machine, one a line.
final class PartFile {
  private(set) var path: FilePath
  private(set) var size: Int64 = 0
  /// What the server called these bytes, to be sent as `If-Range`.
  private(set) var validator: String?
  private var hasher = SHA256Hasher()
  private let file: FileDescriptor
  private let address: String
  private var isPublished = false
  /// False where another process works on the same part: then this one is thrown away at the end.
  private let isShared: Bool

  private var noteFile: FilePath { FilePath(path.string + ".from") }

  /// Opens what an earlier try left, or begins anew.
  ///
  /// - Parameter isPinned: whether the digest of the whole is known, so that a wrong beginning
  ///   cannot pass unnoticed.
  init(for destination: FilePath, address: String, isPinned: Bool) throws(Problem) {
    self.address = address
    let usual = FilePath(destination.string + ".part")
    do {
      let file = try FileDescriptor.open(
        usual, .readWrite, options: [.create, .noFollow, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      // Between opening and locking another process may have published or removed this very file.
      if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0, PartFile.stands(file, at: usual) {
        self.file = file
        path = usual
        isShared = true
      } else {
        try file.close()
        path = FilePath("\(destination.string).\(UInt64.random(in: 0...UInt64.max)).part")
        self.file = try FileDescriptor.open(
          path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
          permissions: [.ownerReadWrite, .groupRead, .otherRead])
        isShared = false
      }
    } catch { throw .file("cannot write", usual, error) }
    do {
      try takeUp(isPinned: isPinned)
    } catch {
      try? file.close()
      throw error
    }
  }

  private static func stands(_ file: FileDescriptor, at path: FilePath) -> Bool {
    var status = stat()
    guard fstat(file.rawValue, &status) == 0, let stamp = FileStamp(path) else { return false }
    return stamp.device == UInt64(status.st_dev) && stamp.inode == UInt64(status.st_ino)
  }

  private func takeUp(isPinned: Bool) throws(Problem) {
    guard isShared else { return }
    let note = Files.exists(noteFile) ? try Files.read(noteFile) : []
    let lines = String(decoding: note, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // After a power cut a file may be as long as it was without holding what was written, so
    // unpinned bytes count only within one boot.
    let isTrusted =
      lines.count == 4 && lines[0] == address
      && (isPinned || (!lines[1].isEmpty && lines[2] == PartFile.boot))
    guard isTrusted else { return try begin(validator: nil) }
    validator = lines[1].isEmpty ? nil : lines[1]
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    do {
      while case let count = try file.read(into: buffer), count > 0 {
        hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        size += Int64(count)
      }
    } catch { throw .file("cannot read", path, error) }
  }

  /// Forgets all bytes, and notes what the next ones are called.
  func begin(validator: String?) throws(Problem) {
    do {
      if ftruncate(file.rawValue, 0) != 0 { throw Errno(rawValue: errno) }
      _ = try file.seek(offset: 0, from: .start)
    } catch { throw .file("cannot write", path, error) }
    size = 0
    hasher = SHA256Hasher()
    self.validator = validator
    if isShared {
      let lines = [address, validator ?? "", PartFile.boot, ""]
      try Files.write(lines.joined(separator: "\n").utf8, to: noteFile)
    }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
    do { try file.writeAll(bytes) } catch { throw .file("cannot write", path, error) }
    hasher.update(bytes)
    size += Int64(bytes.count)
  }

  /// The digest of the bytes so far.
  var digest: Digest { hasher.finish() }

  /// Makes the bytes durable and gives them their name.
  func publish(at destination: FilePath) throws(Problem) {
    if fsync(file.rawValue) != 0 { throw .file("cannot write", path, Errno(rawValue: errno)) }
    try Files.rename(path, to: destination)
    isPublished = true
    try Files.syncFolder(destination.removingLastComponent())
    if isShared { try Files.remove(noteFile) }
  }

  /// Removes the bytes: they are of no use.
  func discard() throws(Problem) {
    try Files.remove(path)
    if isShared { try Files.remove(noteFile) }
  }

  deinit {
    if !isPublished, !isShared || size == 0 {
      unlink(path.string)
      if isShared { unlink(noteFile.string) }
    }
    try? file.close()
  }

  /// A name for the time since the machine was started.
  private static let boot: String =
    (try? Files.readText("/proc/sys/kernel/random/boot_id"))?
    .trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
}
