internal import Comparison
package import Documents
package import Experiments
internal import History
internal import Notebook

/// The document of `larder table --json`.
package enum ExperimentJSON {
  package static func document(_ tables: [ExperimentTable]) -> JSON {
    ["tables": .array(tables.map(object))]
  }

  private static func object(_ table: ExperimentTable) -> JSON {
    [
      "recipe": table.recipe.map { .string($0) } ?? .null,
      "ranked_by": table.main.map { .string(table.names.name($0)) } ?? .null,
      "lower_is_better": table.main.map { .bool(MetricName.lowerIsBetter($0.name)) } ?? .null,
      "parameters": .array(table.parameters.map { .string($0) }),
      "metrics": .array(table.measures.map { .string(table.names.name($0)) }),
      "experiments": .array(table.rows.map { object($0, table) }),
      "without_success": .array(table.failed.map { .string($0.description) }),
      "winners_curse": table.curse.map(object) ?? .null,
    ]
  }

  private static func object(_ row: ExperimentTable.Row, _ table: ExperimentTable) -> JSON {
    let experiment = row.experiment
    let run = experiment.run
    let standing = standing(row)
    return [
      "experiment": .string(run.branch.experiment), "branch": .string(run.branch.description),
      "run": .string(String(run.id.hex.prefix(8))), "commit": .string(run.id.hex),
      "status": .string(run.status.rawValue), "time": table.value(of: .time, row),
      "seconds": experiment.seconds.map { .finite($0) } ?? .null,
      "note": run.note.map { .string($0) } ?? .null,
      "submissions": .array(experiment.submissions.map { .string($0.name) }),
      "leaderboard": experiment.leaderboardScore.map { .finite($0) } ?? .null,
      "parameters": .object(
        Dictionary(
          table.parameters.map { ($0, experiment.parameter($0) ?? .null) },
          uniquingKeysWith: { first, _ in first })),
      "cells": row.cells.map { .array($0.map { .string($0) }) } ?? .null,
      "metrics": .object(
        Dictionary(
          table.measures.compactMap { measure in
            experiment.metrics[measure].map { (table.names.name(measure), object($0)) }
          }, uniquingKeysWith: { first, _ in first })),
      "standing": standing.word, "to_best": standing.interval.map(object) ?? .null,
      "why": standing.why.map { .string($0) } ?? .null,
      "problems": .array(experiment.problems.map { .string($0) }),
    ]
  }

  /// How an experiment stands to the best, in a word, with the difference or what hinders it.
  static func standing(
    _ row: ExperimentTable.Row
  ) -> (word: JSON, interval: Interval?, why: String?) {
    switch row.standing {
    case .best?: ("best", nil, nil)
    case .tied(let interval)?: ("within noise", interval, nil)
    case .behind(let interval)?: ("worse", interval, nil)
    case .unpaired(let why)?: ("not comparable", nil, why)
    case nil: (.null, nil, nil)
    }
  }

  private static func object(_ metric: Experiment.Metric) -> JSON {
    [
      "value": metric.value.map { .finite($0) } ?? .null,
      "interval": metric.interval.map { [.finite($0.low), .finite($0.high)] } ?? .null,
      "questions": .integer(Int64(metric.questions)),
      "objection": metric.objection.map { .string($0) } ?? .null,
    ]
  }

  private static func object(_ interval: Interval) -> JSON {
    [
      "value": .finite(interval.value),
      "interval": [.finite(interval.low), .finite(interval.high)],
    ]
  }

  private static func object(_ curse: WinnersCurse) -> JSON {
    [
      "experiments": .integer(Int64(curse.count)),
      "questions": curse.questions.map { .integer(Int64($0)) } ?? .null,
      "lead": .finite(curse.lead), "expected_lead": .finite(curse.expectedLead),
      "lead_over_second": .finite(curse.leadOverSecond),
      "expected_lead_over_second": .finite(curse.expectedLeadOverSecond),
      "p_value": .finite(curse.pValue), "score": .finite(curse.score),
      "corrected": curse.corrected.map { .finite($0) } ?? .null,
      "warning": .array(curse.lines.map { .string($0) }),
    ]
  }
}
