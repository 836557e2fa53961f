internal import BlockingWork
internal import Documents
internal import Files
internal import Glibc
internal import Reporting
internal import Running
internal import Synchronization
internal import SystemPackage

/// The runs that go on in a kitchen, those of this process and those of others, and how the last one
/// of each recipe ended.
final class LiveRuns: Sendable {
  /// A journal that another process writes.
  private struct Journal {
    let file: FileDescriptor
    let inode: UInt64
    var offset: Int64 = 0
    /// The beginning of a line whose end has not come yet.
    var rest: [UInt8] = []
    var id: String?
  }

  private struct State: Sendable {
    var runs: [String: LiveRun] = [:]
    var own: Set<String> = []
    var journals: [String: Journal] = [:]
  }

  private let folder: FilePath
  private let state = Mutex(State())

  init(_ kitchen: Kitchen) { folder = RunJournal.folder(of: kitchen) }

  /// The newest run of a recipe: one that goes on before one that ended.
  func run(of recipe: String) -> LiveRun? {
    state.withLock { state in
      state.runs.values.filter { $0.recipe == recipe }
        .max { ($1.isEnded ? 1 : 0, $0.startedAt) < ($0.isEnded ? 1 : 0, $1.startedAt) }
    }
  }

  /// The runs that go on, the newest first.
  var running: [LiveRun] {
    state.withLock { $0.runs.values.filter { !$0.isEnded } }
      .sorted { ($1.startedAt, $1.id) < ($0.startedAt, $0.id) }
  }

  /// Whether a run is of this process, which can stop it.
  func isOwn(_ id: String) -> Bool { state.withLock { $0.own.contains(id) } }

  /// Takes an object of a run of this process.
  func take(_ id: String, _ object: JSON) {
    state.withLock { state in
      state.own.insert(id)
      LiveRuns.take(object, id, &state.runs)
    }
  }

  private static func take(_ object: JSON, _ id: String, _ runs: inout [String: LiveRun]) {
    let now = RunJournal.now()
    if runs[id] != nil {
      runs[id]?.take(object, at: now)
    } else if let run = LiveRun(head: object) {
      // Of each recipe the last that ended is enough.
      for (other, known) in runs where known.recipe == run.recipe && known.isEnded {
        runs[other] = nil
      }
      runs[id] = run
    }
  }

  // MARK: Runs of other processes

  /// Follows the journals of other processes until the task is cancelled.
  func follow() async throws {
    defer { for journal in state.withLock({ $0.journals.values }) { try? journal.file.close() } }
    while true {
      // Looked at again and again: a process that is gone says nothing.
      try await BlockingWork.run { [self] in look() }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  private func look() {
    let names = Set(
      ((try? Files.names(in: folder)) ?? []).filter { $0.hasSuffix(".jsonl") && !$0.hasPrefix(".") }
    )
    state.withLock { state in
      for name in names.union(state.journals.keys) {
        if state.own.contains(String(name.dropLast(6))) { continue }
        look(at: name, &state)
      }
    }
  }

  private func look(at name: String, _ state: inout State) {
    let path = folder.appending(name)
    let stamp = FileStamp(path)
    guard var journal = state.journals[name] ?? open(path) else { return }
    read(&journal, &state)
    state.journals[name] = journal
    if stamp?.inode == journal.inode {
      guard RunJournal.isAbandoned(path) else { return }
      // What it wrote between the look and the lock is there now.
      read(&journal, &state)
    } else if stamp != nil, let id = journal.id, let earlier = state.runs[id] {
      // It grew too long, and another stands in its place.
      try? journal.file.close()
      state.journals[name] = nil
      guard var next = open(path) else { return }
      state.runs[id] = nil
      read(&next, &state)
      state.runs[id]?.replace(earlier)
      state.journals[name] = next
      return
    }
    if let id = journal.id { state.runs[id]?.abandon(at: RunJournal.now()) }
    try? journal.file.close()
    state.journals[name] = nil
    if stamp?.inode == journal.inode { try? Files.remove(path) }
  }

  private func open(_ path: FilePath) -> Journal? {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else {
      return nil
    }
    var status = stat()
    guard fstat(file.rawValue, &status) == 0 else {
      try? file.close()
      return nil
    }
    return Journal(file: file, inode: UInt64(status.st_ino))
  }

  private func read(_ journal: inout Journal, _ state: inout State) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while let count = try? journal.file.read(fromAbsoluteOffset: journal.offset, into: buffer),
      count > 0
    {
      journal.offset += Int64(count)
      journal.rest += buffer[..<count]
      while let end = journal.rest.firstIndex(of: UInt8(ascii: "\n")) {
        let object = try? JSON(parsing: journal.rest[..<end])
        journal.rest.removeFirst(end + 1)
        guard let object else { continue }
        if journal.id == nil { journal.id = object["id"]?.string }
        if let id = journal.id { LiveRuns.take(object, id, &state.runs) }
      }
      // No journal has such a line.
      if journal.rest.count > 8 << 20 { journal.rest = [] }
    }
  }
}
