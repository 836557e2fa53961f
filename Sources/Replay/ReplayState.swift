internal import Digests
internal import Documents
internal import Notebook
package import Running
package import Store

/// How many steps of a past run are known to come out again, as far as this store has seen them
/// executed.
package struct ReplayState: Hashable, Sendable {
  private let counts: [Determinism: Int]

  package init(_ classes: some Sequence<Determinism>) {
    counts = classes.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  package init(of run: RunRecord, in store: any Store) throws {
    self.init(
      try (run.record["steps"]?.object ?? [:]).compactMap { name, entry in
        guard let step = StepID(name), let key = entry["key"]?.digest else { return nil }
        return try Determinism.measured(step, key, of: run, in: store).determinism
      })
  }

  /// Whether something is known of every step.
  package var isKnown: Bool { count(.unknown) == 0 }

  package func count(_ kind: Determinism) -> Int { counts[kind] ?? 0 }

  /// As in `3 bit-exact, 2 recorded, 10 not measured yet`.
  package var text: String {
    let parts = [
      (Determinism.bitExact, "bit-exact"), (.recorded, "recorded"),
      (.notReproducible, "not reproducible"), (.unknown, "not measured yet"),
    ].filter { count($0.0) > 0 }.map { "\(count($0.0)) \($0.1)" }
    return parts.isEmpty ? "nothing was measured" : parts.joined(separator: ", ")
  }
}
