/// Percentile intervals by resampling with replacement (Efron and Tibshirani, *An Introduction to
/// the Bootstrap*, 1993, chapter 13).
///
/// They are too narrow on few values: of 1,500 simulated samples an interval at 95 % held the true mean
/// in 94–96 % for 100 values, 93–95 % for 44, 90–95 % for 20, 85–96 % for 10 and 80–85 % for 6 (normal,
/// exponential, and right or wrong).
package struct Bootstrap: Hashable, Sendable {
  package var resamples: Int
  /// As in 0.95.
  package var confidence: Double
  package var seed: Int64

  /// - Parameters:
  ///   - resamples: at least 1.
  ///   - confidence: above 0 and below 1.
  package init(resamples: Int = 2000, confidence: Double = 0.95, seed: Int64 = 0) {
    self.resamples = resamples
    self.confidence = confidence
    self.seed = seed
  }

  /// The mean of each resample. Lists of one length are resampled at the same positions, so that
  /// figures of the same questions stay paired.
  ///
  /// - Precondition: the list is not empty.
  package func means(of values: [Double]) -> [Double] {
    var generator = SplitMix64(seed: seed)
    let count = values.count
    return (0..<resamples).map { _ in
      var sum = 0.0
      for _ in 0..<count { sum += values[generator.below(count)] }
      return sum / Double(count)
    }
  }

  /// The mean with its interval.
  package func mean(of values: [Double]) -> Interval {
    interval(Sample.mean(values), means(of: values))
  }

  /// The mean of each list with its interval, as `mean(of:)` gives it for the list alone: the positions
  /// are drawn once for all.
  ///
  /// - Precondition: the lists have one length, above 0.
  package func means(ofEach lists: [[Double]]) -> [Interval] {
    guard let count = lists.first?.count else { return [] }
    precondition(lists.allSatisfy { $0.count == count }, "resampled lists have one length")
    var generator = SplitMix64(seed: seed)
    var positions = [Int](repeating: 0, count: count)
    var means = lists.map { _ in [Double](repeating: 0, count: resamples) }
    for resample in 0..<resamples {
      for place in 0..<count { positions[place] = generator.below(count) }
      for (index, values) in lists.enumerated() {
        var sum = 0.0
        for position in positions { sum += values[position] }
        means[index][resample] = sum / Double(count)
      }
    }
    return zip(lists, means).map { interval(Sample.mean($0), $1) }
  }

  /// The mean of `b - a` over the same questions, with its interval.
  ///
  /// - Precondition: both lists have one length, above 0.
  package func meanDifference(from a: [Double], to b: [Double]) -> Interval {
    precondition(a.count == b.count, "paired lists have one length")
    return mean(of: zip(a, b).map { $1 - $0 })
  }

  /// A figure with the interval that the same figure of the resamples gives.
  package func interval(_ value: Double, _ resampled: [Double]) -> Interval {
    let sorted = resampled.sorted()
    let tail = (1 - confidence) / 2
    return Interval(
      value: value, low: Sample.quantile(sorted, tail), high: Sample.quantile(sorted, 1 - tail))
  }
}
