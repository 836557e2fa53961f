internal import Digests
internal import Files
internal import Glibc
internal import Problems
internal import Synchronization
internal import SystemPackage

/// An exclusive lock on one byte of a shared file, chosen by a key: many locks without a file each,
/// which the kernel drops when the process ends however it ends.
///
/// A file for each key, made and removed a thousand times a run, would make ext4 search for inodes
/// that were not freed in the last seconds, longer and longer.
final class RangeLock: Sendable {
  private let descriptor: Mutex<FileDescriptor?>

  private init(_ descriptor: FileDescriptor) { self.descriptor = Mutex(descriptor) }

  deinit { release() }

  /// Locks the key's byte, or gives nil where somebody else, in this process or another, holds it.
  static func take(_ path: FilePath, for key: Digest) throws(Problem) -> RangeLock? {
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec],
        permissions: [.ownerReadWrite, .groupReadWrite, .otherReadWrite])
    } catch { throw .file("cannot lock", path, error) }
    var region = flock()
    region.l_type = Int16(F_WRLCK)
    region.l_whence = Int16(SEEK_SET)
    // 62 bits of the key: two keys that share a byte would only wait for each other.
    region.l_start = key.bytes.prefix(8).reduce(0) { $0 << 8 | Int($1) } >> 2 & (Int.max >> 1)
    region.l_len = 1
    // F_OFD_SETLK, fcntl(2): the lock belongs to this opening of the file, not to the process.
    while fcntl(file.rawValue, 37, &region) != 0 {
      let code = errno
      if code == EINTR { continue }
      try? file.close()
      if code == EAGAIN || code == EACCES { return nil }
      throw .file("cannot lock", path, Errno(rawValue: code))
    }
    return RangeLock(file)
  }

  /// Lets go; further calls do nothing.
  func release() {
    guard let file = descriptor.withLock({ $0.take() }) else { return }
    try? file.close()
  }
}
