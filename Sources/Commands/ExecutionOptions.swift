internal import ArgumentParser
internal import Files
internal import Foundation
internal import Notebook
internal import Problems
internal import Running
internal import SystemPackage

/// How a recipe is executed: what `run` and `watch` have in common.
struct ExecutionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A name for this experiment, a branch of its own.", valueName: "experiment"))
  var name: String?
  @Option(help: "A remark, kept in the run's commit.")
  var note: String?
  @Option(name: .shortAndLong, help: "Steps that run at the same time; otherwise the processors.")
  var jobs: Int?
  @Option(help: ArgumentHelp("Run only this step and what it needs.", valueName: "step"))
  var until: String?
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

  /// What can be told wrong before the recipe is read.
  ///
  /// - Throws: a user problem.
  func check() throws(Problem) {
    guard executor == "local" else {
      throw Problem(
        .user, "executor", "the executor `\(executor)` is not available in this version",
        hint: "leave --executor out, or say --executor local")
    }
    if let jobs, jobs < 1 {
      throw Problem(.user, "jobs", "--jobs \(jobs) is not usable", hint: "give a number from 1 on")
    }
  }

  /// - Parameters:
  ///   - given: the recipe as the command line names it.
  ///   - read: the same, read.
  ///   - sweep: the values of one run of a sweep, as after `--set`.
  /// - Throws: a user problem where a step or folder that an option names is not there.
  func options(
    for given: RecipeOptions, _ read: Recipe, sweep: [String] = []
  ) throws -> RunOptions {
    var result = RunOptions(jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
    result.until = try until.map { Set(try read.steps(named: $0).map(\.id)) }
    result.experiment = try given.experiment(named: name, sweep: sweep)
    result.recipeArguments = given.arguments(
      experiment: name == nil ? nil : result.experiment, sweep: sweep)
    result.note = note
    result.isLocked = locked
    result.isOffline = offline
    result.rehashes = rehash
    result.keepsGoing = keepGoing
    result.isSandboxed = !noSandbox
    result.distdirs = try distdir.map(ExecutionOptions.distdir)
    return result
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
}
