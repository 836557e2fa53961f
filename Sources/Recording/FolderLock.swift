internal import Files
internal import Foundation
internal import Glibc
internal import Problems
internal import SystemPackage

/// A folder that one process at a time works in, and that goes when nothing is left in it.
struct FolderLock {
  private let path: FilePath
  private let folder: FileDescriptor

  /// Makes the folder where it is missing, and waits until nobody else works in it.
  init(_ path: FilePath, checkCancelled: () throws -> Void) throws {
    self.path = path
    while true {
      try Files.makeFolder(path)
      let folder: FileDescriptor
      do {
        folder = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
      } catch Errno.noSuchFileOrDirectory {
        continue
      } catch { throw Problem.file("cannot open the folder", path, error) }
      do {
        while flock(folder.rawValue, LOCK_EX | LOCK_NB) != 0 {
          try checkCancelled()
          Thread.sleep(forTimeInterval: 0.05)
        }
      } catch {
        try? folder.close()
        throw error
      }
      var status = stat()
      // Whoever had it may have removed it meanwhile.
      if fstat(folder.rawValue, &status) == 0, let stamp = FileStamp(path),
        stamp.inode == UInt64(status.st_ino)
      {
        self.folder = folder
        return
      }
      try? folder.close()
    }
  }

  /// Only an empty folder is removed: what is left of a broken transfer waits for the next run.
  func release() {
    rmdir(path.string)
    try? folder.close()
  }
}
