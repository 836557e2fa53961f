internal import Digests
internal import Documents
internal import Environments
internal import Files
internal import Foundation
internal import History
internal import Notebook
internal import Planning
internal import Problems
internal import Processes
internal import Store
internal import SystemPackage

/// What is kept of a run when it is over: its commit in the history, and the newest results as
/// plain files.
struct RunArchive: Sendable {
  let preparation: Preparation
  let preparer: Preparer
  let options: RunOptions
  let plan: Plan
  let actions: [StepID: Action]
  let reports: [StepID: StepReport]
  let status: RunSummary.Status
  /// In nanoseconds since 1970.
  let startedAt: Int64
  let seconds: Double

  private var recipe: Recipe { preparation.recipe }

  /// Commits the run, unless nothing ran and nothing differs from the branch's tip.
  func record() async throws -> (commit: String?, result: String?, isNew: Bool) {
    var content = content()
    guard let branch = Branch(recipe: recipe.name, experiment: options.experiment ?? "main") else {
      throw Problem(
        .user, "experiment-name", "the experiment name `\(options.experiment ?? "")` is not usable",
        hint: "use letters, digits and ._=+,%@-")
    }
    let repository = try HistoryRepository(at: preparer.kitchen.history)
    if content.ran == 0, let tip = try repository.tip(branch), tip.content == content.identity {
      try show()
      return (tip.id.description, tip.resultTree.description, false)
    }
    if let state = await KitchenState.read(preparer.kitchen.root) {
      content.kitchenCommit = state.commit
      if let diff = state.diff { content.record["kitchen.diff"] = .bytes(diff) }
    }
    try addRecord(to: &content)
    let commit = try repository.commit(content, branch: branch, store: preparer.store)
    try show()
    return (commit.run.id.description, commit.run.resultTree.description, commit.isNew)
  }

  /// The metrics of each `score` step that has a result.
  func metrics() throws -> [(step: StepID, document: JSON)] {
    try plan.steps.compactMap { step in
      guard case .library("score") = step.work,
        let artifact = reports[step.id]?.outputs["metrics"],
        let bytes = try preparer.store.bytes(artifact.digest)
      else { return nil }
      return (step.id, try JSON(parsing: bytes))
    }
  }

  private func show() throws {
    if options.isAside { return }
    try Showcase(kitchen: preparer.kitchen, store: preparer.store, recipe: recipe.name)
      .show(plan, isWhole: options.until == nil && status == .succeeded)
  }

  private func content() -> RunContent {
    var content = RunContent(
      recipe: recipe.name, status: contentStatus,
      ran: reports.values.count { $0.status == .ran },
      cached: reports.values.count { $0.status == .cached },
      failed: reports.values.count { $0.status == .failed }, note: options.note,
      time: FileStamp.now() / 1_000_000_000, larderVersion: Release.version)
    content.isAside = options.isAside
    content.recipeFiles = RecipeFiles.content(of: preparation)
    for (index, step) in plan.steps.enumerated() {
      let id = step.id.text
      guard let report = reports[step.id] else { continue }
      guard report.status == .ran || report.status == .cached else { continue }
      if let action = actions[step.id] { content.actions[id] = action.bytes }
      content.results[id] = step.outputs.compactMap { output in
        plan.outputs[index][output.name].map { RunContent.Output(path: output.path, artifact: $0) }
      }
    }
    content.inputs = Set(preparation.files.values)
    content.inputs.formUnion(preparation.runs.values.flatMap(\.values))
    content.inputs.formUnion(
      preparation.pins.values.map { Artifact(kind: .file, digest: $0.sha256, size: $0.size) })
    return content
  }

  /// Adds what may differ between identical runs.
  private func addRecord(to content: inout RunContent) throws {
    let store = preparer.store
    var steps: [String: JSON] = [:]
    for step in plan.steps {
      guard let report = reports[step.id] else { continue }
      let id = step.id.text
      steps[id] = RunArchive.record(of: report)
      if let log = report.log, report.status == .ran, let size = try store.size(log) {
        content.record["logs/\(id).log"] = .artifact(
          Artifact(kind: .file, digest: log, size: size))
      } else if report.status == .failed, !report.logTail.isEmpty {
        let tail = report.logTail.map { $0 + "\n" }.joined()
        content.record["logs/\(id).log"] = .bytes(Array(tail.utf8))
      }
      if let recording = report.recording, let size = try store.size(recording) {
        content.record["recordings/\(id).json"] = .artifact(
          Artifact(kind: .file, digest: recording, size: size))
      }
      if let machine = report.machine, let bytes = try store.bytes(machine) {
        content.record["machines/\(machine.hex).json"] = .bytes(bytes)
      }
      if let environment = preparation.environments[step.id] {
        let document = environment.pin.document(
          digest: environment.digest, python: preparation.pythonVersion ?? environment.pin.python,
          platform: "linux_\(preparation.platform.architecture)")
        content.record["environments/\(environment.label).json"] = .bytes(
          Array(document.indentedText.utf8))
      }
    }
    let record: JSON = [
      "started": .string(RunArchive.time(startedAt)), "seconds": .finite(rounded(seconds)),
      "host": .string(ProcessInfo.processInfo.hostName), "larder": .string(Release.version),
      "jobs": .integer(Int64(options.jobs)), "sandbox": .bool(options.isSandboxed),
      "machine": Machine.current.document, "steps": .object(steps),
    ]
    content.record["run.json"] = .bytes(Array(record.indentedText.utf8))
  }

  private var contentStatus: RunContent.Status {
    switch status {
    case .succeeded: options.until == nil ? .succeeded : .until
    case .interrupted: .interrupted
    case .waiting: .waiting
    case .failed, .refused: .failed
    }
  }

  private static func record(of report: StepReport) -> JSON {
    var parts: [String: JSON] = ["status": .string(report.status.rawValue)]
    if let key = report.key { parts["key"] = .digest(key) }
    if let machine = report.machine { parts["machine"] = .digest(machine) }
    if !report.outputs.isEmpty { parts["outputs"] = .object(report.outputs.mapValues(\.record)) }
    if report.status == .failed || report.status == .waiting || report.status == .skipped {
      parts["why"] = .string(report.why)
      parts["hint"] = report.problem?.hint.map { .string($0) }
    }
    if report.status == .ran || report.status == .failed {
      parts["seconds"] = .finite(rounded(report.seconds))
      parts["after"] = report.start.map { .finite(rounded($0)) }
      parts["why"] = .string(report.why)
      if report.peakMemory > 0 { parts["peak_memory"] = .integer(report.peakMemory) }
    }
    return .object(parts)
  }

  private static func time(_ nanoseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(nanoseconds / 1_000_000_000)).formatted(.iso8601)
  }
}

/// To the millisecond.
private func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
