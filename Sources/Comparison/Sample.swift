/// Plain figures of a list of numbers.
package enum Sample {
  /// The mean, by summation in order with Neumaier's correction, so that the result depends on the
  /// numbers and not on how many small ones meet a large one.
  ///
  /// - Precondition: the list is not empty.
  package static func mean(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "an empty list has no mean")
    var sum = 0.0
    var correction = 0.0
    for value in values {
      let next = sum + value
      correction += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
      sum = next
    }
    return (sum + correction) / Double(values.count)
  }

  /// The quantile of sorted numbers by linear interpolation (type 7 of Hyndman and Fan 1996, the
  /// default of R and NumPy).
  ///
  /// - Parameters:
  ///   - sorted: in ascending order, not empty.
  ///   - share: from 0 to 1.
  package static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let position = share * Double(sorted.count - 1)
    let below = Int(position.rounded(.down))
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
  }

  /// A number with at most six digits after the decimal point, as reports write it.
  package static func rounded(_ value: Double) -> Double {
    let scaled = (value * 1_000_000).rounded(.toNearestOrEven) / 1_000_000
    return scaled == 0 ? 0 : scaled
  }
}
