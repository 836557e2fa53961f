internal import Files
internal import Problems
internal import Synchronization
internal import SystemPackage

/// Folders for unfinished work, on the file system of the store. Each process has one of its own,
/// `work/ID`, with `work/ID.lock` held as long as it lives; what dead processes left is removed.
final class WorkFolders: Sendable {
  private struct Own {
    var folder: FilePath
    var lock: FileLock
  }

  /// Says to backups that the folder can be left out.
  static let tag = "CACHEDIR.TAG"

  private let parent: FilePath
  private let own = Mutex<Own?>(nil)

  init(in parent: FilePath) { self.parent = parent }

  deinit {
    // Only where it is empty: what a caller keeps there is his until the process ends.
    own.withLock { own in
      if let own, (try? Files.names(in: own.folder))?.isEmpty == true {
        try? Files.remove(own.folder)
        try? Files.remove(FilePath(own.folder.string + ".lock"))
      }
    }
  }

  /// A new empty folder, which the caller removes.
  func make() throws(Problem) -> FilePath {
    let folder = try own.withLock { own throws(Problem) -> FilePath in
      if let own { return own.folder }
      try Files.makeFolder(parent)
      while true {
        let id = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        // The lock comes first, so that nobody takes the folder for a dead one.
        guard let lock = try FileLock.take(parent.appending(id + ".lock")) else { continue }
        let folder = parent.appending(id)
        try Files.makeFolder(folder)
        own = Own(folder: folder, lock: lock)
        return folder
      }
    }
    return try Files.makeTemporaryFolder(in: folder, prefix: "")
  }

  /// Removes the folders of processes that are gone.
  func removeDead() throws(Problem) {
    guard Files.exists(parent) else { return }
    for name in try Files.names(in: parent) where name != WorkFolders.tag {
      let isLock = name.hasSuffix(".lock")
      let folder = parent.appending(isLock ? String(name.dropLast(5)) : name)
      let lockPath = FilePath(folder.string + ".lock")
      if Files.exists(lockPath) {
        guard let lock = try FileLock.take(lockPath, creating: false, removesFile: true) else {
          continue
        }
        removeIfPossible(folder)
        lock.release()
      } else if !isLock {
        removeIfPossible(folder)
      }
    }
  }

  /// What cannot be removed is no reason not to open the store; the next opening tries again.
  private func removeIfPossible(_ folder: FilePath) { try? Files.remove(folder) }
}
