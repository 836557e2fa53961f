internal import ArgumentParser
internal import BlockingWork
internal import Bundles
internal import Documents
internal import Executors
internal import Files
internal import Foundation
internal import History
internal import Notebook
internal import Problems
internal import Replay
internal import Reporting
internal import Running
internal import Steps
internal import Store
internal import SystemPackage

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Execute a past run again from nothing and compare every byte.",
    discussion: """
      In a fresh folder every step runs again, without network: pure steps execute,
      the others are fed from what was recorded. Nothing that the run made is read
      to make anything.

      EXAMPLES
        larder replay submission/first
        larder replay quickstart --step clean
        larder replay first.tar.zst --offline
            a bundle: no kitchen, no history, no network
        larder replay quickstart~1 --with quickstart
            where the recipe of today parts from it
        larder replay quickstart --from-cache -o past
            only bring the artifacts back

      Exit codes: 0 identical, 4 something differs, 3 something could not be
      executed.
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "REF: a run, a branch, submission/NAME; or a bundle's path.") var reference:
    String
  @Option(
    help: ArgumentHelp("Execute this recipe's text against the run.", valueName: "recipe"),
    completion: .file(extensions: ["md"]))
  var with: String?
  @Option(help: ArgumentHelp("Only this step and what it needs.", valueName: "step"))
  var step: String?
  @Flag(help: "Execute nothing: only bring the run's artifacts back.") var fromCache = false
  @Option(
    name: .customShort("o"), help: "With --from-cache: the folder to write; it must not exist.",
    completion: .directory)
  var output: String?
  @Option(
    help: ArgumentHelp(
      "For a bundle: refuse it unless one of these SSH signers signed it.", valueName: "file"),
    completion: .file())
  var allowedSigners: String?
  @OptionGroup var replaying: ReplayingOptions

  func run() async throws {
    let path = options.workingFolder.pushing(FilePath(reference))
    if reference.hasSuffix(".zst") || isFile(path) {
      try await replay(bundle: Files.absolute(path))
      return
    }
    if allowedSigners != nil {
      throw Problem(
        .user, "no-bundle", "--allowed-signers is for bundles, and \(reference) is none",
        hint: "leave it out; the runs of a history are not signed")
    }
    let kitchen = try options.findKitchen()
    let history = try HistoryRepository(at: kitchen.history)
    let run = try history.resolve(reference)
    let store = try await options.openStore(kitchen)
    if fromCache {
      try await bringBack(run, history, store)
      return
    }
    try await replaying.replay(
      run, history: history, store: store, options: options, step: step,
      with: try await other(in: kitchen, store))
  }

  /// The recipe of `--with`, its inputs read into the store.
  private func other(in kitchen: Kitchen, _ store: DiskStore) async throws -> [String: [UInt8]]? {
    guard let with else { return nil }
    let folder = options.workingFolder
    let path = try kitchen.recipePath(with, from: folder)
    let recipe = try RecipeReader(library: StepLibrary.declarations).read(
      text: try Files.readText(path), path: path,
      displayPath: Kitchen.shown(path, from: folder), kitchen: kitchen.root)
    let preparer = Preparer(kitchen: kitchen, store: store, options: RunOptions(jobs: 1)) { _, _ in
    }
    let preparation = try await preparer.prepare(recipe, reach: .look)
    try await BlockingWork.run { try store.commit() }
    return RecipeFiles.content(of: preparation)
  }

  private func isFile(_ path: FilePath) -> Bool {
    if case .file = Files.resolved(path).flatMap(Files.kind) { true } else { false }
  }

  /// Opens a bundle in a folder of its own and replays the run in it.
  private func replay(bundle path: FilePath) async throws {
    if replaying.noSandbox {
      throw Problem(
        .user, "no-sandbox",
        "cannot replay a bundle without the sandbox: it is somebody else's code",
        hint: "leave --no-sandbox out; `larder doctor` says what the sandbox needs")
    }
    if with != nil || fromCache {
      throw Problem(
        .user, "bundle-option", "a bundle has no outputs and no other recipe to compare with",
        hint: "leave --\(fromCache ? "from-cache" : "with") out")
    }
    let folder = try ReplayOptions.temporaryFolder(prefix: "larder-bundle-")
    defer { try? Files.remove(folder) }
    let signers = allowedSigners.map {
      Files.absolute(options.workingFolder.pushing(FilePath($0)))
    }
    Console.note("opening \(reference)\n")
    let opened = try await Interruption.cancelling {
      try await Bundles.Bundle.open(path, into: folder, allowedSigners: signers)
    }
    if let signer = opened.signer { Console.note("signed by \(signer)\n") }
    let history = try HistoryRepository(at: Kitchen(root: opened.kitchen).history)
    guard let run = try history.run(opened.run) else {
      throw Problem(.damage, "bundle-damaged", "the bundle \(path) holds no run")
    }
    let store = try await options.openStore(Kitchen(root: opened.kitchen))
    try await replaying.replay(
      run, history: history, store: store, options: options, step: step, with: nil
    ) { $0.distdirs.insert(opened.wheels, at: 0) }
  }

  private func bringBack(
    _ run: PastRun, _ history: HistoryRepository, _ store: DiskStore
  ) async throws {
    guard let output else {
      throw Problem(
        .user, "no-output", "--from-cache needs a folder to write to", hint: "name it with -o DIR")
    }
    let target = Files.absolute(options.workingFolder.pushing(FilePath(output)))
    let count = try await BlockingWork.run {
      try RunRecord(run, in: history).bringBack(to: target, history: history, store: store)
    }
    if options.json {
      Console.out(["run": .string(run.id.hex), "outputs": .integer(Int64(count))])
    } else {
      Console.note("\(Words.count(count, "output")) of run \(run.id.short) in \(output)\n")
    }
  }
}

/// What `replay` and `verify` have in common.
struct ReplayingOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Steps that run at the same time; otherwise the processors.")
  var jobs: Int?
  @Flag(help: "Build environments without the network as well.") var offline = false
  @Option(
    help: ArgumentHelp("A folder searched by SHA-256 before the network.", valueName: "dir"),
    completion: .directory)
  var distdir: [String] = []
  @Option(
    help: ArgumentHelp("Make the fresh kitchen here and keep it.", valueName: "dir"),
    completion: .directory)
  var folder: String?
  @Option(
    help: ArgumentHelp(
      "Emulate this processor (a name of `qemu-x86_64 -cpu help`), slowly.", valueName: "name"))
  var processor: String?
  @Flag(name: .customLong("no-sandbox"), help: "Without isolation; refused for bundles.")
  var noSandbox = false
  @Option(help: "Progress on standard error: auto, plain or none.")
  var progress: ExecutionOptions.ProgressOption = .auto

  func replayOptions(_ options: GlobalOptions, step: String?) throws -> ReplayOptions {
    if let jobs, jobs < 1 {
      throw Problem(.user, "jobs", "--jobs \(jobs) is not usable", hint: "give a number from 1 on")
    }
    var result = ReplayOptions(jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
    result.step = step
    result.isOffline = offline
    result.isSandboxed = !noSandbox
    result.folder = folder.map { Files.absolute(options.workingFolder.pushing(FilePath($0))) }
    result.distdirs = try distdir.map { try ExecutionOptions.distdir($0) }
    if let processor {
      guard Conditions.emulator != nil else {
        throw Problem(
          .environment, "no-emulator",
          "cannot emulate the processor \(processor): qemu-x86_64 is missing",
          hint: "install it: apt-get install qemu-user")
      }
      result.conditions.processor = processor
    }
    return result
  }

  /// Replays a run, shows what was found, and ends with the exit code of the verdict.
  func replay(
    _ run: PastRun, history: HistoryRepository, store: any Store, options: GlobalOptions,
    step: String?, with other: [String: [UInt8]]?, change: (inout ReplayOptions) -> Void = { _ in }
  ) async throws {
    var replayOptions = try replayOptions(options, step: step)
    change(&replayOptions)
    let display = RunDisplay(options, progress: progress)
    defer { display.end() }
    let final = replayOptions
    let summary = try await Interruption.cancelling {
      try await Replayer(history: history, store: store, options: final) { display.show($0) }
        .replay(run, with: other)
    }
    display.end()
    if options.json {
      for object in ReplayJSON.objects(summary) { Console.out(object) }
    } else {
      let text = ReplayText(style: options.style(forTerminal: Console.outputIsTerminal))
      Console.out(text.lines(summary).joined(separator: "\n") + "\n")
    }
    if summary.exitCode != 0 { throw ExitCode(summary.exitCode) }
  }
}
