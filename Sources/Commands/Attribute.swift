internal import ArgumentParser
internal import Documents
internal import Experiments
internal import Files
internal import Foundation
internal import History
internal import Problems
internal import Replay
internal import Reporting
internal import Running
internal import Store
internal import SystemPackage

struct Attribute: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say how much of the difference between two runs each change is worth.",
    discussion: """
      Runs the hybrids, such as the first run's data with the second's parameters,
      from the store where it can, and shares the difference of a metric out among
      data, parameters, environment and code, with intervals over the questions.
      Hybrids are ordinary runs, named attribute.….

      EXAMPLES
        larder attribute quickstart quickstart/slower --plan
            what would run, and how long
        larder attribute quickstart quickstart/slower
        larder attribute submission/first submission/second --metric loss --json
        larder attribute quickstart~1 quickstart --factor data
            data against all the rest
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "REF of the run to start from.") var a: String
  @Argument(help: "REF of the run to end at.") var b: String
  @Option(
    help: ArgumentHelp(
      "Tell only these apart, and the rest as one: data, parameters, environment, code.",
      valueName: "a,b"))
  var factor: String?
  @Option(
    help: ArgumentHelp("The metric to show; --json has all.", valueName: "name"))
  var metric: String?
  @Flag(help: "Go by one order of changes: fewer hybrids, and shares that depend on the order.")
  var sequential = false
  @Flag(help: "Run nothing: say which hybrids and steps would run, and how long.")
  var plan = false
  @Option(name: .shortAndLong, help: "Steps that run at the same time; otherwise the processors.")
  var jobs: Int?
  @Flag(help: "Never use the network.") var offline = false
  @Option(
    help: ArgumentHelp("A folder searched by SHA-256 before the network.", valueName: "dir"),
    completion: .directory)
  var distdir: [String] = []
  @Flag(name: .customLong("no-sandbox"), help: "Run without isolation.")
  var noSandbox = false
  @Option(help: "Progress on standard error: auto, plain or none.")
  var progress: ExecutionOptions.ProgressOption = .auto

  func run() async throws {
    let attributing = try attributionOptions()
    let kitchen = try options.findKitchen()
    let history = try HistoryRepository(at: kitchen.history)
    let (old, new) = (try history.resolve(a), try history.resolve(b))
    let store = try await options.openStore(kitchen)
    let folder = try ReplayOptions.temporaryFolder(prefix: "larder-attribute-")
    defer { try? Files.remove(folder) }

    let display = AttributionDisplay(options, progress: progress)
    defer { display.end() }
    let attributor = Attributor(
      kitchen: kitchen, history: history, store: store, options: attributing
    ) { display.show($0) }
    let text = AttributionText(style: options.style(forTerminal: Console.outputIsTerminal))
    if plan {
      let plan = try await Interruption.cancelling {
        try await attributor.plan(old, new, in: folder)
      }
      show(AttributionJSON.document(plan), text.lines(plan))
      return
    }
    let found = try await Interruption.cancelling {
      try await attributor.attribute(old, new, in: folder)
    }
    display.end()
    show(AttributionJSON.document(found), text.lines(found))
    if found.hasFailure { throw ExitCode(1) }
  }

  private func show(_ document: JSON, _ lines: [String]) {
    if options.json {
      Console.out(document)
    } else {
      Console.out(lines.joined(separator: "\n") + "\n")
    }
  }

  private func attributionOptions() throws -> AttributionOptions {
    if let jobs, jobs < 1 {
      throw Problem(.user, "jobs", "--jobs \(jobs) is not usable", hint: "give a number from 1 on")
    }
    var result = AttributionOptions(
      jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
    result.isOffline = offline
    result.isSandboxed = !noSandbox
    result.distdirs = try distdir.map { try ExecutionOptions.distdir($0) }
    result.isSequential = sequential
    result.metric = metric
    result.factors = try factor.map { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
        let name = name.trimmingCharacters(in: .whitespaces)
        guard let factor = Factor(rawValue: name) else {
          let known = Factor.allCases.map(\.rawValue)
          throw Problem(
            .user, "factor", "there is no factor `\(name)`",
            hint: Suggestion.hint(for: name, among: known)
              ?? "the factors are \(known.joined(separator: ", "))")
        }
        return factor
      }
    }
    return result
  }
}
