internal import BlockingWork
internal import Digests
internal import Documents
internal import Files
internal import Foundation
internal import Notebook
internal import Planning
internal import Problems
internal import Recording
internal import Steps
internal import Store
internal import SystemPackage

/// Steps that are not pure: what they get from outside is recorded, and a replay has the recording
/// alone.
extension StepWork {
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
  func captured() throws -> ActionResult {
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

  func manual(_ task: any ManualTask, in folder: FilePath) async throws -> ActionResult {
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
    if preparer.options.isAside {
      return Problem(
        .waiting, "waiting", "step `\(step.id)` is done by hand, and nobody did it for this")
    }
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
  func recorded(
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
}
