internal import Comparison
package import Documents
package import Experiments
internal import Notebook
internal import Running

/// What each change between two runs is worth, as one document.
package enum AttributionJSON {
  package static func document(_ attribution: Attribution) -> JSON {
    [
      "recipe": .string(attribution.recipe), "a": .string(attribution.a),
      "b": .string(attribution.b), "step": .string(attribution.step.text),
      "answerer": .string(attribution.answerer.rawValue), "metric": .string(attribution.metric),
      "changes": .array(attribution.groups.flatMap(\.changes).map(change)),
      "metrics": .array(attribution.metrics.map { metric($0, attribution) }),
      "hybrids": .array(attribution.corners.map(corner)),
      "sequential": .bool(attribution.isSequential),
      "notes": .array(attribution.notes.map { .string($0) }),
    ]
  }

  package static func document(_ plan: AttributionPlan) -> JSON {
    [
      "recipe": .string(plan.recipe), "a": .string(plan.a), "b": .string(plan.b),
      "step": .string(plan.step.text), "metric": .string(plan.metric),
      "changes": .array(plan.changes.map(change)),
      "hybrids": .array(
        plan.corners.map { corner in
          var parts: [String: JSON] = [
            "from_b": factors(corner.fromB),
            "cached": .integer(Int64(corner.steps.count - corner.toRun.count)),
            "to_run": .array(
              corner.toRun.map { entry in
                var parts: [String: JSON] = [
                  "step": .string(entry.step.id.text), "state": .string(entry.state.rawValue),
                ]
                parts["seconds"] = entry.lastSeconds.map { .finite($0) }
                return .object(parts)
              }),
          ]
          parts["why"] = corner.why.map { .string($0) }
          return .object(parts)
        }), "seconds": .finite(plan.estimatedSeconds),
      "notes": .array(plan.notes.map { .string($0) }),
    ]
  }

  private static func change(_ change: FactorChange) -> JSON {
    ["factor": .string(change.factor.rawValue), "what": .string(change.text)]
  }

  private static func factors(_ factors: [Factor]) -> JSON {
    .array(factors.map { .string($0.rawValue) })
  }

  private static func metric(_ metric: Attribution.Metric, _ attribution: Attribution) -> JSON {
    var parts: [String: JSON] = [
      "name": .string(metric.name), "a": .finite(Sample.rounded(metric.a)),
      "b": .finite(Sample.rounded(metric.b)),
      "questions": .integer(Int64(metric.shares.questions)),
      "lower_is_better": .bool(metric.lowerIsBetter),
    ]
    parts.merge(difference("delta", metric.shares.total, of: metric)) { first, _ in first }
    parts["interaction"] = metric.shares.interaction.map { bare($0) }
    parts["shares"] = .array(
      zip(attribution.groups, metric.shares.shares).map { group, share in
        var parts = difference("share", share.effect, of: metric)
        parts["factors"] = factors(group.factors)
        parts["alone"] = share.alone.map { bare($0) }
        parts["last"] = share.last.map { bare($0) }
        return .object(parts)
      })
    return .object(parts)
  }

  private static func difference(
    _ name: String, _ interval: Interval, of metric: Attribution.Metric
  ) -> [String: JSON] {
    [
      name: .finite(Sample.rounded(interval.value)), "interval": ends(interval),
      "reading": .string(metric.reading(of: interval).rawValue),
    ]
  }

  private static func bare(_ interval: Interval) -> JSON {
    ["value": .finite(Sample.rounded(interval.value)), "interval": ends(interval)]
  }

  private static func ends(_ interval: Interval) -> JSON {
    .array([
      .finite(Sample.rounded(interval.low)), .finite(Sample.rounded(interval.high)),
    ])
  }

  private static func corner(_ corner: Attribution.Corner) -> JSON {
    var parts: [String: JSON] = [
      "from_b": factors(corner.fromB), "status": .string(corner.status.rawValue),
      "experiment": .string(corner.experiment), "ran": .integer(Int64(corner.ran)),
      "cached": .integer(Int64(corner.cached)),
      "seconds": .finite((corner.seconds * 1000).rounded() / 1000),
    ]
    parts["run"] = corner.run.map { .string($0) }
    parts["why"] = corner.why.map { .string($0) }
    return .object(parts)
  }
}
