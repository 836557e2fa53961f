internal import Digests
internal import Documents
internal import Files
internal import Notebook
internal import Planning
internal import Problems
internal import Store
internal import SystemPackage

/// `artifacts/RECIPE/STEP/PATH`: the newest results as plain files, to be looked at and copied.
struct Showcase {
  let kitchen: Kitchen
  let store: any Store
  let recipe: String

  private var folder: FilePath { kitchen.artifacts.appending(recipe) }

  /// Shows the outputs of the steps that succeeded; what is shown already and still there stays.
  ///
  /// - Parameter isWhole: whether the plan holds all of the recipe, so that whatever else is shown
  ///   is of steps that are gone.
  func show(_ plan: Plan, isWhole: Bool) throws {
    let fact = "shown:\(recipe)"
    let before = try store.fact(fact)?.object ?? [:]
    var after = before
    for (index, step) in plan.steps.enumerated() {
      for output in step.outputs {
        guard let artifact = plan.outputs[index][output.name] else { continue }
        let place = "\(step.id)/\(output.path)"
        let path = folder.appending(step.id.text).pushing(FilePath(output.path))
        if after[place]?.digest == artifact.digest, Files.exists(path) { continue }
        try replace(path, by: artifact)
        after[place] = .digest(artifact.digest)
      }
    }
    if isWhole {
      let current = Set(plan.steps.flatMap { step in step.outputs.map { "\(step.id)/\($0.path)" } })
      for place in after.keys where !current.contains(place) {
        try Files.remove(folder.pushing(FilePath(place)))
        after[place] = nil
      }
    }
    if after != before { try store.setFact(fact, .object(after)) }
  }

  /// Puts the new content in place by rename, so that a reader sees the old or the new, never half.
  private func replace(_ path: FilePath, by artifact: Artifact) throws {
    let parent = path.removingLastComponent()
    try Files.makeFolder(parent)
    let temporary = parent.appending(".\(UInt64.random(in: 0...UInt64.max)).tmp")
    guard try store.materialise(artifact, at: temporary) else { return }
    if artifact.kind == .folder || Files.kind(path) == .folder { try Files.remove(path) }
    try Files.rename(temporary, to: path)
  }
}
