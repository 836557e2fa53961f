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

  private var store: any Store { preparer.store }

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
    case .script where step.network && preparer.options.replay != nil: return try captured()
    case .script(let language, let interpreter, let code):
      let name = "cell\(StepWork.suffix(of: language))"
      var job = try await job(in: folder, command: interpreter + ["/step/\(name)"])
      job.files[name] = Array(code.utf8)
      job.command[job.command.count - 1] = executor.seenPath("/step/\(name)", in: job)
      var result = try await run(job, in: folder, completion: nil)
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
      case .python(let program, let completion):
        var job = try await job(in: folder, command: ["python", ""])
        let programFolder = folder.appending("program")
        try Files.makeFolder(programFolder)
        for file in try ShippedFiles.files(of: program) {
          try Files.write(file.bytes, to: programFolder.appending(file.name))
        }
        job.mounts.append(Job.Mount(source: programFolder, target: "/program"))
        job.command[1] = executor.seenPath("/program/\(program.main)", in: job)
        return try await run(job, in: folder, completion: completion)
      case .manual(let task): return try await manual(task, in: folder)
      case .recorded(let body): return try await recorded(body, in: folder)
      case .source: return try await source(kind, in: folder)
      }
    }
  }

  // MARK: In Larder's own process

  /// - Parameter body: the work; returns its recording, if it makes one.
  private func inProcess(
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

  private func context(inputs: [String: FilePath], out: FilePath, stop: StopFlag) -> StepContext {
    let report = report
    return StepContext(
      parameters: step.parameters, inputs: inputs, outputFolder: out,
      report: { report(.progress($0)) }, checkCancelled: { try stop.check() })
  }

  // MARK: From recordings

  /// The recording of this step in the run that is made again.
  private func recording() throws -> JSON {
    guard let digest = preparer.options.replay?.documents[step.id] else {
      throw Problem(
        .environment, "not-recorded", "the run has no recording of step `\(step.id)`")
    }
    if let problem = preparer.options.replay?.missing[digest] { throw problem }
    guard let bytes = try store.bytes(digest) else {
      throw Problem(
        .environment, "missing-blob",
        "the recording of step `\(step.id)` (\(digest)) is missing")
    }
    return try JSON(parsing: bytes)
  }

  private func refuseForeign(_ key: Digest, _ what: String) throws {
    guard key != action.key else { return }
    throw Problem(
      .environment, "not-recorded",
      "the \(what) of step `\(step.id)` is of another action (\(key.short)) than the one that is "
        + "replayed (\(action.key.short))",
      hint: "an input, the code or a parameter of the step is another one now")
  }

  /// The outputs of a script that had the network, as they were recorded.
  private func captured() throws -> ActionResult {
    guard let record = CaptureRecord(try recording()) else {
      throw Problem(
        .damage, "bad-recording", "the recording of step `\(step.id)` is no capture")
    }
    try refuseForeign(record.key, "recording")
    for (name, artifact) in record.outputs where try !store.contains(artifact) {
      if let problem = preparer.options.replay?.missing[artifact.digest] { throw problem }
      throw Problem(
        .environment, "missing-blob",
        "the recorded output `\(name)` of step `\(step.id)` (\(artifact.digest)) is missing")
    }
    return ActionResult(
      outputs: record.outputs, recording: preparer.options.replay?.documents[step.id])
  }

  private func manual(_ task: any ManualTask, in folder: FilePath) async throws -> ActionResult {
    let items: [String: Artifact]
    if preparer.options.replay != nil {
      guard let record = EvidenceRecord(try recording()) else {
        throw Problem(.damage, "bad-recording", "the recording of step `\(step.id)` is no evidence")
      }
      try refuseForeign(record.key, "evidence")
      items = record.items
    } else if let brought = preparer.options.evidence[step.id] {
      items = brought
    } else {
      throw try await instruct(task)
    }
    let record = EvidenceRecord(key: action.key, items: items)
    let recording = try store.put(record.document.canonicalBytes)
    let result = try await inProcess(folder) { [store, step] inputs, out, stop in
      var files: [String: FilePath] = [:]
      for (name, artifact) in items {
        guard let path = try store.plainCopy(artifact) else {
          throw Problem(
            .environment, "missing-blob",
            "the evidence `\(name)` of step `\(step.id)` (\(artifact.digest)) is missing")
        }
        files[name] = path
      }
      try task.accept(files, context(inputs: inputs, out: out, stop: stop))
      return recording
    }
    try? Files.remove(instructionFolder)
    return result
  }

  /// The recipe as a command line names it, with the options that the key depends on.
  private var commandName: String {
    ([preparation.recipe.name] + preparer.options.recipeArguments).joined(separator: " ")
  }

  /// Each experiment has its own.
  private var instructionFolder: FilePath {
    let experiment = preparer.options.experiment.map { "@\($0)" } ?? ""
    return preparer.kitchen.artifacts
      .appending("\(preparation.recipe.name)\(experiment).waiting").appending(step.id.text)
  }

  /// Writes down what a person is to do.
  ///
  /// - Returns: the problem that says where.
  private func instruct(_ task: any ManualTask) async throws -> Problem {
    let folder = instructionFolder
    try await BlockingWork.run { [self] in
      let parent = folder.removingLastComponent()
      try Files.makeFolder(parent)
      let draft = try Files.makeTemporaryFolder(in: parent, prefix: ".draft-")
      do {
        try task.instruct(
          context(inputs: try plainInputs(), out: draft, stop: StopFlag()),
          recipe: commandName, step: step.id.text, into: draft)
        try Files.remove(folder)
        try Files.rename(draft, to: folder)
      } catch {
        try? Files.remove(draft)
        throw error
      }
    }
    let pieces = task.evidence.filter(\.isRequired)
      .map { "\($0.name)=\($0.isFile ? "FILE" : "TEXT")" }.joined(separator: " ")
    return Problem(
      .waiting, "waiting",
      "step `\(step.id)` is done by hand and waits for evidence; what to do is in "
        + folder.appending("INSTRUCTIONS.md").string,
      hint: "then bring it in: larder supply \(commandName) \(step.id) \(pieces)")
  }

  /// The step's own code, asking the outside through the recorder, or in a replay the recording.
  private func recorded(
    _ body: any RecordedStep, in folder: FilePath
  ) async throws -> ActionResult {
    try await inProcess(folder) { [self] inputs, out, stop in
      let recorder = try recorder(body) { try stop.check() }
      try body.run(context(inputs: inputs, out: out, stop: stop), asking: recorder)
      return try recorder.finish()
    }
  }

  private func recorder(
    _ body: any RecordedStep, checkCancelled: @escaping @Sendable () throws -> Void
  ) throws -> ExchangeRecorder {
    if let replay = preparer.options.replay {
      guard let record = ExchangeRecord(try recording()) else {
        throw Problem(
          .damage, "bad-recording", "the recording of step `\(step.id)` holds no exchanges")
      }
      for exchange in record.exchanges {
        if let problem = replay.missing[exchange.response.digest] { throw problem }
      }
      return ExchangeRecorder(replaying: record, store: store, checkCancelled: checkCancelled)
    }
    let (step, isOffline) = (step, preparer.options.isOffline)
    return ExchangeRecorder(
      asking: {
        guard !isOffline else {
          throw Problem(
            .environment, "offline",
            "step `\(step.id)` asks for something that was never asked before, and --offline "
              + "forbids to ask it now",
            hint: "run once with the network")
        }
        return try body.outside(
          step.parameters, variables: ProcessInfo.processInfo.environment)
      }, store: store, checkCancelled: checkCancelled)
  }

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

  private func job(in folder: FilePath, command: [String]) async throws -> Job {
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

  private func plainInputs() throws -> [String: FilePath] {
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
