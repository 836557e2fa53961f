internal import Comparison
internal import Notebook

/// Two experiments on the same questions.
struct Pairing {
  /// By question: what the second scored above the first. Empty where they cannot be paired.
  let differences: [Double]
  /// Why they cannot be paired.
  let objection: String?

  init(_ first: Experiment, _ second: Experiment, by measure: Experiment.Measure) {
    func values(_ experiment: Experiment) -> [String: Double]? {
      experiment.values[measure].flatMap { $0.isEmpty ? nil : $0 }
    }
    func refuse(_ why: String) -> ([Double], String?) { ([], why) }
    (differences, objection) = {
      guard let metric = second.metrics[measure] else { return refuse("no \(measure.name)") }
      guard let value = metric.value, value.isFinite else {
        return refuse(metric.objection ?? "no number")
      }
      guard let a = values(first), let b = values(second) else {
        return refuse("questions not told apart")
      }
      guard Set(a.keys) == Set(b.keys) else {
        let common = Set(a.keys).intersection(b.keys).count
        return refuse(
          common == 0 ? "other questions" : "other questions: \(common) of \(a.count) are the same")
      }
      let (asked, others) = (first.questions[measure.step], second.questions[measure.step])
      let changed = a.keys.filter { id in
        guard let one = asked?[id], let other = others?[id] else { return false }
        return one != other
      }
      guard changed.isEmpty else {
        return refuse("\(changed.count) of \(a.count) questions ask something else")
      }
      // In the order of the comparison of two runs, so that both say the same of the same two.
      let order = second.order[measure.step]?.filter { a[$0] != nil } ?? a.keys.sorted()
      return (order.map { (b[$0] ?? 0) - (a[$0] ?? 0) }, nil)
    }()
  }

  /// The mean of each pairing's differences with its interval; nil where there are none.
  ///
  /// Pairings of as many questions are resampled together: the positions are drawn once, and each
  /// interval is what `Bootstrap.mean` gives for it alone.
  static func intervals(_ pairings: [Pairing], _ bootstrap: Bootstrap) -> [Interval?] {
    var intervals = [Interval?](repeating: nil, count: pairings.count)
    let byCount = Dictionary(grouping: pairings.indices) { pairings[$0].differences.count }
    for (count, indices) in byCount where count > 0 {
      let lists = indices.map { pairings[$0].differences }
      for (index, found) in zip(indices, bootstrap.means(ofEach: lists)) {
        intervals[index] = found
      }
    }
    return intervals
  }
}
