internal import ArgumentParser
internal import BlockingWork
internal import Documents
internal import History
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Store

struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a recipe: only what changed runs, every output is kept.",
    discussion: """
      EXAMPLES
        larder run quickstart
        larder run quickstart --set learning_rate=0.0005 --name slower
        larder run quickstart --until clean --explain
        larder run quickstart --json --progress none
        larder run quickstart --sweep learning_rate=0.0005,0.001 --sweep adapter.epoch=1,2

      --sweep makes a whole run for each combination of the values, one after the
      other: each is an experiment with a branch of its own, and what they share
      runs once. A run that fails ends the sweep, unless --keep-going.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions

  @OptionGroup var execution: ExecutionOptions

  @Option(
    help: ArgumentHelp(
      "A run for each of these values of a parameter; repeated, for each combination. A list in YAML for values with commas: 'name=[\"a,b\", c]'.",
      valueName: "name=a,b,c"))
  var sweep: [String] = []
  @Option(help: ArgumentHelp("Run this step although it is cached.", valueName: "step"))
  var force: [String] = []

  func run() async throws {
    try execution.check()
    let kitchen = try options.findKitchen()
    if !sweep.isEmpty {
      try await performSweep(in: kitchen)
      return
    }
    let read = try recipe.read(options, kitchen)
    let runOptions = try runOptions(read)
    let store = try await options.openStore(kitchen)

    let display = RunDisplay(options, progress: execution.progress, explains: execution.explain)
    defer { display.end() }
    let summary = try await display.run(
      read, in: kitchen, store: store, options: runOptions, isJSON: options.json)
    display.end()
    try warnOfLostNote(summary, kitchen)
    if summary.status != .succeeded { throw ExitCode(summary.exitCode) }
  }

  /// A run that changed nothing makes no commit, and so keeps no note.
  func warnOfLostNote(_ summary: RunSummary, _ kitchen: Kitchen) throws {
    guard let note = execution.note, !summary.isNew, let commit = summary.commit,
      let run = summary.run,
      try HistoryRepository(at: kitchen.history).resolve(commit).note != note
    else { return }
    Console.note("the note was not kept: nothing changed since run \(run)\n")
  }

  /// - Parameter sweep: the values of one run of a sweep, as after `--set`.
  func runOptions(_ read: Recipe, sweep: [String] = []) throws -> RunOptions {
    var result = try execution.options(for: recipe, read, sweep: sweep)
    result.forced = Set(try force.flatMap { try read.steps(named: $0).map(\.id) })
    return result
  }
}
