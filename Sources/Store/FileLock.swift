internal import Files
internal import Glibc
internal import Problems
internal import Synchronization
internal import SystemPackage

/// An exclusive `flock` on a file, which the kernel drops when the process ends however it ends.
final class FileLock: Sendable {
  private let path: FilePath
  private let descriptor: Mutex<FileDescriptor?>
  private let removesFile: Bool

  private init(_ path: FilePath, _ descriptor: FileDescriptor, removesFile: Bool) {
    self.path = path
    self.descriptor = Mutex(descriptor)
    self.removesFile = removesFile
  }

  deinit { release() }

  /// Locks a file.
  ///
  /// - Parameters:
  ///   - creating: whether a missing file is made; otherwise a missing file gives nil.
  ///   - waiting: whether to block while another holds it; otherwise that gives nil.
  ///   - removesFile: whether the file is removed, still locked, at the release.
  static func take(
    _ path: FilePath, creating: Bool = true, waiting: Bool = false, removesFile: Bool = false
  ) throws(Problem) -> FileLock? {
    while true {
      let file: FileDescriptor
      do {
        file = try FileDescriptor.open(
          path, .readWrite, options: creating ? [.create, .closeOnExec] : [.closeOnExec],
          permissions: [.ownerReadWrite, .groupReadWrite, .otherReadWrite])
      } catch {
        if !creating, error as? Errno == .noSuchFileOrDirectory { return nil }
        throw .file("cannot lock", path, error)
      }
      while flock(file.rawValue, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
        let code = errno
        if code == EINTR { continue }
        try? file.close()
        if code == EWOULDBLOCK { return nil }
        throw .file("cannot lock", path, Errno(rawValue: code))
      }
      // Whoever held it may have removed the file meanwhile: then this lock is on nothing.
      var locked = stat()
      var present = stat()
      if fstat(file.rawValue, &locked) == 0, stat(path.string, &present) == 0,
        locked.st_ino == present.st_ino, locked.st_dev == present.st_dev
      {
        return FileLock(path, file, removesFile: removesFile)
      }
      try? file.close()
      if !creating { return nil }
    }
  }

  /// Lets go; further calls do nothing.
  func release() {
    guard let file = descriptor.withLock({ $0.take() }) else { return }
    if removesFile { unlink(path.string) }
    try? file.close()
  }
}
