internal import BlockingWork
internal import Digests
internal import Documents
internal import Environments
internal import Executors
internal import Files
internal import Foundation
internal import Notebook
internal import Planning
internal import Problems
internal import Recording
internal import Steps
internal import Store
internal import SystemPackage

/// The execution of one step, from its inputs in the store to its outputs there.
struct StepWork: Sendable {
  /// A failed step with what its user needs to find out why.
  struct Failure: Error {
    var problem: Problem
    var log: [UInt8]
    var keptFolder: FilePath?
    var seconds: Double
    var peakMemory: Int64
  }

  let step: Step
  let action: Action
  let inputs: [String: Artifact]
  let preparation: Preparation
  let preparer: Preparer
  let executor: any Executor
  let environments: EnvironmentShelf
  let folders: WorkFolderPool
  let report: @Sendable (JobReport) -> Void

  var store: any Store { preparer.store }

  /// Executes the step and keeps its result durably.
  ///
  /// - Throws: `Failure` where the step itself failed, a `Problem` for everything around it,
  ///   `CancellationError` where the run was stopped.
  func execute() async throws -> ActionResult {
    let start = ContinuousClock.now
    let folder = try await BlockingWork.run { [folders] in try folders.take() }
    do {
      var result = try await carryOut(in: folder)
      result.isSandboxed = preparer.options.isSandboxed || !runsForeignCode
      if runsForeignCode {
        result.machine = try store.put(Machine.current.document.canonicalBytes)
      }
      if result.seconds == 0 { result.seconds = (ContinuousClock.now - start).seconds }
      let kept = result
      try await BlockingWork.run { [store, action, step, folders] in
        try store.put(action.bytes)
        try store.keep(kept, for: action.key)
        try store.commit()
        // What follows only spares later work: the result is kept already.
        let out = folder.appending("step").appending("out")
        try? StepOutputs.adopt(kept.outputs, of: step, in: out, store: store)
        if (try? folders.giveBack(folder)) == nil { try? Files.remove(folder) }
      }
      return kept
    } catch let failure as Failure {
      throw try await keep(failure, folder)
    } catch let problem as Problem where problem.tier == .step {
      let failure = Failure(
        problem: problem, log: [], keptFolder: nil,
        seconds: (ContinuousClock.now - start).seconds, peakMemory: 0)
      throw try await keep(failure, folder)
    } catch {
      try? Files.remove(folder)
      throw error
    }
  }

  /// Whether the step runs code that Larder did not ship inside its own process.
  private var runsForeignCode: Bool {
    switch step.work {
    case .script: true
    case .data: false
    case .library:
      if case .python? = StepLibrary.implementation(of: step) { true } else { false }
    }
  }

  private func carryOut(in folder: FilePath) async throws -> ActionResult {
    switch step.work {
    case .data(let body):
      return try await inProcess(folder) { _, out, _ in
        guard let output = step.outputs.first else { return nil }
        try Files.write(Array(body.utf8), to: out.pushing(FilePath(output.path)))
        return nil
      }
    case .script:
      if step.network, preparer.options.replay != nil { return try captured() }
      var result = try await execute(in: folder)
      if step.network {
        let record = CaptureRecord(key: action.key, outputs: result.outputs)
        result.recording = try store.put(record.document.canonicalBytes)
      }
      return result
    case .library(let kind):
      guard let implementation = StepLibrary.implementation(of: step) else {
        throw Problem(.fault, "no-step", "the library has no step `\(kind)`")
      }
      switch implementation {
      case .swift(let body):
        return try await inProcess(folder) { inputs, out, stop in
          try body(context(inputs: inputs, out: out, stop: stop))
          return nil
        }
      case .python: return try await execute(in: folder)
      case .manual(let task): return try await manual(task, in: folder)
      case .recorded(let body): return try await recorded(body, in: folder)
      case .source: return try await source(kind, in: folder)
      }
    }
  }

  // MARK: In Larder's own process

  /// - Parameter body: the work; returns its recording, if it makes one.
  func inProcess(
    _ folder: FilePath,
    _ body: @escaping @Sendable ([String: FilePath], FilePath, StopFlag) throws -> Digest?
  ) async throws -> ActionResult {
    let out = folder.appending("step").appending("out")
    let stop = StopFlag()
    return try await withTaskCancellationHandler {
      try await BlockingWork.run { [self] in
        try Files.makeFolder(out)
        let recording = try body(try plainInputs(), out, stop)
        try stop.check()
        var result = ActionResult(outputs: try StepOutputs.keep(step, in: out, store: store))
        result.recording = recording
        return result
      }
    } onCancel: {
      stop.raise()
    }
  }

  func context(inputs: [String: FilePath], out: FilePath, stop: StopFlag) -> StepContext {
    let report = report
    return StepContext(
      parameters: step.parameters, inputs: inputs, outputFolder: out,
      report: { report(.progress($0)) }, checkCancelled: { try stop.check() })
  }

  // MARK: From outside

  private func source(_ kind: String, in folder: FilePath) async throws -> ActionResult {
    guard let source = Sources.all[kind], let pin = preparation.pins[step.id] else {
      throw Problem(.fault, "no-pin", "the source of step `\(step.id)` has no pin")
    }
    let report = report
    return try await preparer.withSourceContext({ report(.progress($0)) }) {
      [store, step] context in
      if let problem = preparer.options.replay?.missing[pin.sha256] { throw problem }
      let recording = try source.obtain(pin, step.parameters, in: context)
      guard let plain = try store.plainCopy(recording.artifact) else {
        throw Problem(
          .environment, "missing-blob",
          "the recording \(recording.artifact.digest) is not in the store", hint: "run again")
      }
      let out = folder.appending("step").appending("out")
      try Files.makeFolder(out)
      try source.unpack(plain, pin: pin, step.parameters, into: out, in: context)
      var result = ActionResult(outputs: try StepOutputs.keep(step, in: out, store: store))
      result.recording = recording.record
      return result
    }
  }

  // MARK: In the sandbox

  /// What is to be executed, and what completes its outputs.
  struct Execution: Sendable {
    var job: Job
    var completion: (@Sendable (StepContext) throws -> Void)?
  }

  /// The execution of a script or of a program of the library; nil for steps that Larder itself
  /// carries out.
  func execution(in folder: FilePath) async throws -> Execution? {
    if case .script(let language, let interpreter, let code) = step.work {
      let name = "cell\(StepWork.suffix(of: language))"
      var job = try await job(in: folder, command: interpreter + ["/step/\(name)"])
      job.files[name] = Array(code.utf8)
      job.command[job.command.count - 1] = executor.seenPath("/step/\(name)", in: job)
      return Execution(job: job)
    }
    guard case .python(let program, let completion)? = StepLibrary.implementation(of: step) else {
      return nil
    }
    var job = try await job(in: folder, command: ["python", ""])
    let programFolder = folder.appending("program")
    try Files.makeFolder(programFolder)
    for file in try ShippedFiles.files(of: program) {
      try Files.write(file.bytes, to: programFolder.appending(file.name))
    }
    job.mounts.append(Job.Mount(source: programFolder, target: "/program"))
    job.command[1] = executor.seenPath("/program/\(program.main)", in: job)
    return Execution(job: job, completion: completion)
  }

  private func execute(in folder: FilePath) async throws -> ActionResult {
    guard let execution = try await execution(in: folder) else {
      throw Problem(.fault, "no-program", "the step `\(step.id)` has no program to execute")
    }
    return try await run(execution.job, in: folder, completion: execution.completion)
  }

  /// Everything that the step's code sees, with a command.
  func job(in folder: FilePath, command: [String]) async throws -> Job {
    var job = Job(command: command, workFolder: folder)
    job.files["params.json"] = JSON.object(step.parameters).canonicalBytes
    job.mounts = try await BlockingWork.run { [self] in
      try plainInputs().sorted { $0.key < $1.key }
        .map { Job.Mount(source: $0.value, target: "in/\($0.key)") }
    }
    job.variables = step.variables
    if let profile = action.document["numerics"]?["profile"]?.string {
      job.variables.merge(Numerics.variables(profile: profile, threads: step.threads)) { own, _ in
        own
      }
      if profile == "gpu" {
        job.devices = Machine.graphicsDevices
        guard !job.devices.isEmpty else {
          throw Problem(
            .environment, "no-gpu",
            "step `\(step.id)` has `numerics: gpu`, and this machine has no NVIDIA device",
            hint: "run it where there is one, or with `numerics: portable` on processors")
        }
      }
    }
    job.network = step.network
    job.conditions = preparer.options.conditions
    job.limits = Job.Limits(
      time: step.resources.time, memory: step.resources.memory, disk: step.resources.disk)
    if let environment = preparation.environments[step.id] {
      let report = report
      let path = try await environments.folder(of: environment.pin, digest: environment.digest) {
        report(.progress($0))
      }
      job.mounts.append(Job.Mount(source: path, target: "/env/\(environment.name)"))
      job.environmentPath = "/env/\(environment.name)"
    }
    return job
  }

  private func run(
    _ job: Job, in folder: FilePath, completion: (@Sendable (StepContext) throws -> Void)?
  ) async throws -> ActionResult {
    let outcome = try await executor.run(job, report: report)
    @Sendable func failure(_ problem: Problem) -> Failure {
      Failure(
        problem: problem, log: outcome.log, keptFolder: nil, seconds: outcome.seconds,
        peakMemory: outcome.peakMemory)
    }
    if let problem = StepWork.problem(outcome.ending, step: step) { throw failure(problem) }
    return try await BlockingWork.run { [self] in
      do {
        if let completion {
          try completion(context(inputs: plainInputs(), out: job.outputFolder, stop: StopFlag()))
        }
        var result = ActionResult(
          outputs: try StepOutputs.keep(step, in: job.outputFolder, store: store))
        result.log = outcome.log.isEmpty ? nil : try store.put(outcome.log)
        result.seconds = outcome.seconds
        result.peakMemory = outcome.peakMemory
        return result
      } catch let problem as Problem where problem.tier == .step {
        throw failure(problem)
      }
    }
  }

  func plainInputs() throws -> [String: FilePath] {
    var paths: [String: FilePath] = [:]
    for (name, artifact) in inputs {
      guard let path = try store.plainCopy(artifact) else {
        throw Problem(
          .environment, "missing-blob",
          "the input `\(name)` of step `\(step.id)` (\(artifact.digest)) is not in the store",
          hint: "run again: what makes it will run first")
      }
      paths[name] = path
    }
    return paths
  }

  // MARK: Failure

  private static func problem(_ ending: Outcome.Ending, step: Step) -> Problem? {
    switch ending {
    case .exited(0): nil
    case .exited(let code):
      Problem(.step, "step-failed", "step `\(step.id)` failed: it exited with \(code)")
    case .signalled(let number):
      Problem(.step, "step-failed", "step `\(step.id)` failed: signal \(number) ended it")
    case .timeLimit(let text):
      Problem(
        .step, "time-limit", "step `\(step.id)` was stopped: \(text)",
        hint: "raise `resources: { time: … }`, or make it faster")
    case .memoryLimit(let text):
      Problem(
        .step, "memory-limit", "step `\(step.id)` was stopped: \(text)",
        hint: "raise `resources: { memory: … }`, or use less")
    case .diskLimit(let text):
      Problem(
        .step, "disk-limit", "step `\(step.id)` was stopped: \(text)",
        hint: "free some space, or write less")
    }
  }

  /// Moves the folder of a failed step to where its user can look at it; the next failure of the
  /// step replaces it.
  private func keep(_ failure: Failure, _ folder: FilePath) async throws -> Failure {
    var failure = failure
    let target = preparer.kitchen.cache.appending("failed")
      .appending("\(preparation.recipe.name)-\(step.id)")
    let log = failure.log
    failure.keptFolder = try await BlockingWork.run {
      let stepFolder = folder.appending("step")
      guard Files.exists(stepFolder) else {
        try Files.remove(folder)
        return nil
      }
      try Files.makeFolder(target.removingLastComponent())
      try Files.remove(target)
      try Files.rename(stepFolder, to: target)
      try Files.write(log, to: target.appending("log.txt"))
      try Files.remove(folder)
      return target
    }
    return failure
  }

  private static func suffix(of language: String) -> String {
    switch language {
    case "python": ".py"
    case "bash", "sh": ".sh"
    case "r", "R": ".R"
    case "perl": ".pl"
    case "javascript", "js": ".js"
    default: ""
    }
  }
}

extension Duration {
  /// The duration as floating-point seconds.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
