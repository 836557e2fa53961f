internal import BlockingWork
package import Digests
internal import Files
package import Notebook
internal import Planning
internal import Problems
package import Steps
package import Store
package import SystemPackage

/// A manual step whose inputs are all known, so that evidence can be taken for it.
package struct ManualStep: Sendable {
  package let step: Step
  package let task: any ManualTask
  /// Of the action that the evidence is for.
  package let key: Digest
  /// Whether it has a result, which new evidence replaces.
  package let hasResult: Bool

  private let inputs: [String: Artifact]
  private let store: any Store

  /// - Throws: a user problem where the step is no manual one, or where another must run first.
  package init(
    _ step: Step, of recipe: Recipe, kitchen: Kitchen, store: any Store, options: RunOptions
  ) async throws {
    guard case .manual(let task)? = StepLibrary.implementation(of: step) else {
      throw Problem(
        .user, "not-manual",
        "step `\(step.id)` of `\(recipe.name)` takes no evidence: Larder runs it",
        hint: "run it: larder run \(recipe.name) --until \(step.id)")
    }
    let ready = try await ReadyStep(
      step, of: recipe, kitchen: kitchen, store: store, options: options, to: "take evidence for")
    self.step = step
    self.task = task
    self.store = store
    key = ready.action.key
    inputs = ready.inputs
    hasResult = try store.result(for: key) != nil
  }

  /// Tries the evidence out without keeping anything.
  ///
  /// - Throws: a user problem where it is not of the right shape.
  package func check(_ evidence: [String: FilePath]) async throws {
    try await BlockingWork.run {
      let folder = try store.makeWorkFolder()
      defer { try? Files.remove(folder) }
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
      try task.accept(
        evidence,
        StepContext(parameters: step.parameters, inputs: paths, outputFolder: folder))
    }
  }
}
