internal import Files
internal import Glibc
internal import Problems
internal import SystemPackage

/// The right to move references of a history: one process at a time, given up by its death.
///
/// Git's own locks are files that a killed process leaves behind. So the file of this lock names
/// the references that its holder moves; whoever finds names in it knows that the holder died, and
/// takes away the lock files that it may have left.
enum UpdateLock {
  /// Waits for the lock, does some work and gives the lock up.
  ///
  /// - Parameters:
  ///   - repository: the path of the bare repository.
  ///   - references: what will be moved, as in `HEAD` and `refs/heads/hello/main`.
  static func whileHeld<Value>(
    _ repository: FilePath, moving references: [String], _ work: () throws -> Value
  ) throws -> Value {
    let path = repository.appending("larder.lock")
    let file = open(path.string, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw Problem.file("cannot open", path, Errno(rawValue: errno)) }
    defer { close(file) }
    while flock(file, LOCK_EX) != 0 {
      let code = Errno(rawValue: errno)
      if code != .interrupted { throw Problem.file("cannot lock", path, code) }
    }
    removeLeftovers(of: file, in: repository)
    let names = Array((references.joined(separator: "\n") + "\n").utf8)
    guard ftruncate(file, 0) == 0, pwrite(file, names, names.count, 0) == names.count,
      fsync(file) == 0
    else { throw Problem.file("cannot write", path, Errno(rawValue: errno)) }
    defer { ftruncate(file, 0) }
    return try work()
  }

  private static func removeLeftovers(of file: Int32, in repository: FilePath) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = pread(file, &buffer, buffer.count, 0)
    guard count > 0 else { return }
    for name in String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: "\n")
    where (name == "HEAD" || name.hasPrefix("refs/")) && !name.contains("..") {
      unlink(repository.appending(String(name)).string + ".lock")
    }
    // Packs are begun before the lock is taken, so one that is a day old is nobody's.
    let packs = repository.appending("objects/pack")
    let day: Int64 = 86_400_000_000_000
    for name in (try? Files.names(in: packs)) ?? []
    where name.hasPrefix("pack_git2_") || name.hasSuffix(".lock") {
      let path = packs.appending(name)
      if let stamp = FileStamp(path), stamp.changed + day < FileStamp.now() { unlink(path.string) }
    }
  }
}
