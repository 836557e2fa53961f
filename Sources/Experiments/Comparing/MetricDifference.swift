package import Comparison
internal import Glibc
package import Notebook

/// What one metric is in two runs, and what the difference means.
package struct MetricDifference: Hashable, Sendable {
  package typealias Answerer = QuestionScores.Answerer

  /// Fewer questions make most differences noise.
  package static let fewQuestions = 50

  /// Of B where it is there.
  package let step: StepID
  /// As in `f1`.
  package let name: String
  /// Whose answers; nil for a number that a cell of the user's own wrote.
  package let answerer: Answerer?
  /// Whether it is what the runs are compared by, and not the model before its training.
  package let isMain: Bool
  /// Means over the questions that both sides have; nil where there is none.
  package let a: Double?
  package let b: Double?
  /// The difference with its interval; nil where it has none.
  package let interval: Interval?
  package let reading: Reading?
  /// How many questions both sides have.
  package let pairs: Int
  package let onlyA: Int
  package let onlyB: Int
  /// Why it has no interval, or no value.
  package let note: String?

  package var delta: Double? {
    if let interval { return interval.value }
    guard let a, let b else { return nil }
    return b - a
  }

  /// About how large a difference has to be for the interval to leave zero out; nil without an
  /// interval.
  package var noise: Double? { interval.map { ($0.high - $0.low) / 2 } }
}

/// Compares the metrics of two runs.
struct MetricComparer {
  let a: [QuestionScores]
  let b: [QuestionScores]
  /// By the name in A, the name in B.
  let renamed: [StepID: StepID]

  /// The `score` steps of both sides that belong together: by name, and otherwise the only ones.
  var pairs: [(a: QuestionScores, b: QuestionScores)] {
    let named = b.compactMap { new in
      a.first { (renamed[$0.step] ?? $0.step) == new.step }.map { ($0, new) }
    }
    if named.isEmpty, a.count == 1, b.count == 1 { return [(a[0], b[0])] }
    return named
  }

  func all() -> [MetricDifference] { pairs.flatMap { MetricComparer.all($0.a, $0.b) } }

  /// Whose answers a side is judged by: the tuned model's where there is one.
  static func main(_ scores: QuestionScores) -> QuestionScores.Answerer? {
    scores.values[.tuned] != nil ? .tuned : scores.values[.base] != nil ? .base : nil
  }

  private static func all(_ a: QuestionScores, _ b: QuestionScores) -> [MetricDifference] {
    guard let mainA = main(a), let mainB = main(b) else { return [] }
    var found = all(a, mainA, b, mainB, isMain: true)
    let (baseA, baseB) = (a.values[.base], b.values[.base])
    if baseA != nil, baseB != nil, baseA != baseB, mainA == .tuned || mainB == .tuned {
      found += all(a, .base, b, .base, isMain: false)
    }
    return found
  }

  private static func all(
    _ a: QuestionScores, _ answererA: QuestionScores.Answerer, _ b: QuestionScores,
    _ answererB: QuestionScores.Answerer, isMain: Bool
  ) -> [MetricDifference] {
    let (old, new) = (a.values[answererA] ?? [:], b.values[answererB] ?? [:])
    // The same id, but something else is asked.
    let others = Set(
      b.texts.filter { id, text in a.texts[id].map { $0 != text } ?? false }.map(\.key))
    var found: [MetricDifference] = []
    for name in MetricName.ordered(Set(old.keys).union(new.keys)) {
      let metric = PairedMetric(
        name: name, old: old[name], new: new[name],
        questions: b.questions.filter { !others.contains($0) },
        bootstrap: a.bootstrap == b.bootstrap ? a.bootstrap : Bootstrap())
      var notes: [String] = []
      if answererA != answererB {
        notes.append("\(answererA.rawValue) in A, \(answererB.rawValue) in B")
      }
      if !others.isEmpty {
        notes.append("\(others.count) of the questions ask something else under the same id")
      }
      found += metric.differences(of: b.step, answererB, isMain: isMain, notes: notes)
    }
    return found
  }
}

/// One metric of both sides, paired by question.
private struct PairedMetric {
  let name: String
  let old: QuestionScores.Values?
  let new: QuestionScores.Values?
  let questions: [String]
  let bootstrap: Bootstrap

  /// The metric, and after a loss the perplexity.
  func differences(
    of step: StepID, _ answerer: QuestionScores.Answerer, isMain: Bool, notes: [String]
  ) -> [MetricDifference] {
    func make(
      _ name: String, _ a: Double?, _ b: Double?, _ interval: Interval?, _ pairs: Int,
      _ notes: [String]
    ) -> MetricDifference {
      MetricDifference(
        step: step, name: name, answerer: answerer, isMain: isMain, a: a, b: b,
        interval: interval,
        reading: interval.map {
          Reading(
            of: $0, pairs: pairs, confidence: bootstrap.confidence,
            lowerIsBetter: MetricName.lowerIsBetter(name))
        }, pairs: pairs, onlyA: onlyA, onlyB: onlyB,
        note: notes.isEmpty ? nil : notes.joined(separator: "; "))
    }
    guard let old, let new else {
      let side = old == nil ? "B" : "A"
      let values = Array((old ?? new)?.byQuestion.values ?? [:].values)
      let mean = values.isEmpty ? nil : Sample.mean(values.sorted())
      return [
        make(
          name, old == nil ? nil : mean, old == nil ? mean : nil, nil, 0,
          notes + ["only in \(side)"])
      ]
    }
    let objections = [old.objection.map { "A: \($0)" }, new.objection.map { "B: \($0)" }]
      .compactMap { $0 }
    guard objections.isEmpty else {
      return [
        make(
          name, nil, nil, nil, 0, notes + ["not comparable: \(objections.joined(separator: "; "))"])
      ]
    }
    let common = questions.filter { old.byQuestion[$0] != nil && new.byQuestion[$0] != nil }
    if common.isEmpty {
      let a = old.byQuestion.values.sorted()
      let b = new.byQuestion.values.sorted()
      guard !a.isEmpty, !b.isEmpty else { return [] }
      return [
        make(
          name, Sample.mean(a), Sample.mean(b), nil, 0,
          notes + ["no question in common, so there is no interval"])
      ]
    }
    let before = common.compactMap { old.byQuestion[$0] }
    let after = common.compactMap { new.byQuestion[$0] }
    var found = [
      make(
        name, Sample.mean(before), Sample.mean(after),
        bootstrap.meanDifference(from: before, to: after), common.count, notes)
    ]
    if name == "loss" {
      // Both are resampled at the same positions, so each resample is a paired one.
      let resampled = zip(bootstrap.means(of: before), bootstrap.means(of: after))
      let (a, b) = (exp(Sample.mean(before)), exp(Sample.mean(after)))
      found.append(
        make(
          "perplexity", a, b,
          bootstrap.interval(b - a, resampled.map { exp($1) - exp($0) }), common.count, notes))
    }
    return found
  }

  private var onlyA: Int { count(old, besides: new) }
  private var onlyB: Int { count(new, besides: old) }

  private func count(_ one: QuestionScores.Values?, besides other: QuestionScores.Values?) -> Int {
    guard let one, let other else { return 0 }
    return one.byQuestion.keys.count {
      other.byQuestion[$0] == nil && other.holes[$0] == nil
    }
  }
}

extension MetricDifference {
  /// What differs between the numbers that cells of the user's own wrote.
  static func plain(
    _ a: [PlainMetrics], _ b: [PlainMetrics], renamed: [StepID: StepID]
  ) -> [MetricDifference] {
    b.flatMap { new -> [MetricDifference] in
      guard
        let old = a.first(where: {
          (renamed[$0.step] ?? $0.step) == new.step && $0.output == new.output
        }), old.values != new.values || old.holes != new.holes || old.problem != new.problem
      else { return [] }
      let names = Set(old.values.keys).union(new.values.keys).union(old.holes.keys)
        .union(new.holes.keys)
      return MetricName.ordered(names).compactMap { name in
        let (x, y) = (old.values[name], new.values[name])
        if x == y, old.holes[name] == new.holes[name] { return nil }
        let why =
          [
            x == nil ? "A: \(old.problem ?? old.holes[name] ?? "missing")" : nil,
            y == nil ? "B: \(new.problem ?? new.holes[name] ?? "missing")" : nil,
          ].compactMap { $0 }
        return MetricDifference(
          step: new.step, name: name, answerer: nil, isMain: true, a: x, b: y, interval: nil,
          reading: nil, pairs: 0, onlyA: 0, onlyB: 0,
          note: why.isEmpty ? nil : "not comparable: \(why.joined(separator: "; "))")
      }
    }
  }
}
