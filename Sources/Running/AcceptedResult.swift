package import Digests
package import Documents
package import History
internal import Problems
package import Store

/// A result that was refused because it differs, and that somebody took.
package struct AcceptedResult: Sendable {
  /// One output, before and after.
  package struct Output: Hashable, Sendable {
    package var name: String
    package var before: Artifact?
    package var after: Artifact?
  }

  package let step: String
  package let key: Digest
  /// By name.
  package let outputs: [Output]

  /// Makes the result that waits the one that runs use.
  ///
  /// - Parameter target: `REF:STEP`; where REF is a branch, the newest of its runs in which the step
  ///   has a result that waits counts, whether it succeeded or not.
  /// - Throws: a user problem where no result waits.
  package init(accepting target: String, repository: HistoryRepository, store: any Store) throws {
    guard let colon = target.lastIndex(of: ":"), colon > target.startIndex,
      target.index(after: colon) < target.endIndex
    else {
      throw Problem(
        .user, "bad-target", "cannot read `\(target)`: it is not REF:STEP",
        hint: "write it like: larder accept RECIPE:STEP")
    }
    let reference = String(target[..<colon])
    let step = String(target[target.index(after: colon)...])
    guard
      let key = try AcceptedResult.waitingKey(step, reference, repository, store),
      let result = try PendingResult.find(for: key, in: store)
    else {
      throw Problem(
        .user, "nothing-waits",
        "no result of step `\(step)` of `\(reference)` waits to be accepted",
        hint: "one does after `larder run RECIPE --force \(step)` gave other bytes than before")
    }
    guard try store.missing(among: result.outputs.values).isEmpty else {
      throw Problem(
        .environment, "missing-blob",
        "cannot accept the result of step `\(step)`: its outputs are no longer in the store",
        hint: "run the step again: larder run RECIPE --force \(step)")
    }
    let before = try store.result(for: key)?.outputs ?? [:]
    try PendingResult.accept(result, for: key, in: store)
    self.step = step
    self.key = key
    outputs = Set(before.keys).union(result.outputs.keys).sorted().map {
      Output(name: $0, before: before[$0], after: result.outputs[$0])
    }
  }

  /// What changed, for `--json`.
  package var document: JSON {
    [
      "step": .string(step), "key": .digest(key),
      "outputs": .object(
        Dictionary(
          outputs.map { output in
            (
              output.name,
              [
                "before": output.before.map { .digest($0.digest) } ?? .null,
                "after": output.after.map { .digest($0.digest) } ?? .null,
              ]
            )
          }, uniquingKeysWith: { first, _ in first })),
    ]
  }

  /// The key for which a result waits. A refused run is a failed one, which a branch's name does not
  /// mean elsewhere.
  private static func waitingKey(
    _ step: String, _ reference: String, _ repository: HistoryRepository, _ store: any Store
  ) throws -> Digest? {
    var runs: [PastRun] = []
    if let branch = Branch(reference), try repository.branches().contains(branch) {
      runs = try repository.runs(of: branch)
    } else {
      runs = [try repository.resolve(reference)]
    }
    var isKnown = false
    for run in runs {
      guard let bytes = try repository.read(run.id, "record/run.json"),
        let entry = try JSON(parsing: bytes)["steps"]?[step]
      else { continue }
      isKnown = true
      if let key = entry["key"]?.digest, try PendingResult.find(for: key, in: store) != nil {
        return key
      }
    }
    // Names the steps that there are.
    if !isKnown, let run = runs.first {
      _ = try PastOutput.action(of: step, in: run, repository)
    }
    return nil
  }
}
