internal import Comparison
internal import Digests
package import Documents
package import Experiments
internal import History
internal import Notebook
internal import Rows
internal import Running
internal import Store

/// What differs between two runs, as `larder diff --json` says it.
package enum DiffJSON {
  /// The one document.
  ///
  /// - Parameter lists: how many changed rows, examples and tensors at most; nil for all.
  package static func document(_ comparison: RunComparison) -> JSON {
    [
      "sentence": .string(comparison.sentence),
      "warning": comparison.warning.map { .string($0) } ?? .null,
      "a": side(comparison.a), "b": side(comparison.b),
      "recipe": [
        "cells": .array(comparison.cells.map(cell)),
        "prose": .array(comparison.prose.map { .string($0) }),
      ],
      "parameters": .array(comparison.parameters.map(parameter)),
      "environment": environment(comparison.environment),
      "sources": .array(comparison.sources.map(source)),
      "licences": [
        "added": .array(comparison.licences.added.map { .string($0) }),
        "removed": .array(comparison.licences.removed.map { .string($0) }),
      ],
      "steps": .array(comparison.steps.map(step)), "same_steps": number(comparison.sameSteps),
      "rows": .array(comparison.rows.map(rows)),
      "metrics": .array(comparison.metrics.map(metric)),
      "answers": .array(comparison.answers.map(answers)),
      "examples": .array(comparison.answers.flatMap(\.examples).map(example)),
      "weights": .array(comparison.weights.map(weights)),
      "losses": .array(comparison.curves.map { losses($0.a, $0.b) }),
      "problems": .array(comparison.problems.map { .string($0) }),
    ]
  }

  private static func number(_ value: Int) -> JSON { .integer(Int64(value)) }

  private static func figure(_ value: Double?) -> JSON {
    value.map { .finite(Sample.rounded($0)) } ?? .null
  }

  private static func side(_ side: ComparedSide) -> JSON {
    guard let run = side.run?.record.run else {
      return ["name": .string(side.name), "recipe": .string(side.recipe), "run": .null]
    }
    return [
      "name": .string(side.name), "recipe": .string(side.recipe),
      "run": .string(String(run.id.hex.prefix(8))), "commit": .string(run.id.hex),
      "branch": .string(run.branch.description), "status": .string(run.status.rawValue),
      "unfinished": .array(
        side.unfinished.map {
          ["step": .string($0.step.text), "status": .string($0.status)]
        }),
    ]
  }

  private static func cell(_ cell: CellDifference) -> JSON {
    [
      "cell": .string(cell.cell), "status": .string(cell.kind.rawValue),
      "was": cell.was.map { .string($0) } ?? .null, "language": .string(cell.language),
      "effect": .string(cell.effect.rawValue),
      "difference": cell.kind == .changed ? RowDifferenceJSON.text(cell.lines) : .null,
    ]
  }

  private static func parameter(_ parameter: ParameterDifference) -> JSON {
    var document: [String: JSON] = ["name": .string(parameter.name)]
    document["a"] = parameter.a
    document["b"] = parameter.b
    return .object(document)
  }

  private static func environment(_ environment: RunComparison.Surroundings) -> JSON {
    [
      "packages": .array(
        environment.packages.flatMap { packages in
          packages.changes.map { change in
            [
              "package": .string(change.package), "a": change.a.map { .string($0) } ?? .null,
              "b": change.b.map { .string($0) } ?? .null,
              "steps": .array(packages.steps.map { .string($0.text) }),
            ]
          }
        }), "larder": environment.larder.map(parameter) ?? .null,
      "machine": environment.machine.map(parameter) ?? .null,
    ]
  }

  private static func source(_ source: SourceDifference) -> JSON {
    func pin(_ pin: Lock.Source?) -> JSON {
      guard let pin else { return .null }
      return [
        "request": pin.request, "revision": pin.revision.map { .string($0) } ?? .null,
        "sha256": .digest(pin.sha256), "size": .integer(pin.size),
        "licence": pin.licence.map { .string($0) } ?? .null,
      ]
    }
    return ["source": .string(source.source), "a": pin(source.a), "b": pin(source.b)]
  }

  private static func step(_ step: StepDifference) -> JSON {
    [
      "step": .string(step.step.text), "status": .string(step.status.rawValue),
      "was": step.was.map { .string($0.text) } ?? .null,
      "because": .array(step.because.map { .string($0) }),
      "same_result": .bool(step.hasSameResult),
      "outputs": .object(
        step.outputs.mapValues { ["a": $0.a?.record ?? .null, "b": $0.b?.record ?? .null] }),
    ]
  }

  private static func rows(_ rows: RowSetDifference) -> JSON {
    let counts = rows.counts
    func count(_ value: Int?) -> JSON { value.map(number) ?? .null }
    return [
      "step": rows.step.map { .string($0.text) } ?? .null, "output": .string(rows.output),
      "added": count(counts?.added), "removed": count(counts?.removed),
      "changed": count(counts?.changed), "moved": count(counts?.moved),
      "same": count(counts?.same), "old": count(counts?.old), "new": count(counts?.new),
      "reformatted": count(counts?.reformatted), "by": .string(rows.matching),
      "training": .bool(rows.isTraining), "follows": .array(rows.follows.map { .string($0) }),
      "problem": rows.problem.map { .string($0) } ?? .null,
      "changes": .array(rows.changes.map { RowDifferenceJSON.change($0.place, $0.content) }),
    ]
  }

  private static func metric(_ metric: MetricDifference) -> JSON {
    [
      "name": .string(metric.name), "step": .string(metric.step.text),
      "answerer": metric.answerer.map { .string($0.rawValue) } ?? .null,
      "main": .bool(metric.isMain), "a": figure(metric.a), "b": figure(metric.b),
      "delta": figure(metric.delta),
      "interval": metric.interval.map { [figure($0.low), figure($0.high)] } ?? .null,
      "reading": metric.reading.map { .string($0.rawValue) } ?? .null,
      "pairs": number(metric.pairs), "only_a": number(metric.onlyA),
      "only_b": number(metric.onlyB), "note": metric.note.map { .string($0) } ?? .null,
    ]
  }

  private static func answers(_ answers: AnswerComparison) -> JSON {
    [
      "step": .string(answers.step.text), "changed": number(answers.changed),
      "same": number(answers.same), "only_a": number(answers.onlyA),
      "only_b": number(answers.onlyB),
    ]
  }

  private static func example(_ example: AnswerDifference) -> JSON {
    [
      "question": .string(example.question), "id": .string(example.id),
      "step": .string(example.step.text), "answerer": .string(example.answerer.rawValue),
      "reference": example.reference.map { .string($0) } ?? .null, "a": .string(example.a),
      "b": .string(example.b), "delta": figure(example.delta),
      "metric": example.metric.map { .string($0) } ?? .null,
      "rows": .array(
        example.rows.map { row in
          [
            "id": row.id.map { .string($0) } ?? .null, "status": .string(row.kind.rawValue),
            "similarity": figure(row.similarity), "a": row.a.map { .string($0) } ?? .null,
            "b": row.b.map { .string($0) } ?? .null,
          ]
        }),
    ]
  }

  private static func weights(_ difference: WeightDifference) -> JSON {
    func tensor(_ tensor: WeightComparison.Tensor) -> JSON {
      [
        "name": .string(tensor.name), "change": figure(tensor.relativeChange),
        "cosine": figure(tensor.cosine), "not_finite": .integer(tensor.holes),
        "status": .string(status(tensor.change)),
      ]
    }
    return [
      "step": .string(difference.step.text), "output": .string(difference.output),
      "path": difference.path.map { .string($0) } ?? .null,
      "problem": difference.problem.map { .string($0) } ?? .null,
      "overall": difference.comparison.map { tensor($0.overall) } ?? .null,
      "product": difference.comparison?.product.map(tensor) ?? .null,
      "tensors": .array((difference.comparison?.tensors ?? []).map(tensor)),
      "products": .array((difference.comparison?.products ?? []).map(tensor)),
    ]
  }

  private static func status(_ change: WeightComparison.Change) -> String {
    switch change {
    case .same: "same"
    case .values: "changed"
    case .added: "added"
    case .removed: "removed"
    case .shape: "other shape"
    case .unknownType: "unknown type"
    }
  }

  private static func losses(_ a: LossCurve, _ b: LossCurve) -> JSON {
    func points(_ curve: LossCurve) -> JSON {
      .array(
        curve.points.map { point in
          [
            "epoch": figure(point.epoch), "step": point.step.map { .integer($0) } ?? .null,
            "train": figure(point.training), "validation": figure(point.validation),
          ]
        })
    }
    return ["step": .string(b.step.text), "a": points(a), "b": points(b)]
  }
}
