internal import Glibc
internal import SystemPackage

/// What a folder occupies, and what its file system has left.
enum DiskUse {
  /// Bytes that the files and folders below occupy on disk.
  ///
  /// - Parameter excluded: a name in the folder that does not count.
  static func occupied(by folder: FilePath, without excluded: String? = nil) -> Int64 {
    guard let listing = opendir(folder.string) else { return 0 }
    defer { closedir(listing) }
    var sum: Int64 = 0
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name == "." || name == ".." || name == excluded { continue }
      let path = folder.appending(name)
      var status = stat()
      guard lstat(path.string, &status) == 0 else { continue }
      // st_blocks counts 512 bytes each, whatever the file system's block size (stat(2)).
      sum += Int64(status.st_blocks) * 512
      if status.st_mode & S_IFMT == S_IFDIR { sum += occupied(by: path) }
    }
    return sum
  }

  /// Bytes that an ordinary user may still write beside the folder, and the file system's size; nil
  /// where the system does not say.
  static func space(at folder: FilePath) -> (free: Int64, total: Int64)? {
    var status = statvfs()
    guard statvfs(folder.string, &status) == 0 else { return nil }
    let block = Int64(status.f_frsize)
    return (Int64(status.f_bavail) * block, Int64(status.f_blocks) * block)
  }

  /// What must stay free while a step runs: 256 MiB, or 5 % of a small file system.
  static func reserve(of total: Int64) -> Int64 { min(256 << 20, total / 20) }
}
