internal import ArgumentParser
internal import BlockingWork
internal import Documents
internal import Files
internal import Foundation
internal import History
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Store
internal import SystemPackage

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

      --sweep makes a whole run for each combination of the values, one after the other: each is
      an experiment with a branch of its own, and what they share runs once. A run that fails
      ends the sweep, unless --keep-going.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions

  @Option(
    help: ArgumentHelp("A name for this experiment, a branch of its own.", valueName: "experiment"))
  var name: String?
  @Option(
    help: ArgumentHelp(
      "A run for each of these values of a parameter; repeated, for each combination. A list in YAML for values with commas: 'name=[\"a,b\", c]'.",
      valueName: "name=a,b,c"))
  var sweep: [String] = []
  @Option(help: "A remark, kept in the run's commit.")
  var note: String?
  @Option(name: .shortAndLong, help: "Steps that run at the same time; otherwise the processors.")
  var jobs: Int?
  @Option(help: ArgumentHelp("Run only this step and what it needs.", valueName: "step"))
  var until: String?
  @Option(help: ArgumentHelp("Run this step although it is cached.", valueName: "step"))
  var force: [String] = []
  @Flag(help: "Refuse to add pins to the lock.")
  var locked = false
  @Flag(help: "Never use the network.")
  var offline = false
  @Option(
    help: ArgumentHelp("A folder searched by SHA-256 before the network.", valueName: "dir"),
    completion: .directory)
  var distdir: [String] = []
  @Flag(help: "Read every input again instead of trusting its file stamp.")
  var rehash = false
  @Flag(help: "Say why each step runs or is cached.")
  var explain = false
  @Flag(help: "After a failure, run every step that does not need the failed one.")
  var keepGoing = false
  @Option(help: "Where steps execute: local.")
  var executor = "local"
  @Flag(
    name: .customLong("no-sandbox"),
    help: "Run without isolation; results are marked and not used by sandboxed runs.")
  var noSandbox = false
  @Option(help: "Progress on standard error: auto, plain or none.")
  var progress: ProgressOption = .auto

  enum ProgressOption: String, ExpressibleByArgument, CaseIterable { case auto, plain, none }

  func run() async throws {
    guard executor == "local" else {
      throw Problem(
        .user, "executor", "the executor `\(executor)` is not available in this version",
        hint: "leave --executor out, or say --executor local")
    }
    let kitchen = try options.findKitchen()
    if !sweep.isEmpty {
      try await performSweep(in: kitchen)
      return
    }
    let read = try recipe.read(options, kitchen)
    let runOptions = try runOptions(read)
    let store = try await options.openStore(kitchen)

    let display = RunDisplay(options, progress: progress, explains: explain)
    defer { display.end() }
    let summary = try await display.run(
      read, in: kitchen, store: store, options: runOptions, isJSON: options.json)
    display.end()
    try warnOfLostNote(summary, kitchen)
    if summary.status != .succeeded { throw ExitCode(summary.exitCode) }
  }

  /// The folder of a `--distdir`.
  static func distdir(_ text: String) throws -> FilePath {
    let path = Files.absolute(FilePath(text))
    guard Files.resolved(path).flatMap(Files.kind) == .folder else {
      throw Problem(
        .user, "no-distdir", "the folder --distdir \(text) does not exist", hint: "check its path")
    }
    return path
  }

  /// A run that changed nothing makes no commit, and so keeps no note.
  func warnOfLostNote(_ summary: RunSummary, _ kitchen: Kitchen) throws {
    guard let note, !summary.isNew, let commit = summary.commit, let run = summary.run,
      try HistoryRepository(at: kitchen.history).resolve(commit).note != note
    else { return }
    Console.note("the note was not kept: nothing changed since run \(run)\n")
  }

  /// - Parameter sweep: the values of one run of a sweep, as after `--set`.
  func runOptions(_ read: Recipe, sweep: [String] = []) throws -> RunOptions {
    if let jobs, jobs < 1 {
      throw Problem(.user, "jobs", "--jobs \(jobs) is not usable", hint: "give a number from 1 on")
    }
    var result = RunOptions(jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
    result.until = try until.map { try RecipeOptions.step($0, in: read).id }
    result.forced = Set(try force.map { try RecipeOptions.step($0, in: read).id })
    result.experiment = try recipe.experiment(named: name, sweep: sweep)
    result.recipeArguments = recipe.arguments(
      experiment: name == nil ? nil : result.experiment, sweep: sweep)
    result.note = note
    result.isLocked = locked
    result.isOffline = offline
    result.rehashes = rehash
    result.keepsGoing = keepGoing
    result.isSandboxed = !noSandbox
    result.distdirs = try distdir.map(Run.distdir)
    return result
  }
}
