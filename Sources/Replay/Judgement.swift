internal import BlockingWork
internal import Comparison
internal import Digests
internal import Documents
internal import Environments
internal import Executors
internal import Files
internal import History
internal import Notebook
internal import Planning
internal import Problems
internal import Running
internal import Steps
internal import Store
internal import Synchronization
internal import SystemPackage

/// Compares what a replay made with what the run had made.
struct Judgement {
  let record: RunRecord
  let recipe: Recipe
  let reports: [StepID: StepReport]
  let fresh: FreshKitchen
  let history: HistoryRepository
  /// Has outputs of the run, by which a difference can be shown.
  let store: any Store
  let options: ReplayOptions
  let runOptions: RunOptions
  let emit: @Sendable (Event) -> Void

  private(set) var verdict = Verdict.identical
  /// The key of each step that was carried out.
  private(set) var keys: [StepID: Digest] = [:]

  init(
    record: RunRecord, recipe: Recipe, reports: [StepID: StepReport], fresh: FreshKitchen,
    history: HistoryRepository, store: any Store, options: ReplayOptions, runOptions: RunOptions,
    emit: @escaping @Sendable (Event) -> Void
  ) {
    self.record = record
    self.recipe = recipe
    self.reports = reports
    self.fresh = fresh
    self.history = history
    self.store = store
    self.options = options
    self.runOptions = runOptions
    self.emit = emit
  }

  /// The longest that a step may have taken for it to be executed again to find out what it depends
  /// on, in seconds.
  private static let longestProbe = 60.0

  /// The verdict on every step that the run or the replay has, in the order of the plan.
  mutating func steps(_ summary: RunSummary) async throws -> [StepVerdict] {
    let plan = Plan(recipe: recipe, files: [:], until: runOptions.until)
    let cause = try cause(summary)
    var verdicts: [StepVerdict] = []
    var different: Set<StepID> = []
    for step in plan.steps {
      let report = reports[step.id]
      let expected = record.outputs(of: step.id)
      // What the run itself did not finish is not expected of the replay.
      if expected.isEmpty, !summary.problems.isEmpty || record.actions[step.id] == nil,
        record.record["steps"]?[step.id.text] != nil
      {
        continue
      }
      var verdict = StepVerdict(
        step: step.id, verdict: .identical, how: How(StepLibrary.kind(of: step)),
        expected: expected.mapValues(\.digest), actual: [:], seconds: report?.seconds ?? 0)
      if let report, report.status == .ran || report.status == .cached {
        keys[step.id] = report.key
        verdict.actual = report.outputs.mapValues(\.digest)
        if verdict.actual != verdict.expected {
          try await explain(&verdict, step, report, different, cause)
        }
      } else {
        fail(&verdict, report)
      }
      if verdict.actual != verdict.expected { different.insert(step.id) }
      verdicts.append(verdict)
    }
    let present = Set(plan.steps.map(\.id))
    if runOptions.until == nil {
      for id in record.actions.keys.sorted(by: { $0.text < $1.text }) where !present.contains(id) {
        verdicts.append(
          StepVerdict(
            step: id, verdict: .differs, how: .executed,
            expected: record.outputs(of: id).mapValues(\.digest), actual: [:],
            why: "the recipe has no such step", seconds: 0))
      }
    }
    conclude(verdicts, summary)
    return verdicts
  }

  private mutating func conclude(_ verdicts: [StepVerdict], _ summary: RunSummary) {
    let found = Set(verdicts.map(\.verdict))
    verdict =
      if found.contains(.differs) || found.contains(.follows) {
        .differs
      } else if found.contains(
        .notExecuted)
      { .notExecuted } else if found.contains(.withinTolerance) { .withinTolerance } else {
        .identical
      }
    // The trees are what two runs agree by: they have the last word.
    if verdict == .identical, runOptions.until == nil, record.run.status == .succeeded,
      summary.result != record.run.resultTree.hex
    {
      verdict = .differs
    }
  }

  private func fail(_ verdict: inout StepVerdict, _ report: StepReport?) {
    verdict.verdict = .notExecuted
    guard let report else {
      verdict.why = "the replay did not come to it"
      return
    }
    guard let problem = report.problem else {
      verdict.why = report.why
      return
    }
    // A step that fails by itself, where it succeeded before, behaves differently.
    if problem.tier == .step { verdict.verdict = .differs }
    verdict.why = problem.message
    if let last = report.logTail.last { verdict.why = "\(problem.message): \(last)" }
  }

  // MARK: Differences

  private func explain(
    _ verdict: inout StepVerdict, _ step: Step, _ report: StepReport, _ different: Set<StepID>,
    _ cause: Cause
  ) async throws {
    let following = Set(
      step.inputs.compactMap { name, reference in
        reference.steps.contains(where: different.contains) ? name : nil
      })
    verdict.verdict = .differs
    if verdict.expected.isEmpty {
      verdict.why = "the run has no such step"
      return
    }
    if let tolerance = step.tolerance,
      let distance = try await distance(of: verdict, step, report), distance <= tolerance
    {
      verdict.verdict = .withinTolerance
      verdict.place = "largest difference \(distance), where the recipe allows \(tolerance)"
      return
    }
    verdict.place = try await place(of: verdict, step, report)
    guard let old = record.actions[step.id], let key = report.key,
      let new = try fresh.store.bytes(key).map({ try JSON(parsing: $0) })
    else { return }
    var reasons = cause.changes(from: old, to: new, following: following)
    if reasons.isEmpty, !following.isEmpty {
      verdict.verdict = .follows
      verdict.why =
        "its input \(following.sorted().map { "`\($0)`" }.joined(separator: ", ")) came out different"
      return
    }
    if reasons.isEmpty {
      let surroundings = cause.surroundings(of: step.id, action: new)
      let isExplained = surroundings.contains { $0.contains("is exact only on the same") }
      if !isExplained, let found = try await probe(step, report) {
        reasons = [found]
      } else {
        reasons = surroundings
      }
    }
    verdict.why =
      reasons.isEmpty
      ? "the action is the same, and nothing that is recorded explains it"
      : reasons.joined(separator: "; ")
  }

  private func probe(_ step: Step, _ report: StepReport) async throws -> String? {
    guard options.probes, StepLibrary.kind(of: step) == .pure,
      report.seconds <= Judgement.longestProbe, !Task.isCancelled
    else {
      return report.seconds > Judgement.longestProbe
        ? "the action is the same; `larder verify \(recipe.name)` finds out what it depends on"
        : nil
    }
    emit(.preparing("finding out what `\(step.id)` depends on", nil))
    let code: String? = if case .script(_, _, let text) = step.work { text } else { nil }
    let (kitchen, store, base, recipe) = (fresh.kitchen, fresh.store, runOptions, recipe)
    let probe = Probe(
      execute: { conditions in
        var options = base
        options.until = [step.id]
        options.forced = [step.id]
        options.conditions = conditions
        let outputs = Mutex<[String: Artifact]?>(nil)
        _ = try await Runner(kitchen: kitchen, store: store, options: options) { event in
          if case .finished(let report) = event, report.step == step.id, report.status == .ran {
            outputs.withLock { $0 = report.outputs }
          }
        }.run(recipe)
        return outputs.withLock { $0 }
      }, code: code, cores: Machine.current.cores, conditions: options.conditions)
    return try await probe.cause(actual: report.outputs)
  }

  /// The largest absolute difference over all outputs, or nil where they differ in more than
  /// numbers. The trail holds digests, which tell any difference alike: it is left out.
  private func distance(
    of verdict: StepVerdict, _ step: Step, _ report: StepReport
  ) async throws -> Double? {
    let outputs = step.outputs.filter {
      verdict.expected[$0.name] != verdict.actual[$0.name] && $0.name != "trail"
    }
    return try await BlockingWork.run { [self] in
      var largest = 0.0
      for output in outputs {
        let found = try compare(output, step, report) { expected, actual in
          try Distance.find(expected: expected, actual: actual)?.absolute
        }
        guard let found else { return nil }
        largest = max(largest, found)
      }
      return largest
    }
  }

  /// The first place at which an output parts, or that the run's bytes are not at hand.
  private func place(
    of verdict: StepVerdict, _ step: Step, _ report: StepReport
  ) async throws -> String? {
    let outputs = step.outputs.filter { verdict.expected[$0.name] != verdict.actual[$0.name] }
    return try await BlockingWork.run { [self] in
      if let trail = outputs.first(where: { $0.name == "trail" }),
        let text = try compare(
          trail, step, report, { try Trail.firstStep(expected: $0, actual: $1)?.text })
      {
        return text
      }
      for output in outputs {
        let text = try compare(output, step, report) { expected, actual in
          try FirstDifference.find(expected: expected, actual: actual, label: output.path)?.text
        }
        if let text { return "\(output.name): \(text)" }
      }
      return outputs.first.map {
        "\($0.name): was \(verdict.expected[$0.name]?.short ?? "missing"), is "
          + "\(verdict.actual[$0.name]?.short ?? "missing"); the run's bytes are not here to compare"
      }
    }
  }

  private func compare<Found>(
    _ output: Step.Output, _ step: Step, _ report: StepReport,
    _ body: (FilePath, FilePath) throws -> Found?
  ) throws -> Found? {
    let folder = try fresh.store.makeWorkFolder()
    defer { try? Files.remove(folder) }
    let (expected, actual) = (folder.appending("expected"), folder.appending("actual"))
    guard let made = report.outputs[output.name],
      let past = record.outputs(of: step.id)[output.name],
      try fresh.store.materialise(made, at: actual),
      try bring(past, output, step, to: expected)
    else { return nil }
    return try body(expected, actual)
  }

  /// Writes an output of the run as plain files: from the store, otherwise what the history holds.
  private func bring(
    _ artifact: Artifact, _ output: Step.Output, _ step: Step, to path: FilePath
  ) throws -> Bool {
    do {
      if try store.materialise(artifact, at: path) { return true }
      try PastOutput(
        of: step.id, path: output.path, isFolder: output.isFolder, in: record.run, history, store
      ).copy(to: path)
      return true
    } catch let problem as Problem
      where problem.tier == .environment || problem.tier == .damage || problem.tier == .user
    {
      return false
    }
  }

  private func cause(_ summary: RunSummary) throws -> Cause {
    var environments: [Digest: JSON] = [:]
    if let commit = summary.commit, let id = ObjectID(commit) {
      let own = try HistoryRepository(at: fresh.kitchen.history)
      if let run = try own.run(id) { environments = try RunRecord(run, in: own).environments }
    }
    return Cause(
      record: record, environments: environments, machine: Machine.current.document,
      emulated: options.conditions.processor, larderVersion: Release.version)
  }
}
