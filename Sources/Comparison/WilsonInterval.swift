/// The score interval of a proportion (Wilson, *Probable inference, the law of succession, and
/// statistical inference*, 1927, equation 1), without continuity correction:
///
///     (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)
///
/// Unlike p ± z·SE it stays within 0 and 1, and has a width at 0 and at 1.
package enum WilsonInterval {
  /// The standard normal quantile of 97.5 %, for an interval at 95 %.
  package static let z = 1.959963984540054

  /// - Parameters:
  ///   - proportion: 0–1; a mean of numbers within 0–1 is taken for one, which can only be too
  ///     wide, since no such numbers vary more than zeros and ones of the same mean do.
  ///   - count: on how many trials it rests, above 0; it need not be whole.
  package static func of(_ proportion: Double, count: Double) -> Interval {
    precondition((0...1).contains(proportion) && count > 0, "a proportion of some trials")
    let square = z * z
    let scale = 1 + square / count
    let centre = proportion + square / (2 * count)
    let half =
      z
      * (proportion * (1 - proportion) / count + square / (4 * count * count)).squareRoot()
    // Rounding must not push an end past the figure itself, as at 0 and at 1.
    return Interval(
      value: proportion, low: min(proportion, max(0, (centre - half) / scale)),
      high: max(proportion, min(1, (centre + half) / scale)))
  }
}
