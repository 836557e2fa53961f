internal import Glibc
package import SystemPackage

/// What the file system says of a file without reading it: the same stamp means the same content,
/// once `isSettled`.
package struct FileStamp: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
  /// In bytes.
  package let size: Int64
  /// Modification time in nanoseconds since 1970.
  package let modified: Int64
  /// Time of the last change of content or attributes, in nanoseconds since 1970; a program cannot
  /// set it.
  package let changed: Int64

  package init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }

  /// The stamp of the file that the path leads to, links followed, or nil where there is none.
  package init?(_ path: FilePath) {
    var status = stat()
    guard stat(path.string, &status) == 0 else { return nil }
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
      changed: Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec))
  }

  /// Whether the file last changed long enough before `now` that a later write would show in its
  /// stamp. Kernels stamp with the tick of a clock that may be 10 ms old, some file systems with
  /// whole seconds: two seconds cover both.
  ///
  /// - Parameter now: the time at which hashing began, in nanoseconds since 1970.
  package func isSettled(at now: Int64) -> Bool { changed + 2_000_000_000 < now }

  /// The present time, in nanoseconds since 1970.
  package static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
