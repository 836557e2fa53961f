internal import BlockingWork
internal import Files
internal import Foundation
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Steps
internal import Store
internal import Synchronization
internal import SystemPackage

/// Starts runs for the page, one of a recipe at a time, and stops them.
final class RunStarter: Sendable {
  /// What the form of a recipe says.
  struct Wish: Hashable, Sendable {
    /// As after `--set`.
    var assignments: [String] = []
    var experiment: String?
    var note: String?
  }

  private let kitchen: Kitchen
  private let live: LiveRuns
  private let running = Mutex<[String: Task<Void, Never>]>([:])

  init(_ kitchen: Kitchen, _ live: LiveRuns) {
    self.kitchen = kitchen
    self.live = live
  }

  /// Starts a run and returns once it is on its way.
  ///
  /// - Throws: every mistake of the recipe and of the wish; a user problem where a run that was
  ///   started here still goes on.
  func start(_ name: String, _ wish: Wish) async throws {
    let (kitchen, live) = (kitchen, live)
    if let experiment = wish.experiment {
      try ExperimentName.check(experiment, hasOverrides: !wish.assignments.isEmpty)
    }
    let recipe = try await BlockingWork.run {
      try RecipeFile(name, in: kitchen).read(Overrides(assignments: wish.assignments, files: []))
    }
    var options = RunOptions(jobs: ProcessInfo.processInfo.activeProcessorCount)
    options.experiment =
      wish.experiment
      ?? (wish.assignments.isEmpty
        ? nil : ExperimentName.made(from: wish.assignments.sorted()))
    options.note = wish.note
    options.recipeArguments =
      wish.assignments.flatMap { ["--set", ShellWord.quoted($0)] }
      + (wish.experiment.map { ["--name", ShellWord.quoted($0)] } ?? [])
    try running.withLock { tasks in
      guard tasks[name] == nil else {
        throw Problem(
          .user, "runs-already", "`\(name)` runs already",
          hint: "wait until it has ended, or stop it")
      }
      tasks[name] = Task { [self, options] in
        await RunStarter.perform(recipe, in: kitchen, options, live)
        self.running.withLock { $0[name] = nil }
      }
    }
  }

  private static func perform(
    _ recipe: Recipe, in kitchen: Kitchen, _ options: RunOptions, _ live: LiveRuns
  ) async {
    let journal = RunJournal(
      kitchen: kitchen, recipe: recipe.name, experiment: options.experiment, note: options.note,
      observe: { live.take($0, $1) })
    do {
      // A store of its own, as a run in a terminal has.
      let store = try await BlockingWork.run { try DiskStore(at: kitchen.cache) }
      let summary = try await Runner(kitchen: kitchen, store: store, options: options) {
        journal.take($0)
      }.run(recipe)
      journal.take(.ended(summary))
    } catch {
      journal.refuse(Problems.all(of: error))
    }
  }

  /// Asks a run that was started here to finish writing and stop.
  func stop(_ recipe: String) { running.withLock { $0[recipe] }?.cancel() }

  /// Stops everything, and waits until it has stopped.
  func stopAll() async {
    let tasks = running.withLock { Array($0.values) }
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
  }
}
