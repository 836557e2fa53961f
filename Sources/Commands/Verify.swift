internal import ArgumentParser
internal import Environments
internal import Foundation
internal import History
internal import Notebook
internal import Problems
internal import Replay
internal import Running
internal import Store
internal import SystemPackage

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the steps that are not reproducible, before anything is submitted.",
    discussion: """
      Runs what has no result yet, then executes every step a second time in a fresh
      folder while everything varies that must not matter: folder, user, time zone,
      locale, umask, the order of folder entries, the number of processors and,
      where libfaketime is installed, the clock. Each step that gives other bytes is
      named with what it depends on.

      EXAMPLES
        larder verify notes
        larder verify notes --step clean
        larder verify notes --processor Haswell     on an emulated processor as well

      Exit codes: 0 reproducible, 4 something is not.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions
  @Option(help: ArgumentHelp("Only this step and what it needs.", valueName: "step"))
  var step: String?
  @OptionGroup var replaying: ReplayingOptions

  func run() async throws {
    let kitchen = try options.findKitchen()
    let read = try recipe.read(options, kitchen)
    let wanted = try step.map { Set(try read.steps(named: $0).map(\.id)) }
    let store = try await options.openStore(kitchen)
    let replayOptions = try replaying.replayOptions(options, step: step)
    var runOptions = RunOptions(jobs: replayOptions.jobs)
    runOptions.isOffline = replayOptions.isOffline
    runOptions.distdirs = replayOptions.distdirs
    runOptions.isSandboxed = replayOptions.isSandboxed
    runOptions.until = wanted
    runOptions.experiment = try recipe.experiment(named: nil)
    let display = RunDisplay(options, progress: replaying.progress)
    defer { display.end() }
    let summary = try await display.run(
      read, in: kitchen, store: store, options: runOptions, isJSON: false)
    display.end()
    guard summary.status == .succeeded, let commit = summary.commit else {
      throw ExitCode(summary.exitCode)
    }
    let history = try HistoryRepository(at: kitchen.history)
    let run = try history.resolve(commit)
    let variation = Variation.full(processor: replaying.processor)
    Console.note("executing again, varied: \(variation.varied.joined(separator: ", "))\n")
    for text in variation.notVaried { Console.note("not varied: \(text)\n") }
    variation.applyToProcess()
    try await replaying.replay(
      run, history: history, store: store, options: options, step: step, with: nil
    ) {
      $0.conditions = variation.conditions
      $0.environments = kitchen.cache.appending("environments")
    }
  }
}
