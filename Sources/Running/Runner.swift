internal import BlockingWork
internal import Digests
internal import Documents
internal import Environments
package import Executors
internal import Files
internal import History
package import Notebook
internal import Planning
internal import Problems
package import Store
internal import SystemPackage

/// Performs a recipe's plan: looks steps up, executes what is missing in parallel, keeps going or
/// stops, and records the run.
package struct Runner: Sendable {
  private let kitchen: Kitchen
  private let store: any Store
  private let options: RunOptions
  private let executor: (any Executor)?
  private let emit: @Sendable (Event) -> Void

  /// - Parameters:
  ///   - executor: where scripts and programs execute; nil for the sandbox or, with `--no-sandbox`,
  ///     for the way without it.
  ///   - emit: told what happens, in order, from any thread.
  package init(
    kitchen: Kitchen, store: any Store, options: RunOptions, executor: (any Executor)? = nil,
    emit: @escaping @Sendable (Event) -> Void
  ) {
    self.kitchen = kitchen
    self.store = store
    self.options = options
    self.executor = executor
    self.emit = emit
  }

  /// Runs a recipe. Cancelling the task stops it cleanly: running steps end, what is finished is
  /// kept, and the run is recorded as interrupted.
  ///
  /// - Throws: a problem found before any step ran; what goes wrong later is in the summary.
  package func run(_ recipe: Recipe) async throws -> RunSummary {
    let clock = ContinuousClock()
    let start = clock.now
    let emit = emit
    let preparer = Preparer(kitchen: kitchen, store: store, options: options) {
      emit(.preparing($0, $1))
    }
    var preparation = try await preparer.prepare(recipe, reach: .pin)
    if let missing = options.replay?.missingFiles, !missing.isEmpty {
      for step in recipe.steps {
        let problems = step.inputs.values.compactMap { reference -> Problem? in
          if case .file(let path) = reference { missing[path] } else { nil }
        }.sorted { $0.message < $1.message }
        guard var problem = problems.first else { continue }
        problem.message = problems.map(\.message).joined(separator: "; ")
        preparation.unavailable[step.id] = problem
      }
    }
    var session = try Session(
      recipe: recipe, preparation: preparation, preparer: preparer, options: options,
      executor: executor, startedAt: FileStamp.now(), emit: emit)
    try await session.run()
    return try await session.finish(after: { (clock.now - start).seconds })
  }
}
