package import Digests
internal import Documents
package import Notebook
package import Running
package import Store

/// Whether a step gives the same bytes each time: measured by replays and verifications, never
/// assumed.
package enum Determinism: String, Hashable, Sendable {
  case bitExact = "bit-exact"
  case recorded
  case notReproducible = "not reproducible"
  case unknown

  private static func fact(_ key: Digest) -> String { "determinism:\(key.hex)" }

  /// What was measured of an action, and how many executions agreed.
  package static func measured(
    _ key: Digest, in store: any Store
  ) throws -> (determinism: Determinism, executions: Int64) {
    let fact = try store.fact(fact(key))
    return (
      fact?["class"]?.string.flatMap(Determinism.init) ?? .unknown,
      fact?["executions"]?.integer ?? 0
    )
  }

  /// The same of a step of a past run: one whose recording the run keeps needs no measuring.
  package static func measured(
    _ step: StepID, _ key: Digest, of run: RunRecord, in store: any Store
  ) throws -> (determinism: Determinism, executions: Int64) {
    var found = try measured(key, in: store)
    if found.determinism == .unknown, run.recordings[step] != nil { found.determinism = .recorded }
    return found
  }

  /// Takes a verdict into account; one difference outweighs any number of agreements.
  static func note(
    _ verdict: StepVerdict, key: Digest, hadConditions: Bool, in store: any Store
  ) throws {
    let before = try measured(key, in: store)
    let measured: Determinism
    switch (verdict.verdict, verdict.how) {
    case (.identical, .executed):
      measured = before.determinism == .notReproducible ? .notReproducible : .bitExact
    case (.identical, _): measured = .recorded
    case (.differs, .executed): measured = .notReproducible
    default: return
    }
    try store.setFact(
      fact(key),
      [
        "class": .string(measured.rawValue),
        "executions": .integer(max(before.executions, 1) + 1), "varied": .bool(hadConditions),
      ])
  }
}
