/// What each of several changes is worth of the difference that they make together: its effect
/// averaged over all orders in which the changes can be made (Shapley, *A Value for n-Person Games*,
/// 1953). The shares add up to the whole difference.
///
/// The figures are of questions that every combination of changes answered, and shares are computed
/// for each question, so that resampling the questions gives paired intervals.
package struct ShapleyShares: Hashable, Sendable {
  package struct Share: Hashable, Sendable {
    /// The average effect over all orders; of one order where only that was asked for.
    package let effect: Interval
    /// The effect of this change alone; nil where that was not tried.
    package let alone: Interval?
    /// The effect of this change when all others are made; nil where that was not tried.
    package let last: Interval?
  }

  /// All changes against none.
  package let total: Interval
  /// One for each change, in order.
  package let shares: [Share]
  /// What the changes do together beyond the sum of what each does alone; nil where that was not
  /// tried, and for one change.
  package let interaction: Interval?
  package let questions: Int

  /// - Parameters:
  ///   - corners: the values of each combination, by the set of its changes: bit i stands for
  ///     change i. All lists are of the same questions in one order.
  ///   - changes: how many there are, at least 1.
  ///   - order: the one order of changes to go by; nil for the average over all.
  /// - Returns: nil where a combination is missing, or the lists are empty or of different lengths.
  package init?(
    of corners: [Int: [Double]], changes: Int, order: [Int]? = nil, bootstrap: Bootstrap
  ) {
    let all = (1 << changes) - 1
    guard changes > 0, let none = corners[0], let whole = corners[all], !none.isEmpty,
      corners.values.allSatisfy({ $0.count == none.count })
    else { return nil }
    func difference(_ set: Int, _ other: Int) -> [Double]? {
      guard let new = corners[set], let old = corners[other] else { return nil }
      return zip(old, new).map { $1 - $0 }
    }
    func interval(_ values: [Double]?) -> Interval? { values.map { bootstrap.mean(of: $0) } }

    var shares: [Share] = []
    var sumOfAlone: [Double]? = Array(repeating: 0, count: none.count)
    for change in 0..<changes {
      var effect = [Double](repeating: 0, count: none.count)
      for (set, weight) in ShapleyShares.steps(of: change, among: changes, order) {
        guard let step = difference(set | 1 << change, set) else { return nil }
        for index in effect.indices { effect[index] += weight * step[index] }
      }
      let alone = difference(1 << change, 0)
      sumOfAlone = sumOfAlone.flatMap { sum in alone.map { zip(sum, $0).map { $0 + $1 } } }
      shares.append(
        Share(
          effect: bootstrap.mean(of: effect), alone: interval(alone),
          last: interval(difference(all, all & ~(1 << change)))))
    }
    self.shares = shares
    let differences = zip(none, whole).map { $1 - $0 }
    total = bootstrap.mean(of: differences)
    interaction =
      changes > 1 ? interval(sumOfAlone.map { zip(differences, $0).map { $0 - $1 } }) : nil
    questions = none.count
  }

  /// The combinations that a change is added to, with the share of orders in which it is.
  private static func steps(
    of change: Int, among changes: Int, _ order: [Int]?
  ) -> [(set: Int, weight: Double)] {
    if let order {
      return [(order.prefix { $0 != change }.reduce(0) { $0 | 1 << $1 }, 1)]
    }
    return (0..<1 << changes).filter { $0 >> change & 1 == 0 }.map { set in
      // s!(n − s − 1)! / n! of all orders begin with just these s changes.
      let before = set.nonzeroBitCount
      var weight = 1 / Double(changes)
      for index in 0..<before { weight *= Double(index + 1) / Double(changes - 1 - index) }
      return (set, weight)
    }
  }

  /// The combinations that are needed to go by all orders, or by one.
  package static func corners(changes: Int, order: [Int]? = nil) -> Set<Int> {
    guard let order else { return Set(0..<1 << changes) }
    return Set((0...changes).map { order.prefix($0).reduce(0) { $0 | 1 << $1 } })
  }
}
