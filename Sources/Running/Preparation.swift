internal import BlockingWork
internal import Digests
internal import Documents
internal import Environments
internal import Files
package import Notebook
package import Planning
internal import Problems
internal import Recording
internal import Steps
package import Store
internal import SystemPackage

/// A recipe with everything from outside resolved: inputs read, sources and environments pinned,
/// interpreters known. From here on keys are a pure function.
package struct Preparation: Sendable {
  /// The environment of one step.
  struct StepEnvironment: Sendable {
    /// The name under `/env`.
    var name: String
    /// The name in the record of a run, in which that of a joined recipe's is `RECIPE/NAME`.
    var label: String
    var pin: Lock.Environment
    var digest: Digest
  }

  package let recipe: Recipe
  /// Where the recipe stands in its kitchen, as in `recipes/NAME.md`.
  let place: String
  /// The content of each `file:` input and requirements file, by its path from the recipe's folder.
  package let files: [String: Artifact]
  /// The content of each pinned `run:` input, by the name of the recipe that it stands in and by its
  /// target.
  package let runs: [String: [String: Artifact]]
  package let lock: Lock
  /// The locks of the recipes that were read for this one, by name.
  package let joinedLocks: [String: Lock]
  /// The full version of the Python that environments are made with; nil where no step needs one.
  let pythonVersion: String?
  let platform: Action.Platform
  /// The pin of each source that has one.
  let pins: [StepID: Lock.Source]
  let environments: [StepID: StepEnvironment]
  let interpreterVersions: [String: String]
  /// In a replay, the steps that cannot be carried out here, and why.
  var unavailable: [StepID: Problem] = [:]

  /// The action of a step whose inputs are known, or nil where its source, environment or a past
  /// result is not pinned yet.
  package func action(for step: Step, inputs: [String: Artifact]) throws -> Action? {
    if unavailable[step.id] != nil { return nil }
    guard inputs.count == step.inputs.count else { return nil }
    switch step.work {
    case .data:
      return Action(step: step, implementation: .data, inputs: inputs)
    case .script(_, let interpreter, _):
      if step.environment != nil, environments[step.id] == nil { return nil }
      let version = interpreter.first.flatMap { interpreterVersions[$0] } ?? "environment"
      return Action(
        step: step, implementation: .script(interpreterVersion: version), inputs: inputs,
        environment: environments[step.id]?.digest, platform: platform,
        numerics: Numerics.profile(of: step, isProgram: false))
    case .library(let kind):
      guard let library = StepLibrary.all[kind] else { return nil }
      let version = library.declaration.version
      switch library.implementation(for: step.parameters) {
      case .swift, .manual, .recorded:
        return Action(step: step, implementation: .library(version: version), inputs: inputs)
      case .python(let program, _):
        guard let environment = environments[step.id] else { return nil }
        return Action(
          step: step,
          implementation: .program(version: version, try ShippedFiles.digest(of: program)),
          inputs: inputs, environment: environment.digest, platform: platform,
          numerics: Numerics.profile(of: step, isProgram: true))
      case .source:
        guard let source = Sources.all[kind], let pin = pins[step.id] else { return nil }
        let identity = try source.identity(step.parameters, pin: pin)
        return Action(
          step: step, implementation: .source(version: version, identity: identity),
          inputs: inputs)
      }
    }
  }
}
