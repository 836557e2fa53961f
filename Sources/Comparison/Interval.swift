/// A figure with the interval in which it lies at some confidence.
package struct Interval: Hashable, Sendable {
  package var value: Double
  package var low: Double
  package var high: Double

  package init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }

  /// Whether zero lies outside.
  package var excludesZero: Bool { low > 0 || high < 0 }

  /// Each figure after a function that keeps or turns their order.
  package func mapped(_ transform: (Double) -> Double) -> Interval {
    let ends = [transform(low), transform(high)]
    return Interval(
      value: transform(value), low: min(ends[0], ends[1]), high: max(ends[0], ends[1]))
  }
}
