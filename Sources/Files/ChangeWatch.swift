internal import Dispatch
internal import Glibc
package import Problems
internal import Synchronization
package import SystemPackage

/// Tells when files or folders change, by inotify(7).
///
/// Editors save by writing a new file and renaming it over the old one, so what is watched is the
/// folder that a file stands in, and there the file's name. A file that is not there yet is
/// watched for in the same way.
package final class ChangeWatch: Sendable {
  /// The names that matter in each watched folder, by watch descriptor; nil for every name.
  private struct Folder {
    var path: FilePath
    var names: Set<String>?
  }

  private let descriptor: Int32
  // Dispatch objects may be used from any thread; after `init` it is cancelled, nothing else.
  private nonisolated(unsafe) let source: any DispatchSourceRead
  private let wakeups: AsyncStream<Void>
  private let state: Folders

  /// Shared with the event handler, which runs on a queue of its own.
  private final class Folders: Sendable {
    private let folders = Mutex<[Int32: Folder]>([:])
    private let changed = Mutex<[FilePath]>([])

    func note(_ watch: Int32, _ path: FilePath, name: String?) {
      folders.withLock { folders in
        var folder = folders[watch] ?? Folder(path: path, names: [])
        if let name { folder.names?.insert(name) } else { folder.names = nil }
        folders[watch] = folder
      }
    }

    /// Notes a change.
    ///
    /// - Returns: whether it is of something that is watched.
    func changed(_ watch: Int32, _ name: String) -> Bool {
      let path = folders.withLock { folders -> FilePath? in
        guard let folder = folders[watch], folder.names?.contains(name) ?? true else { return nil }
        return name.isEmpty ? folder.path : folder.path.appending(name)
      }
      guard let path else { return false }
      changed.withLock { $0.append(path) }
      return true
    }

    /// What changed since the last call: the newest of it that is there, as an editor's own
    /// temporary files soon are not.
    func takeChange() -> FilePath? {
      let all = changed.withLock { changed in
        defer { changed = [] }
        return changed
      }
      return all.last(where: Files.exists) ?? all.last
    }
  }

  package init() throws(Problem) {
    let descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard descriptor >= 0 else {
      throw Problem(
        .environment, "watch", "cannot watch files: \(Errno(rawValue: errno).description)",
        hint: "raise the limit: sysctl fs.inotify.max_user_instances")
    }
    self.descriptor = descriptor
    let state = Folders()
    self.state = state
    let (wakeups, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.wakeups = wakeups
    source = DispatchSource.makeReadSource(
      fileDescriptor: descriptor, queue: DispatchQueue(label: "larder.watch"))
    source.setEventHandler {
      let events = ChangeWatch.events(of: descriptor)
      if events.filter({ state.changed($0.watch, $0.name) }).isEmpty == false {
        continuation.yield()
      }
    }
    source.setCancelHandler {
      continuation.finish()
      close(descriptor)
    }
    source.activate()
  }

  deinit { source.cancel() }

  /// Watches a file or a folder with everything in it, there or not.
  ///
  /// - Throws: an environment problem where the system watches no more.
  package func add(_ path: FilePath) throws(Problem) {
    let path = Files.absolute(path)
    try add(folder: path.removingLastComponent(), name: path.lastComponent?.string)
    guard let resolved = Files.resolved(path) else { return }
    // What a link leads to may change without the link.
    if resolved != path {
      try add(folder: resolved.removingLastComponent(), name: resolved.lastComponent?.string)
    }
    if Files.kind(resolved) == .folder { try add(everythingIn: resolved) }
  }

  /// Watches which names there are in a folder.
  package func add(namesIn folder: FilePath) throws(Problem) {
    try add(folder: Files.absolute(folder), name: nil)
  }

  private func add(everythingIn folder: FilePath) throws(Problem) {
    var folders = [folder]
    while let next = folders.popLast() {
      try add(folder: next, name: nil)
      for name in (try? Files.names(in: next)) ?? [] {
        let inner = next.appending(name)
        if Files.kind(inner) == .folder { folders.append(inner) }
      }
    }
  }

  private func add(folder: FilePath, name: String?) throws(Problem) {
    let mask =
      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB
    let watch = inotify_add_watch(descriptor, folder.string, UInt32(mask))
    if watch < 0 {
      let error = Errno(rawValue: errno)
      // A folder that is not there yet cannot be watched; its recipe says that a file is missing.
      if error == .noSuchFileOrDirectory || error == .notDirectory { return }
      throw Problem(
        .environment, "watch", "cannot watch \(folder): \(error.description)",
        hint: error == .noSpace
          ? "the system watches no more folders; raise the limit: sysctl fs.inotify.max_user_watches"
          : nil)
    }
    state.note(watch, folder, name: name)
  }

  /// Waits for a change and for the quiet after it: an editor's save is several events.
  ///
  /// - Returns: a path that changed; nil where the task was cancelled.
  package func change(quiet: Duration = .milliseconds(150)) async -> FilePath? {
    var iterator = wakeups.makeAsyncIterator()
    guard await iterator.next() != nil, (try? await Task.sleep(for: quiet)) != nil else {
      return nil
    }
    return state.takeChange()
  }

  /// What inotify has to say now: the watch and the name in its folder.
  private static func events(of descriptor: Int32) -> [(watch: Int32, name: String)] {
    var events: [(watch: Int32, name: String)] = []
    let header = MemoryLayout<inotify_event>.size
    // Room for many events, and at least for one with the longest name (inotify(7)).
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
    defer { buffer.deallocate() }
    while case let count = read(descriptor, buffer.baseAddress, buffer.count), count > 0 {
      var offset = 0
      while offset + header <= count {
        let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
        let name = buffer[(offset + header)..<(offset + header + Int(event.len))]
          .prefix { $0 != 0 }
        events.append((event.wd, String(decoding: name, as: UTF8.self)))
        offset += header + Int(event.len)
      }
    }
    return events
  }
}
