internal import Files
internal import Store
internal import Synchronization
internal import SystemPackage

/// The folders that a run's steps work in, used again by the steps that follow.
///
/// Making and removing a handful of folders for each of a thousand steps would cost more than the
/// steps: ext4 passes over every inode that was freed in the last seconds.
final class WorkFolderPool: Sendable {
  private let store: any Store
  private let free = Mutex<[FilePath]>([])

  init(store: any Store) { self.store = store }

  /// An empty folder, or one with the empty folders of a step in it.
  func take() throws -> FilePath {
    if let folder = free.withLock({ $0.popLast() }) { return folder }
    return try store.makeWorkFolder()
  }

  /// Takes back a folder, less everything that a step left in it.
  func giveBack(_ folder: FilePath) throws {
    let step = folder.appending("step")
    for name in try Files.names(in: folder) where name != "step" {
      try Files.remove(folder.appending(name))
    }
    if Files.kind(step) == .folder {
      for name in try Files.names(in: step) {
        let path = step.appending(name)
        if ["in", "out", "tmp", "home"].contains(name), Files.kind(path) == .folder {
          try Files.removeContents(of: path)
        } else {
          try Files.remove(path)
        }
      }
    }
    free.withLock { $0.append(folder) }
  }

  /// Removes what is free.
  func empty() {
    let folders = free.withLock { free in
      defer { free = [] }
      return free
    }
    for folder in folders { try? Files.remove(folder) }
  }
}
