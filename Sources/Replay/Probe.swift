internal import Executors
internal import Notebook
internal import Store

/// Finds out what a step that gives other bytes depends on, by executing it again with one thing held
/// or varied at a time.
struct Probe: Sendable {
  typealias Outputs = [String: Artifact]

  /// Executes the step under these conditions; nil where it failed.
  let execute: @Sendable (Conditions) async throws -> Outputs?
  /// The code of a script cell, to point at the line that is most likely meant.
  let code: String?
  /// How many processors there are.
  let cores: Int
  /// The conditions of the replay that gave `actual`.
  let conditions: Conditions

  /// What the step depends on, in words, or nil where nothing was found.
  ///
  /// - Parameter actual: what the replay gave.
  func cause(actual: Outputs) async throws -> String? {
    guard let again = try await execute(conditions) else { return nil }
    return again == actual ? try await steady(actual) : try await unsteady()
  }

  /// It gives other bytes from one execution to the next.
  private func unsteady() async throws -> String {
    if Conditions.clockLibrary != nil, try await isSteady({ $0.clock = .fixed }) {
      return "it depends on the clock" + pointing(Probe.clockWords)
    }
    if try await isSteady({ $0.hashSeed = 0 }) {
      return "it depends on the order of a set, which Python draws anew for each process"
        + pointing(Probe.setWords)
    }
    if Conditions.clockLibrary != nil,
      try await isSteady({
        $0.clock = .fixed
        $0.hashSeed = 0
      })
    {
      return "it depends on the clock and on the order of a set" + pointing(Probe.clockWords)
    }
    return
      "it gives other bytes each time, with the clock and the order of sets held as well: random "
      + "numbers without a seed, or threads that race" + pointing(Probe.randomWords)
  }

  /// It gives the same bytes as long as it runs here and now.
  private func steady(_ actual: Outputs) async throws -> String? {
    if let processor = conditions.processor,
      try await changes(actual, { $0.processor = nil })
    {
      return "it depends on the processor: on \(processor), emulated, it gives other bytes"
    }
    for order in [Conditions.EntryOrder.ascending, .descending]
    where try await changes(actual, { $0.entryOrder = order }) {
      return "it depends on the order in which the file system lists a folder"
        + pointing(Probe.folderWords)
    }
    if Conditions.clockLibrary != nil,
      try await changes(
        actual,
        {
          $0.clock = conditions.clock == nil ? .ahead(days: 400) : nil
        })
    {
      return "it depends on the date" + pointing(Probe.clockWords)
    }
    if cores > 1, try await changes(actual, { $0.cores = conditions.cores == 1 ? nil : 1 }) {
      return "it depends on the number of processors" + pointing(Probe.coreWords)
    }
    return nil
  }

  private func isSteady(_ change: (inout Conditions) -> Void) async throws -> Bool {
    var held = conditions
    change(&held)
    guard let one = try await execute(held), let other = try await execute(held) else {
      return false
    }
    return one == other
  }

  private func changes(
    _ actual: Outputs, _ change: (inout Conditions) -> Void
  ) async throws -> Bool {
    var varied = conditions
    change(&varied)
    guard varied != conditions, let outputs = try await execute(varied) else { return false }
    return outputs != actual
  }

  // MARK: The line that is meant

  private static let clockWords = [
    "time.", "time(", "datetime", "now(", "today(", "date ", "date)", "localtime", "$SECONDS",
    "EPOCH",
  ]
  private static let setWords = ["set(", "frozenset", "hash(", "{"]
  private static let folderWords = [
    "listdir", "iterdir", "scandir", "glob", "walk(", "find ", "ls ",
  ]
  private static let coreWords = ["cpu_count", "affinity", "nproc", "num_threads", "Pool("]
  private static let randomWords = [
    "random", "uuid", "secrets", "shuffle", "sample(", "$RANDOM", "shuf", "urandom", "mktemp",
    "Thread", "Pool(",
  ]

  private func pointing(_ words: [String]) -> String {
    for (index, line) in (code ?? "").split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      let text = line.drop(while: \.isWhitespace)
      guard !text.hasPrefix("import "), !text.hasPrefix("from "), !text.hasPrefix("#"),
        words.contains(where: { text.contains($0) })
      else { continue }
      return " (line \(index + 1) of the cell: `\(text.prefix(60))`)"
    }
    return ""
  }
}
