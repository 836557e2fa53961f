internal import ArgumentParser
internal import Files
internal import Foundation
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Store
internal import SystemPackage

struct Watch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a recipe again whenever it or a file that it reads is saved.",
    discussion: """
      EXAMPLES
        larder watch notes
        larder watch notes --until clean

      Only what an edit changed runs. A save during a run stops it: what is finished
      is kept, and the next run goes on from there. A mistake in the recipe is
      shown, and the next save tries again. Ctrl-C ends it.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions
  @OptionGroup var execution: ExecutionOptions

  func run() async throws {
    try execution.check()
    let kitchen = try options.findKitchen()
    let path = try kitchen.recipePath(recipe.recipe, from: options.workingFolder)
    let store = try await options.openStore(kitchen)
    let command = self
    try await Interruption.cancelling {
      try await command.watch(path, in: kitchen, store)
    }
    throw ExitCode(Problem.Tier.interrupted.exitCode)
  }

  /// Runs and waits, again and again, until the task is cancelled.
  private func watch(_ path: FilePath, in kitchen: Kitchen, _ store: DiskStore) async throws {
    var files: Set<FilePath> = [path]
    if let params = recipe.params { files.insert(options.workingFolder.pushing(FilePath(params))) }
    let always = files
    while !Task.isCancelled {
      // Watched before it is read: what is saved meanwhile is not missed.
      let changes = try ChangeWatch()
      for file in files { try changes.add(file) }
      let changed: FilePath?
      do {
        let read = try recipe.read(options, kitchen)
        files = always.union(read.files(in: kitchen))
        for file in files { try changes.add(file) }
        changed = try await perform(read, in: kitchen, store, until: changes)
      } catch {
        if error is CancellationError { return }
        show(error)
        // What is missing may be made anywhere near.
        try? changes.add(namesIn: kitchen.root)
        for folder in Watch.neighbours(of: path, in: kitchen) { try? changes.add(folder) }
        changed = await wait(for: changes)
      }
      guard let changed else { return }
      Console.note("\n\(Kitchen.shown(changed, from: options.workingFolder)) changed\n")
    }
  }

  /// Runs the recipe, and stops it where something changes before it has ended.
  ///
  /// - Returns: what changed during the run or after it; nil where the task was cancelled.
  private func perform(
    _ read: Recipe, in kitchen: Kitchen, _ store: DiskStore, until changes: ChangeWatch
  ) async throws -> FilePath? {
    let runOptions = try execution.options(for: recipe, read)
    let display = RunDisplay(
      options, progress: execution.progress, explains: execution.explain)
    defer { display.end() }
    let isJSON = options.json
    return try await withThrowingTaskGroup(of: FilePath??.self) { group in
      group.addTask {
        _ = try await display.perform(
          read, in: kitchen, store: store, options: runOptions, isJSON: isJSON)
        return .none
      }
      group.addTask { .some(await changes.change()) }
      var changed: FilePath?
      while let ending = try await group.next() {
        if case .some(let path) = ending {
          changed = path
          group.cancelAll()
        } else if !Task.isCancelled, changed == nil {
          display.end()
          say("waiting for a change")
        }
      }
      return changed
    }
  }

  private func wait(for changes: ChangeWatch) async -> FilePath? {
    say("waiting for a change")
    return await changes.change()
  }

  private func say(_ text: String) {
    guard execution.progress != .none else { return }
    Console.note(options.style(forTerminal: Console.errorIsTerminal)(text, .quiet) + "\n")
  }

  private func show(_ error: any Error) {
    let problems = (error as? Problems)?.all ?? [Problem(error)]
    if options.json { for problem in problems { Console.out(RunJSON.object(for: problem)) } }
    Console.note(problems.map(\.description).joined(separator: "\n\n") + "\n")
  }

  /// The folders in which a missing file of a recipe may appear: the recipe's own, and those of the
  /// kitchen that Larder does not write to itself.
  private static func neighbours(of recipe: FilePath, in kitchen: Kitchen) -> [FilePath] {
    let own: Set<String> = ["cache", "artifacts"]
    let others = ((try? Files.names(in: kitchen.root)) ?? [])
      .filter { !own.contains($0) && !$0.hasPrefix(".") }
      .map { kitchen.root.appending($0) }.filter { Files.kind($0) == .folder }
    return [recipe.removingLastComponent()] + others
  }
}

extension Recipe {
  /// Everything of the kitchen that the recipe is made of: its text, the recipes that it names,
  /// `file:` inputs and requirements files.
  fileprivate func files(in kitchen: Kitchen) -> Set<FilePath> {
    let folder = path.removingLastComponent()
    var files: Set<FilePath> = [path]
    for other in joined { files.insert(other.path) }
    for step in steps {
      for case .file(let name) in step.inputs.values {
        files.insert(folder.pushing(FilePath(name)))
      }
    }
    for case let name? in environments.values.map(\.file) {
      files.insert(folder.pushing(FilePath(name)))
    }
    return files
  }
}
