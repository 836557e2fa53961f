package import Documents
internal import Files
internal import Glibc
internal import Notebook
package import Problems
package import Running
internal import Synchronization
package import SystemPackage

/// Tells other processes what a run does, while it does it: a file of JSON Lines in the kitchen's
/// `cache/live/`, which stays small and goes with the run. Nothing is written where nothing runs.
///
/// The file is locked (`flock`) as long as its writer lives: a file that can be locked belongs to
/// nobody any more. Whatever goes wrong with it never disturbs the run.
package final class RunJournal: Sendable {
  private struct State: ~Copyable {
    var run: LiveRun?
    var file: FileDescriptor?
    /// In bytes, since the file was begun or begun anew.
    var size = 0
    var isOver = false
    /// What moves, and waits until its turn: at most a few times a second for each step.
    var pending: [String: Pending] = [:]
    var flushing: Task<Void, Never>?
  }

  private struct Pending {
    var told: ContinuousClock.Instant?
    var progress: JSON?
    var lines: [String] = []
    var count = 0
  }

  /// How long a step's progress and lines wait to be told together.
  private static let pause = Duration.milliseconds(200)
  /// A longer file is begun anew with what it comes to.
  private static let longest = 4 << 20

  private let folder: FilePath
  private let head: JSON
  /// No two runs have the same.
  package let id: String
  private var name: String { "\(id).jsonl" }
  private let observe: (@Sendable (String, JSON) -> Void)?
  private let state = Mutex(State())

  /// - Parameters:
  ///   - experiment: nil for `main`.
  ///   - observe: told the journal's id and every object, also where no file is written; for whoever
  ///     shows the run from the same process.
  package init(
    kitchen: Kitchen, recipe: String, experiment: String?, note: String?,
    observe: (@Sendable (String, JSON) -> Void)? = nil
  ) {
    folder = RunJournal.folder(of: kitchen)
    id = String(UInt64.random(in: 1 << 60...UInt64.max), radix: 16)
    var parts: [String: JSON] = [
      "type": "run", "id": .string(id), "recipe": .string(recipe),
      "at": .finite(RunJournal.now()), "process": .integer(Int64(getpid())),
    ]
    parts["experiment"] = experiment.map { .string($0) }
    parts["note"] = note.map { .string($0) }
    head = .object(parts)
    self.observe = observe
    observe?(id, head)
    state.withLock { $0.run = LiveRun(head: head) }
  }

  deinit { close() }

  /// Where journals are.
  package static func folder(of kitchen: Kitchen) -> FilePath { kitchen.cache.appending("live") }

  /// In seconds since 1970.
  package static func now() -> Double {
    (Double(FileStamp.now()) / 1e6).rounded() / 1e3
  }

  /// Tells of an event.
  package func take(_ event: Event) {
    let now = ContinuousClock.now
    state.withLock { state in
      guard !state.isOver else { return }
      switch event {
      case .preparing, .started: open(&state)
      case .planned(_, _, _, let toRun) where toRun > 0: open(&state)
      case .progress(let id, let progress):
        state.pending[id.text, default: Pending()].progress = RunJSON.object(progress)
        flush(&state, at: now)
        return
      case .line(let id, let line):
        var pending = state.pending[id.text] ?? Pending()
        pending.count += 1
        pending.lines.append(line)
        // Trimmed now and then, not with each line.
        if pending.lines.count > 4 * LiveRun.mostLines {
          pending.lines.removeFirst(pending.lines.count - LiveRun.mostLines)
        }
        state.pending[id.text] = pending
        flush(&state, at: now)
        return
      case .finished(let report):
        flush(&state, at: nil, only: report.step.text)
        state.pending[report.step.text] = nil
      default: break
      }
      tell(RunJSON.liveObjects(for: event, at: RunJournal.now()), &state)
      if case .ended = event { end(&state) }
    }
  }

  /// The run was refused before its first step.
  package func refuse(_ problems: [Problem]) {
    state.withLock { state in
      guard !state.isOver else { return }
      tell(problems.map { RunJSON.object(for: $0) } + [RunJSON.refused], &state)
      end(&state)
    }
  }

  /// Ends the journal, whatever the run came to.
  package func close() { state.withLock { end(&$0) } }

  // MARK: Writing

  /// Tells what waited long enough.
  ///
  /// - Parameter now: nil for what waits however short.
  private func flush(
    _ state: inout State, at now: ContinuousClock.Instant?, only step: String? = nil
  ) {
    for name in step.map({ [$0] }) ?? Array(state.pending.keys) {
      guard var pending = state.pending[name], pending.progress != nil || pending.count > 0 else {
        continue
      }
      if let now, let told = pending.told, now - told < RunJournal.pause { continue }
      var objects: [JSON] = []
      if pending.count > 0 {
        objects.append(
          RunJSON.lines(name, pending.lines.suffix(LiveRun.mostLines), of: pending.count))
      }
      if let progress = pending.progress {
        objects.append(["type": "progress", "step": .string(name), "progress": progress])
      }
      pending = Pending(told: .now)
      state.pending[name] = pending
      tell(objects, &state)
    }
  }

  private func tell(_ objects: [JSON], _ state: inout State) {
    let now = RunJournal.now()
    for object in objects {
      state.run?.take(object, at: now)
      observe?(id, object)
    }
    guard let file = state.file else { return }
    state.size += write(objects, to: file)
    if state.size > RunJournal.longest { beginAnew(&state) }
  }

  @discardableResult
  private func write(_ objects: [JSON], to file: FileDescriptor) -> Int {
    var bytes: [UInt8] = []
    for object in objects {
      object.write(to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    return (try? file.writeAll(bytes)) ?? bytes.count
  }

  private func open(_ state: inout State) {
    guard state.file == nil, state.flushing == nil else { return }
    state.file = makeFile([head])
    state.flushing = Task { [weak self] in
      while !Task.isCancelled {
        do { try await Task.sleep(for: RunJournal.pause) } catch { return }
        guard let self else { return }
        self.state.withLock { self.flush(&$0, at: .now) }
      }
    }
  }

  /// Puts a file in the place of the one that grew too long.
  private func beginAnew(_ state: inout State) {
    guard let run = state.run, let file = makeFile([head] + run.objects) else { return }
    try? state.file?.close()
    state.file = file
    state.size = 0
  }

  /// A file that is locked before anybody can find it.
  private func makeFile(_ objects: [JSON]) -> FileDescriptor? {
    let draft = folder.appending(".\(name)")
    let path = folder.appending(name)
    do {
      try Files.makeFolder(folder)
      removeAbandoned()
      let file = try FileDescriptor.open(
        draft, .writeOnly, options: [.create, .truncate, .append, .closeOnExec],
        permissions: .ownerReadWrite)
      guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
        try file.close()
        return nil
      }
      write(objects, to: file)
      try Files.rename(draft, to: path)
      return file
    } catch { return nil }
  }

  /// Removes what processes left that were killed.
  private func removeAbandoned() {
    for other in (try? Files.names(in: folder)) ?? []
    where other != name && !other.hasPrefix(".") {
      let path = folder.appending(other)
      if RunJournal.isAbandoned(path) { try? Files.remove(path) }
    }
  }

  /// Whether the process that wrote a journal is gone.
  package static func isAbandoned(_ path: FilePath) -> Bool {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else {
      return false
    }
    defer { try? file.close() }
    return flock(file.rawValue, LOCK_SH | LOCK_NB) == 0
  }

  private func end(_ state: inout State) {
    state.isOver = true
    state.flushing?.cancel()
    guard let file = state.file else { return }
    state.file = nil
    try? Files.remove(folder.appending(name))
    try? file.close()
  }
}
