internal import Digests
package import Documents
internal import Notebook
package import Replay

/// A replay as JSON Lines: an object for each step, the last of type `end`.
package enum ReplayJSON {
  package static func objects(_ summary: ReplaySummary) -> [JSON] {
    summary.steps.map(object) + [end(summary)]
  }

  private static func object(_ step: StepVerdict) -> JSON {
    [
      "type": "step", "step": .string(step.step.text), "verdict": .string(step.verdict.rawValue),
      "how": .string(step.how.rawValue),
      "expected": .object(step.expected.mapValues { .digest($0) }),
      "actual": .object(step.actual.mapValues { .digest($0) }),
      "where": step.place.map { .string($0) } ?? .null,
      "why": step.why.map { .string($0) } ?? .null,
      "seconds": .finite((step.seconds * 1000).rounded() / 1000),
    ]
  }

  private static func end(_ summary: ReplaySummary) -> JSON {
    [
      "type": "end",
      "verdict": .string((summary.verdict == .follows ? .differs : summary.verdict).rawValue),
      "run": .string(summary.run), "result": summary.actual.map { .string($0) } ?? .null,
      "expected": .string(summary.expected),
      "seconds": .finite((summary.seconds * 1000).rounded() / 1000),
      "first_seconds": .finite((summary.firstSeconds * 1000).rounded() / 1000),
    ]
  }
}
