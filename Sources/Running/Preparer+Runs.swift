internal import BlockingWork
internal import Digests
internal import Files
internal import History
internal import Notebook
internal import Problems
internal import Store

extension Preparer {
  /// A `run:` reference and where it stands.
  private struct Asked {
    var target: String
    /// The first step that has it.
    var step: StepID
    var place: Problem.Place?
    var isRenewed: Bool
  }

  /// Finds what the `run:` references mean: in the lock, and where they have no pin yet in the
  /// history.
  ///
  /// - Returns: the content by the name of the recipe that the reference stands in and by target.
  func readRuns(
    of recipe: Recipe, reach: Reach, locks: inout RecipeLocks
  ) async throws -> [String: [String: Artifact]] {
    var asked: [String: [String: Asked]] = [:]
    for step in recipe.steps {
      for (name, reference) in step.inputs.sorted(by: { $0.key < $1.key }) {
        guard case .run(let target) = reference else { continue }
        let isRenewed = reach.renews(step.id)
        asked[locks.owner(of: step.id), default: [:]][
          target,
          default: Asked(
            target: target, step: step.id, place: step.places[name], isRenewed: false)
        ].isRenewed = isRenewed || asked[locks.owner(of: step.id)]?[target]?.isRenewed == true
      }
    }
    var runs: [String: [String: Artifact]] = [:]
    for (owner, targets) in asked.sorted(by: { $0.key < $1.key }) {
      for (target, one) in targets.sorted(by: { $0.key < $1.key }) {
        do {
          if let pin = locks.lock(of: one.step).runs[target], !one.isRenewed {
            if reach != .look, options.replay == nil { try await require(pin, one) }
            runs[owner, default: [:]][target] = Artifact(pin)
          } else if reach != .look {
            try refuseIfLocked("the past result `run:\(target)`", owner)
            let (pin, artifact) = try await find(Target(target))
            try locks.add(for: one.step) { $0.runs[target] = pin }
            runs[owner, default: [:]][target] = artifact
          }
        } catch var problem as Problem {
          problem.place = one.place
          throw problem
        }
      }
    }
    return runs
  }

  /// Looks a target up in the history; what the history itself holds is put into the store.
  private func find(_ target: Target) async throws -> (Lock.Run, Artifact) {
    let (path, store) = (kitchen.history, store)
    return try await BlockingWork.run {
      let output = try PastOutput(
        target, repository: try HistoryRepository(at: path), store: store)
      let artifact = try output.keep()
      // The lock must not name what a power cut takes away.
      try store.commit()
      let pin = Lock.Run(
        run: output.run.id.hex, isFolder: artifact.kind == .folder, digest: artifact.digest,
        size: artifact.size)
      return (pin, artifact)
    }
  }

  /// Sees to it that the store has what a pin names: from the history, where that holds it itself.
  private func require(_ pin: Lock.Run, _ asked: Asked) async throws {
    let (store, artifact) = (store, Artifact(pin))
    if try await BlockingWork.run({ try store.contains(artifact) }) { return }
    var target = try Target(asked.target)
    target.reference = pin.run
    if let found = try? await find(target), found.1 == artifact { return }
    throw Problem(
      .environment, "missing-blob",
      "the past result `run:\(asked.target)` of step `\(asked.step)` (\(artifact.digest), made by "
        + "run \(pin.run.prefix(8))) is not in the store",
      hint: "run the recipe that made it again, or renew the pin: larder lock --update")
  }
}

extension Artifact {
  /// What a `run:` reference is pinned to.
  init(_ pin: Lock.Run) {
    self.init(kind: pin.isFolder ? .folder : .file, digest: pin.digest, size: pin.size)
  }
}
