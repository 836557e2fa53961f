internal import BlockingWork
internal import Comparison
internal import Digests
internal import Documents
internal import Environments
package import Executors
internal import Files
internal import Foundation
internal import Glibc
package import History
internal import Notebook
internal import Planning
internal import Problems
package import Running
internal import Steps
package import Store
internal import Synchronization
package import SystemPackage

/// How a replay is made.
package struct ReplayOptions: Sendable {
  /// Steps that run at the same time.
  package var jobs: Int
  /// Only this step and what it needs; nil for all.
  package var step: String?
  /// Build environments without the network as well.
  package var isOffline = false
  /// Folders that are searched by SHA-256 for inputs, sources and packages.
  package var distdirs: [FilePath] = []
  /// Where the fresh kitchen is made and kept; nil for one that is removed again.
  package var folder: FilePath?
  /// False only where the user said so, for a run of the own kitchen.
  package var isSandboxed = true
  /// What is varied on purpose.
  package var conditions = Conditions.ordinary
  /// Environments that were built before and may be used; nil builds them anew.
  package var environments: FilePath?
  /// Whether to find out by further executions what a step that differs depends on.
  package var probes = true

  package init(jobs: Int) { self.jobs = jobs }

  /// A new folder that the caller removes: in TMPDIR, otherwise in `/var/tmp`, which is on disk.
  package static func temporaryFolder(prefix: String) throws -> FilePath {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap {
      $0.isEmpty ? nil : FilePath($0)
    }
    return try Files.makeTemporaryFolder(in: Files.absolute(parent ?? "/var/tmp"), prefix: prefix)
  }
}

/// Executes a past run again from nothing and compares every byte.
///
/// In a fresh kitchen it lays out the run's recipe, inputs, sources and recordings, rebuilds the
/// environments from their locks and runs every step without network. Outputs and action results
/// of the past are never read to make anything, only to show where a difference is.
package struct Replayer: Sendable {
  private let history: HistoryRepository
  private let store: any Store
  private let options: ReplayOptions
  private let emit: @Sendable (Event) -> Void

  /// - Parameters:
  ///   - history: has the run.
  ///   - store: has its inputs, sources and recordings.
  ///   - emit: told what happens, in order, from any thread.
  package init(
    history: HistoryRepository, store: any Store, options: ReplayOptions,
    emit: @escaping @Sendable (Event) -> Void
  ) {
    self.history = history
    self.store = store
    self.options = options
    self.emit = emit
  }

  /// Replays a run. Cancelling the task stops it cleanly.
  ///
  /// - Parameter other: another recipe to execute against the run, as `RecipeFiles.content` gives it;
  ///   nil for the run's own.
  /// - Throws: a problem that keeps the replay from starting; the rest is in the summary.
  package func replay(
    _ run: PastRun, with other: [String: [UInt8]]? = nil
  ) async throws -> ReplaySummary {
    let clock = ContinuousClock()
    let start = clock.now
    let folder = try makeFolder()
    defer { if options.folder == nil { try? Files.remove(folder) } }
    emit(.preparing("laying out the recipe, its inputs and recordings", nil))
    let stop = StopFlag()
    let (record, fresh) = try await withTaskCancellationHandler {
      try await BlockingWork.run { [history, store, options] in
        let record = try RunRecord(run, in: history)
        let fresh = try FreshKitchen(
          in: folder, of: record, recipeFiles: other ?? record.recipeFiles,
          from: store, distdirs: options.distdirs,
          checkCancelled: { try stop.check() })
        return (record, fresh)
      }
    } onCancel: {
      stop.raise()
    }
    if let environments = options.environments {
      try Files.makeFolder(environments)
      symlink(environments.string, fresh.kitchen.cache.appending("environments").string)
    }
    let recipe = try read(
      fresh, parameters: (other ?? record.recipeFiles)["parameters.json"])
    var runOptions = RunOptions(jobs: options.jobs)
    runOptions.isLocked = true
    runOptions.isOffline = options.isOffline
    runOptions.distdirs = options.distdirs
    runOptions.keepsGoing = true
    runOptions.isSandboxed = options.isSandboxed
    runOptions.replay = fresh.recordings
    runOptions.conditions = options.conditions
    runOptions.until = try options.step.map { Set(try recipe.steps(named: $0).map(\.id)) }

    let reports = Mutex<[StepID: StepReport]>([:])
    let emit = emit
    let runner = Runner(kitchen: fresh.kitchen, store: fresh.store, options: runOptions) { event in
      if case .finished(let report) = event { reports.withLock { $0[report.step] = report } }
      emit(event)
    }
    let summary = try await runner.run(recipe)
    var judgement = Judgement(
      record: record, recipe: recipe, reports: reports.withLock { $0 }, fresh: fresh,
      history: history, store: store, options: options, runOptions: runOptions,
      emit: emit)
    let steps = try await judgement.steps(summary)
    var result = ReplaySummary(
      verdict: judgement.verdict, steps: steps, run: String(run.id.hex.prefix(8)),
      expected: run.resultTree.hex, actual: summary.result,
      seconds: (clock.now - start).seconds, firstSeconds: record.seconds)
    result.isInterrupted = summary.status == .interrupted
    let keys = judgement.keys
    try await BlockingWork.run { [steps, store, options] in
      for verdict in steps {
        // Only what another execution of the very same action gave says something of it.
        guard let key = keys[verdict.step],
          record.actions[verdict.step].map({ Digest(of: $0) }) == key
        else { continue }
        try Determinism.note(
          verdict, key: key, hadConditions: options.conditions != .ordinary, in: store)
      }
      try store.commit()
    }
    return result
  }

  private func makeFolder() throws -> FilePath {
    if let folder = options.folder {
      let path = Files.absolute(folder)
      if Files.exists(path), try Files.kind(path) != .folder || !Files.names(in: path).isEmpty {
        throw Problem(
          .user, "not-empty", "cannot replay in \(folder): it is not an empty folder",
          hint: "name one that does not exist yet")
      }
      try Files.makeFolder(path)
      return path
    }
    return try ReplayOptions.temporaryFolder(prefix: "larder-replay-")
  }

  /// Reads the recipe as it was laid out, with the parameters that the run had.
  private func read(_ fresh: FreshKitchen, parameters: [UInt8]?) throws -> Recipe {
    let reader = RecipeReader(library: StepLibrary.declarations)
    let text = try Files.readText(fresh.recipePath)
    let shown = "recipes/\(fresh.recipePath.lastComponent?.string ?? "")"
    func read(_ overrides: Overrides) throws -> Recipe {
      try reader.read(
        text: text, path: fresh.recipePath, displayPath: shown, kitchen: fresh.kitchen.root,
        overrides: overrides)
    }
    let plain = try read(Overrides())
    guard let wanted = try parameters.map({ try JSON(parsing: $0) })?.object else { return plain }
    let changed = wanted.filter { plain.parameters[$0.key] != $0.value }
    if changed.isEmpty { return plain }
    let file = Overrides.ParameterFile(
      text: JSON.object(changed).canonicalText, displayPath: "recipe/parameters.json")
    return try read(Overrides(files: [file]))
  }
}
