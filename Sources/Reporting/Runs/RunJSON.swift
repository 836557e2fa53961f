internal import Digests
package import Documents
internal import Notebook
package import Problems
package import Running
internal import Store

/// The run as JSON Lines: one object a line with a `type`, the last of type `end`.
package enum RunJSON {
  /// The objects for an event; none for what only a terminal shows.
  ///
  /// - Parameter sweep: which run of a sweep it is; its last object is then of type `run`, since only
  ///   the whole sweep's is of type `end`.
  package static func objects(for event: Event, of sweep: SweepPosition? = nil) -> [JSON] {
    switch event {
    case .planned(_, let steps, let cached, let toRun):
      [
        object(
          "plan",
          [
            "steps": .integer(Int64(steps)), "cached": .integer(Int64(cached)),
            "to_run": .integer(Int64(toRun)),
          ], of: sweep)
      ]
    case .finished(let report):
      [object(for: report)] + (report.problem.map { [object(for: $0)] } ?? [])
    case .ended(let summary):
      [object(sweep == nil ? "end" : "run", parts(of: summary), of: sweep)]
    case .preparing, .started, .waiting, .line, .progress: []
    }
  }

  private static func object(
    _ type: String, _ parts: [String: JSON], of sweep: SweepPosition?
  ) -> JSON {
    var parts = parts
    parts["type"] = .string(type)
    parts["sweep"] = sweep?.document
    return .object(parts)
  }

  /// A problem as `check --json` and `run --json` give it.
  package static func object(for problem: Problem) -> JSON {
    var parts: [String: JSON] = [
      "type": "problem", "code": .string(problem.code.text), "message": .string(problem.message),
    ]
    if let hint = problem.hint { parts["hint"] = .string(hint) }
    if let place = problem.place {
      parts["path"] = .string(place.path)
      parts["line"] = .integer(Int64(place.line))
      parts["column"] = .integer(Int64(place.column))
    }
    return .object(parts)
  }

  /// The last object of a run of a sweep that was refused before its first step.
  package static func refused(_ sweep: SweepPosition) -> JSON {
    object("run", ["status": "refused", "cached": 0, "ran": 0, "failed": 0], of: sweep)
  }

  /// The last object of a run that was refused before it began.
  package static let refused: JSON = [
    "type": "end", "status": "refused", "cached": 0, "ran": 0, "failed": 0,
  ]

  private static func object(for report: StepReport) -> JSON {
    var parts: [String: JSON] = [
      "type": "step", "step": .string(report.step.text), "status": .string(report.status.rawValue),
      "seconds": .finite((report.seconds * 1000).rounded() / 1000), "why": .string(report.why),
      "outputs": .object(report.outputs.mapValues { .digest($0.digest) }),
    ]
    if let key = report.key { parts["key"] = .digest(key) }
    return .object(parts)
  }

  private static func parts(of summary: RunSummary) -> [String: JSON] {
    var parts: [String: JSON] = [
      "status": .string(summary.status.rawValue),
      "cached": .integer(Int64(summary.cached)), "ran": .integer(Int64(summary.ran)),
      "failed": .integer(Int64(summary.failed)),
    ]
    if let run = summary.run { parts["run"] = .string(run) }
    if let commit = summary.commit { parts["commit"] = .string(commit) }
    if let result = summary.result { parts["result"] = .string(result) }
    return parts
  }
}
