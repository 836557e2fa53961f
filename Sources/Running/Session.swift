internal import BlockingWork
internal import Digests
internal import Documents
internal import Environments
internal import Executors
internal import Files
internal import Notebook
internal import Planning
internal import Problems
internal import Steps
internal import Store
internal import SystemPackage

/// One run in progress: the plan, what is running, and what came of it.
struct Session {
  /// What a task that executed a step brings back.
  private enum Ending: Sendable {
    case ran(ActionResult)
    /// Another run made the result meanwhile.
    case shared(ActionResult)
    case failed(StepWork.Failure)
    case interrupted
  }

  let recipe: Recipe
  let preparation: Preparation
  let preparer: Preparer
  let options: RunOptions
  /// In nanoseconds since 1970.
  let startedAt: Int64
  let emit: @Sendable (Event) -> Void

  private var plan: Plan
  private var lookup: Lookup
  private var lastKeys: LastKeys?
  private let environments: EnvironmentShelf
  private let folders: WorkFolderPool
  private let executor: any Executor
  private(set) var reports: [StepID: StepReport] = [:]
  private(set) var problems: [Problem] = []
  /// What manual steps wait for.
  private var waits: [Problem] = []
  private var isInterrupted = false
  private var store: any Store { preparer.store }

  init(
    recipe: Recipe, preparation: Preparation, preparer: Preparer, options: RunOptions,
    executor: (any Executor)?, startedAt: Int64, emit: @escaping @Sendable (Event) -> Void
  ) throws {
    self.recipe = recipe
    self.preparation = preparation
    self.preparer = preparer
    self.options = options
    self.startedAt = startedAt
    self.emit = emit
    plan = Plan(
      recipe: recipe, files: preparation.files, runs: preparation.runs, until: options.until)
    lookup = Lookup(
      preparation: preparation, store: preparer.store, forced: options.forced,
      isSandboxed: options.isSandboxed)
    folders = WorkFolderPool(store: preparer.store)
    environments = EnvironmentShelf(of: preparation, preparer: preparer)
    self.executor =
      if let executor { executor } else if options.isSandboxed {
        Sandbox(folder: try preparer.store.makeWorkFolder())
      } else { Unsandboxed() }
  }

  /// Looks up and executes until nothing is left to do or something stops the run.
  mutating func run() async throws {
    let cached = try advance()
    let toRun = plan.states.count { !$0.isFinal }
    emit(
      .planned(
        recipe: recipe.name, steps: plan.steps.count, cached: plan.steps.count - toRun, toRun: toRun
      ))
    noteCached(cached)
    if toRun == 0 { return }
    lastKeys = try LastKeys(of: recipe.name, store: store)

    await withTaskGroup(of: (Int, Ending).self) { group in
      var running: [Int: Int] = [:]
      while true {
        if Task.isCancelled { isInterrupted = true }
        if !isInterrupted, problems.isEmpty || options.keepsGoing {
          for index in plan.runnable {
            let weight = weight(of: plan.steps[index])
            guard running.count < options.jobs,
              running.isEmpty || running.values.reduce(0, +) + weight <= max(options.jobs, 2)
            else { break }
            guard let work = begin(index) else { continue }
            running[index] = weight
            let (forced, emit) = (options.forced.contains(plan.steps[index].id), emit)
            group.addTask { (index, await Session.perform(work, isForced: forced, emit: emit)) }
          }
        }
        guard let (index, ending) = await group.next() else { break }
        running[index] = nil
        do {
          try take(ending, of: index)
          noteCached(try advance())
        } catch {
          fail(index, Problem(error))
        }
      }
    }
    folders.empty()
    for index in plan.steps.indices where reports[plan.steps[index].id] == nil {
      reportSkipped(index)
    }
  }

  /// Looks up what has become known; steps that cannot be carried out here fail.
  private mutating func advance() throws -> [Int] {
    let cached = try lookup.advance(&plan)
    for id in lookup.unpinned {
      guard let problem = preparation.unavailable[id], let index = plan.position(of: id),
        !plan.states[index].isFinal
      else { continue }
      fail(index, problem)
    }
    return cached
  }

  /// How many of the jobs a step takes: what it declares, otherwise one for a script, and the
  /// thread count for a library program.
  private func weight(of step: Step) -> Int {
    if let cpus = step.resources.cpus { return cpus }
    return lookup.actions[step.id]?.document["numerics"] == nil ? 1 : step.threads
  }

  private mutating func begin(_ index: Int) -> StepWork? {
    let step = plan.steps[index]
    guard let action = lookup.actions[step.id] else { return nil }
    plan.started(index)
    let why: String
    if let reason = lookup.passedOver[step.id] {
      why = reason
    } else {
      why = (try? lastKeys?.why(step.id, action)) ?? "its key has no result"
    }
    emit(.started(step.id, why: why))
    reports[step.id] = StepReport(step: step.id, status: .ran, key: action.key, why: why)
    let start = Double(FileStamp.now() - startedAt) / 1e9
    reports[step.id]?.start = start
    let (emit, id) = (emit, step.id)
    return StepWork(
      step: step, action: action, inputs: plan.inputs(of: index), preparation: preparation,
      preparer: preparer, executor: executor, environments: environments, folders: folders,
      report: { report in
        switch report {
        case .line(let line): emit(.line(id, line))
        case .progress(let progress): emit(.progress(id, progress))
        }
      })
  }

  /// Waits for another run that makes the same result, then shares it; otherwise executes.
  private static func perform(
    _ work: StepWork, isForced: Bool, emit: @Sendable (Event) -> Void
  ) async -> Ending {
    do {
      let store = work.preparer.store
      var isWaiting = false
      var lease = try store.tryLease(work.action.key)
      while lease == nil {
        if !isWaiting { emit(.waiting(work.step.id)) }
        isWaiting = true
        try await Task.sleep(for: .milliseconds(50))
        lease = try store.tryLease(work.action.key)
      }
      defer { lease?.release() }
      // Another run, or another step of this one, may have made it since it was looked up.
      let earlier = try store.result(for: work.action.key)
      if let earlier, !isForced, !work.step.neverCached,
        earlier.isSandboxed || !work.preparer.options.isSandboxed,
        try store.missing(among: earlier.outputs.values).isEmpty
      {
        return .shared(earlier)
      }
      let result = try await work.execute()
      if isForced, work.preparer.options.replay == nil, let earlier {
        try work.refuseDifference(from: earlier, to: result)
      }
      return .ran(result)
    } catch let failure as StepWork.Failure {
      return .failed(failure)
    } catch is CancellationError {
      return .interrupted
    } catch {
      if Task.isCancelled { return .interrupted }
      return .failed(
        StepWork.Failure(
          problem: Problem(error), log: [], keptFolder: nil, seconds: 0, peakMemory: 0))
    }
  }

  private mutating func take(_ ending: Ending, of index: Int) throws {
    let id = plan.steps[index].id
    switch ending {
    case .ran(let result):
      plan.finished(index, outputs: result.outputs)
      report(index, .ran, result)
    case .shared(let result):
      plan.sharedFromElsewhere(index, outputs: result.outputs)
      reports[id]?.why = "another run made it"
      report(index, .cached, result)
    case .failed(let failure):
      reports[id]?.seconds = failure.seconds
      reports[id]?.peakMemory = failure.peakMemory
      reports[id]?.keptFolder = failure.keptFolder
      reports[id]?.logTail = Session.tail(of: failure.log)
      fail(index, failure.problem)
    case .interrupted:
      isInterrupted = true
      reports[id] = nil
    }
  }

  private mutating func report(_ index: Int, _ status: StepReport.Status, _ result: ActionResult) {
    let id = plan.steps[index].id
    guard var report = reports[id] else { return }
    report.status = status
    report.seconds = result.seconds
    report.outputs = result.outputs
    report.peakMemory = result.peakMemory
    report.log = result.log
    report.recording = result.recording
    report.machine = result.machine
    reports[id] = report
    emit(.finished(report))
  }

  private mutating func fail(_ index: Int, _ problem: Problem) {
    let id = plan.steps[index].id
    let isWaiting = problem.tier == .waiting
    if isWaiting { waits.append(problem) } else { problems.append(problem) }
    var report = reports[id] ?? StepReport(step: id, status: .failed, key: nil, why: "")
    report.status = isWaiting ? .waiting : .failed
    report.problem = problem
    report.why = problem.message
    reports[id] = report
    emit(.finished(report))
    for skipped in plan.failed(index) { reportSkipped(skipped) }
  }

  private mutating func reportSkipped(_ index: Int) {
    let id = plan.steps[index].id
    let why: String
    if case .skipped(let failed) = plan.states[index] {
      why = "step `\(failed)` \(reports[failed]?.status == .waiting ? "waits" : "failed")"
    } else {
      why = isInterrupted ? "the run was interrupted" : "the run stopped before it"
    }
    let report = StepReport(step: id, status: .skipped, key: plan.states[index].key, why: why)
    reports[id] = report
    emit(.finished(report))
  }

  private mutating func noteCached(_ indices: [Int]) {
    for index in indices {
      let id = plan.steps[index].id
      guard let result = lookup.results[id] else { continue }
      var report = StepReport(
        step: id, status: .cached, key: plan.states[index].key, why: "its key has a result")
      report.outputs = result.outputs
      report.log = result.log
      report.recording = result.recording
      report.machine = result.machine
      reports[id] = report
      emit(.finished(report))
    }
  }

  private static func tail(of log: [UInt8]) -> [String] {
    let text = String(decoding: log.suffix(16 << 10), as: UTF8.self)
    return text.split(separator: "\n").suffix(12).map(String.init)
  }

  // MARK: The end

  /// Records the run and sums it up.
  mutating func finish(after seconds: () -> Double) async throws -> RunSummary {
    let status: RunSummary.Status =
      isInterrupted
      ? .interrupted : !problems.isEmpty ? .failed : waits.isEmpty ? .succeeded : .waiting
    var keys: [StepID: Digest] = [:]
    for (index, state) in plan.states.enumerated() {
      switch state {
      case .cached(let key), .ran(let key): keys[plan.steps[index].id] = key
      default: break
      }
    }
    let ran = reports.values.count { $0.status == .ran }
    if ran > 0, !options.isAside {
      var lastKeys = try lastKeys ?? LastKeys(of: recipe.name, store: store)
      try lastKeys.remember(keys)
    }
    var summary = RunSummary(
      status: status, commit: nil, result: nil, isNew: false,
      cached: reports.values.count { $0.status == .cached }, ran: ran,
      failed: reports.values.count { $0.status == .failed },
      skipped: reports.values.count { $0.status == .skipped }, seconds: seconds(),
      results: preparer.kitchen.artifacts.appending(recipe.name), metrics: [],
      problems: problems + waits)
    let archive = RunArchive(
      preparation: preparation, preparer: preparer, options: options, plan: plan,
      actions: lookup.actions, reports: reports, status: status, startedAt: startedAt,
      seconds: summary.seconds)
    let recorded = try await archive.record()
    // File stamps, facts and what is known of plain copies wait for a commit.
    try store.commit()
    summary.commit = recorded.commit
    summary.result = recorded.result
    summary.isNew = recorded.isNew
    summary.metrics = try archive.metrics()
    return summary
  }
}

extension StepWork {
  /// A pure step that is forced to run again must give the same bytes: the newest is never taken
  /// silently.
  func refuseDifference(from earlier: ActionResult, to result: ActionResult) throws {
    guard StepLibrary.kind(of: step) == .pure, earlier.outputs != result.outputs else { return }
    let names = step.outputs.map(\.name).filter { earlier.outputs[$0] != result.outputs[$0] }
    try preparer.store.keep(earlier, for: action.key)
    try PendingResult.keep(result, for: action.key, in: preparer.store)
    try preparer.store.commit()
    let name = names.first ?? ""
    let reference =
      preparation.recipe.name + (preparer.options.experiment.map { "/\($0)" } ?? "")
    throw Problem(
      .step, "not-reproducible",
      "step `\(step.id)` is not reproducible: forced to run again, its output `\(name)` was "
        + "\(earlier.outputs[name]?.digest.short ?? "missing"), is "
        + "\(result.outputs[name]?.digest.short ?? "missing")",
      hint:
        "the earlier result is kept; remove what varies (clock, random numbers, order) from the "
        + "step, or take the new one: larder accept \(reference):\(step.id)"
    )
  }
}
