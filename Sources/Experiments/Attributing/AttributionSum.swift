internal import Comparison
internal import Notebook
internal import Problems

/// Sums up what the combinations gave.
struct AttributionSum {
  let pair: RunPair
  let options: AttributionOptions
  /// Of each combination that has any, by the factors that come from the second run.
  let scores: [Set<Factor>: QuestionScores]
  let corners: [Attribution.Corner]

  var attribution: Attribution {
    get throws {
      let partition = partition
      let metrics = names.compactMap { metric($0, partition) }
      var notes = pair.notes
      if partition.groups.count < pair.partition.groups.count {
        let joined = partition.groups.filter { $0.count > 1 && !pair.partition.groups.contains($0) }
        for group in joined {
          notes.append("\(Attribution.Group.name(group)) cannot be told apart here")
        }
      }
      if let main = metrics.first(where: { $0.name == pair.metric }) {
        let count = Set(pair.a.scores.questions).union(pair.b.scores.questions).count
        if main.shares.questions < count {
          notes.append(
            "\(count - main.shares.questions) of \(count) questions are left out: not every "
              + "combination has a value for them, or something else is asked")
        }
      }
      if pair.split.factors.isEmpty { notes += equality }
      return Attribution(
        recipe: pair.a.recipe.recipe.name, a: pair.a.name, b: pair.b.name, step: pair.step,
        answerer: pair.answerer, metric: pair.metric,
        groups: partition.groups.map { factors in
          Attribution.Group(
            factors: factors, changes: pair.split.changes.filter { factors.contains($0.factor) })
        }, metrics: metrics, corners: corners, notes: notes, isSequential: options.isSequential)
    }
  }

  /// What to say of two runs that do not differ.
  private var equality: [String] {
    let old = pair.a.scores.values[pair.answerer]
    let same = old == pair.b.scores.values[pair.answerer]
    return [
      "nothing that `\(pair.step)` rests on differs between the two"
        + (same
          ? "" : ", and yet their scores do: larder diff \(pair.a.name) \(pair.b.name) says where")
    ]
  }

  /// The finest partition that can be computed for the metric that was asked for.
  private var partition: FactorPartition {
    guard !pair.partition.groups.isEmpty else { return pair.partition }
    return pair.partition.coarser.first { metric(pair.metric, $0) != nil } ?? pair.partition
  }

  private var names: [String] {
    guard !pair.partition.groups.isEmpty else { return [] }
    let old = pair.a.scores.metrics(of: pair.answerer)
    return old.filter { pair.b.scores.values[pair.answerer]?[$0] != nil }
  }

  /// The shares of a metric; nil where a combination or a common question is missing.
  private func metric(_ name: String, _ partition: FactorPartition) -> Attribution.Metric? {
    let order = options.order(of: partition)
    let combinations = partition.corners(order: order)
    var found: [Int: QuestionScores.Values] = [:]
    for (set, factors) in combinations {
      guard let values = scores[factors]?.values[pair.answerer]?[name] else { return nil }
      found[set] = values
    }
    let questions = pair.b.scores.questions.filter { id in
      found.values.allSatisfy { $0.byQuestion[id] != nil }
        && isSameQuestion(id, in: combinations.values)
    }
    let corners = found.mapValues { values in questions.compactMap { values.byQuestion[$0] } }
    let (first, second) = (pair.a.scores.bootstrap, pair.b.scores.bootstrap)
    let bootstrap = first == second ? first : Bootstrap()
    guard
      let shares = ShapleyShares(
        of: corners, changes: partition.groups.count, order: order, bootstrap: bootstrap),
      let a = corners[0], let b = corners[(1 << partition.groups.count) - 1]
    else { return nil }
    return Attribution.Metric(
      name: name, lowerIsBetter: MetricName.lowerIsBetter(name), a: Sample.mean(a),
      b: Sample.mean(b), shares: shares, confidence: bootstrap.confidence)
  }

  /// Whether the id stands for the same question everywhere.
  private func isSameQuestion(_ id: String, in combinations: some Sequence<Set<Factor>>) -> Bool {
    Set(combinations.compactMap { scores[$0]?.texts[id] }).count <= 1
  }
}
