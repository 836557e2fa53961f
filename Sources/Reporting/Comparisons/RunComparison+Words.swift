package import Comparison
internal import Digests
internal import Documents
package import Experiments
internal import Foundation
internal import History
internal import Notebook
internal import Rows
internal import Running
internal import Store

/// The words that text and page share.
extension ComparedSide {
  /// As in `run a53b9022, succeeded, 2026-11-25T13:30:59Z`, or `recipe`.
  package var description: String {
    guard let run = run?.record.run else { return "the recipe, without a run" }
    var parts = ["run \(run.id.short)"]
    if run.branch.description != name, "\(run.branch.recipe)/main" != "\(name)/main" {
      parts.append(run.branch.description)
    }
    parts.append(run.status.rawValue)
    parts.append(Date(timeIntervalSince1970: Double(run.time)).formatted(.iso8601))
    if let note = run.note { parts.append(MarkedText.visible(note)) }
    return parts.joined(separator: ", ")
  }
}

extension ParameterDifference {
  package var was: String { a.map { MarkedText.visible($0.canonicalText) } ?? "none" }
  package var now: String { b.map { MarkedText.visible($0.canonicalText) } ?? "none" }
}

extension CellDifference {
  /// As in `corrections (jsonl) changed: 1 line removed, 2 added`.
  package var heading: String {
    let name = language.isEmpty ? cell : "\(cell) (\(language))"
    switch kind {
    case .added: return "\(name) is new"
    case .removed: return "\(name) is gone"
    case .renamed: return "\(name) was called \(was ?? "")"
    case .changed:
      let found = lines
      let counts = "\(Words.count(found.removed, "line")) removed, \(found.added) added"
      return switch effect {
      case .work: "\(name): \(counts)"
      case .parameters: "\(name): only parameters, \(counts)"
      case .none: "\(name): no step is changed by it, \(counts)"
      }
    }
  }
}

extension RunComparison.Surroundings {
  package var texts: [String] {
    packages.map { packages in
      "\(packages.steps.map(\.text).joined(separator: ", ")): "
        + packages.changes.map(\.text).joined(separator: "; ")
    }
      + [larder, machine].compactMap { $0 }.map {
        "\($0.name) was \($0.a?.string ?? ""), is \($0.b?.string ?? "")"
      }
  }
}

extension LicenceDifference {
  package var texts: [String] {
    (added.isEmpty ? [] : ["licences that A has not: \(added.joined(separator: ", "))"])
      + (removed.isEmpty ? [] : ["licences that B has not: \(removed.joined(separator: ", "))"])
  }
}

extension RunComparison {
  /// What is to be known of the metrics, each thing once.
  package var metricRemarks: [String] {
    let names = MetricNames(metrics)
    var remarks: [String] = []
    let compared = metrics.filter { $0.pairs > 0 }
    for step in Set(compared.map(\.step)).sorted() {
      guard let first = compared.first(where: { $0.step == step }) else { continue }
      var text = "paired over \(Words.count(first.pairs, "question"))"
      if Set(compared.map(\.step)).count > 1 { text = "\(step): \(text)" }
      if first.onlyA + first.onlyB > 0 {
        text += "; \(first.onlyA) only in A and \(first.onlyB) only in B are left out"
      }
      remarks.append(text)
    }
    let noted = Dictionary(grouping: metrics.filter { $0.note != nil }) { $0.note ?? "" }
    for (note, metrics) in noted.sorted(by: { $0.key < $1.key }) {
      remarks.append("\(metrics.map(names.name).joined(separator: ", ")): \(note)")
    }
    if metrics.contains(where: { $0.answerer == nil && $0.delta != nil }) {
      remarks.append("a number that a cell wrote has no questions, and so no interval")
    }
    return remarks
  }
}

extension RowSetDifference {
  /// The counts in words.
  package var summary: String {
    guard let counts else {
      return "not compared: \(problem ?? "unknown"); \(Words.bytes(a.size)) \(a.digest.short), "
        + "now \(Words.bytes(b.size)) \(b.digest.short)"
    }
    var parts: [String] = []
    for (count, what) in [
      (counts.changed, "changed"), (counts.added, "added"), (counts.removed, "removed"),
      (counts.moved, "moved"),
    ] where count > 0 { parts.append("\(count) \(what)") }
    let total =
      counts.old == counts.new
      ? "of \(Words.count(counts.new, "row"))"
      : "\(Words.count(counts.new, "row")), were \(counts.old)"
    var text =
      parts.isEmpty
      ? "the same \(Words.count(counts.new, "row")), written differently"
      : "\(parts.joined(separator: ", ")) \(counts.old == counts.new ? total : "(\(total))")"
    if isTraining { text += ", trained on" }
    if !follows.isEmpty { text += ", from \(follows.joined(separator: ", "))" }
    return text
  }
}

extension AnswerComparison {
  package var summary: String {
    if let problem { return problem }
    var text = "\(changed) of \(Words.count(changed + same, "answer")) changed"
    if onlyA + onlyB > 0 { text += "; \(onlyA) only in A, \(onlyB) only in B" }
    return text
  }
}

extension AnswerDifference {
  /// As in `id-population-1, tuned: f1 0.900 → 0.550 (-0.350)`.
  package var worth: String {
    let who = "\(MarkedText.visible(id)), \(answerer.rawValue)"
    guard let metric, let valueA, let valueB, let delta else { return who }
    return "\(who): \(metric) \(Words.fixed(valueA, 3)) → \(Words.fixed(valueB, 3)) "
      + "(\(Words.signed(delta)))"
  }
}

extension AnswerDifference.NearRow {
  /// As in `id-capital changed, 0.42 of the words in common`.
  package var heading: String {
    "\(id.map { MarkedText.visible($0.excerpt(40)) } ?? "a row") \(kind.rawValue), "
      + "\(Words.fixed(similarity, 2)) of the words in common"
  }
}

extension WeightComparison {
  /// The tensors that moved, the farthest first.
  package var largest: [Tensor] {
    tensors.filter { $0.change == .values }.sorted {
      ($1.relativeChange ?? 0, $0.name) < ($0.relativeChange ?? 0, $1.name)
    }
  }

  package var summary: String {
    var parts: [String] = []
    let moved = tensors.count { $0.change == .values }
    parts.append("\(moved) of \(Words.count(tensors.count, "tensor")) moved")
    if let change = overall.relativeChange {
      parts.append(
        "over all ‖B−A‖/‖A‖ \(Words.fixed(change, 3)), cosine \(overall.cosineText)")
    }
    if let product {
      parts.append(
        "of the products B·A that act in the model \(product.relativeText), cosine "
          + product.cosineText)
    }
    for (what, change) in [("new", Change.added), ("gone", Change.removed)] {
      let count = tensors.count { $0.change == change }
      if count > 0 { parts.append("\(count) \(what)") }
    }
    let others = tensors.count {
      if case .shape = $0.change {
        true
      } else if case .unknownType = $0.change {
        true
      } else {
        false
      }
    }
    if others > 0 { parts.append("\(others) of another shape or type not compared") }
    if overall.holes > 0 { parts.append("\(overall.holes) values are not finite and left out") }
    return parts.joined(separator: "; ")
  }
}

extension WeightComparison.Tensor {
  package var relativeText: String { relativeChange.map { Words.fixed($0, 3) } ?? "n/a" }
  package var cosineText: String { cosine.map { Words.fixed($0, 3) } ?? "n/a" }
}

/// The losses of two trainings, epoch by epoch.
package struct LossTable {
  package struct Row: Hashable {
    package var place: Double
    package var trainingA: Double?
    package var trainingB: Double?
    package var validationA: Double?
    package var validationB: Double?
  }

  package let rows: [Row]

  package init(_ a: LossCurve, _ b: LossCurve) {
    let byStep = a.isByStep || b.isByStep
    var rows: [Double: Row] = [:]
    for (curve, isA) in [(a, true), (b, false)] {
      let epochs = curve.points.filter(\.isEpoch)
      for point in epochs.isEmpty ? curve.points : epochs {
        guard let place = point.place(byStep: byStep) else { continue }
        var row = rows[place] ?? Row(place: place)
        if isA {
          row.trainingA = point.training ?? row.trainingA
          row.validationA = point.validation ?? row.validationA
        } else {
          row.trainingB = point.training ?? row.trainingB
          row.validationB = point.validation ?? row.validationB
        }
        rows[place] = row
      }
    }
    let sorted = rows.values.sorted { $0.place < $1.place }
    // A log without epochs has a line a step: enough of them to see the shape.
    let stride = max(1, (sorted.count + 19) / 20)
    self.rows = sorted.enumerated().filter { index, _ in
      index % stride == 0 || index == sorted.count - 1
    }.map(\.element)
  }
}
