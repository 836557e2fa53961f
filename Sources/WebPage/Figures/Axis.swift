internal import Glibc
internal import Reporting

/// One axis of a figure: which number stands where, and the round numbers that are written on it.
struct Axis {
  let low: Double
  let high: Double
  let isLogarithmic: Bool
  /// Where the two ends are drawn, in pixels; a vertical axis has its `start` below.
  let start: Double
  let end: Double
  private let step: Double

  /// - Parameters:
  ///   - values: what must fit on it; those that are not finite are left out.
  ///   - isLogarithmic: taken only where all values are above zero.
  ///   - includesZero: whether the axis begins at, or runs through, zero.
  ///   - count: about how many numbers are written on it.
  init(
    _ values: some Sequence<Double>, from start: Double, to end: Double,
    isLogarithmic: Bool = false, includesZero: Bool = false, count: Int = 5
  ) {
    var finite = values.filter { $0.isFinite && abs($0) < 1e300 }
    if includesZero { finite.append(0) }
    var low = finite.min() ?? 0
    var high = finite.max() ?? 1
    self.start = start
    self.end = end
    if isLogarithmic, low > 0 {
      self.isLogarithmic = true
      step = 0
      self.low = low == high ? low / 2 : low
      self.high = low == high ? high * 2 : high
      return
    }
    self.isLogarithmic = false
    if low == high {
      let margin = low == 0 ? 1 : abs(low) / 2
      if includesZero, low == 0 { high = 1 } else { (low, high) = (low - margin, high + margin) }
    }
    step = Axis.niceStep((high - low) / Double(max(1, count)))
    self.low = (low / step).rounded(.down) * step
    self.high = (high / step).rounded(.up) * step
  }

  /// The nearest 1, 2 or 5 times a power of ten that is not smaller.
  private static func niceStep(_ rough: Double) -> Double {
    guard rough > 0, rough.isFinite else { return 1 }
    var power = 1.0
    while power * 10 <= rough { power *= 10 }
    while power > rough { power /= 10 }
    for factor in [1.0, 2, 5] where factor * power >= rough * 0.999 { return factor * power }
    return 10 * power
  }

  /// Where a number stands, in pixels.
  func place(_ value: Double) -> Double {
    guard high > low else { return start }
    let share =
      isLogarithmic
      ? (log(max(value, low)) - log(low)) / (log(high) - log(low))
      : (value - low) / (high - low)
    return start + max(-0.02, min(1.02, share)) * (end - start)
  }

  private func log(_ value: Double) -> Double { Glibc.log(value) }

  /// The numbers that are written on it.
  var ticks: [(value: Double, label: String)] {
    if isLogarithmic { return logarithmicTicks }
    var ticks: [(Double, String)] = []
    let digits = Axis.digits(for: step)
    let first = (low / step).rounded()
    for index in 0...40 {
      let value = (first + Double(index)) * step
      if value > high + step / 2 { break }
      ticks.append((value, Axis.label(value, digits)))
    }
    return ticks
  }

  private var logarithmicTicks: [(value: Double, label: String)] {
    var power = 1.0
    while power > low, power > 1e-300 { power /= 10 }
    while power * 10 <= low { power *= 10 }
    let decades = (log(high) - log(low)) / log(10)
    let factors: [Double] = decades < 1.2 ? [1, 2, 3, 5, 7] : decades < 3 ? [1, 2, 5] : [1]
    var ticks: [(Double, String)] = []
    while power <= high, ticks.count < 40 {
      for factor in factors where power * factor >= low && power * factor <= high {
        ticks.append((power * factor, Axis.label(power * factor, Axis.digits(for: power))))
      }
      power *= 10
    }
    return ticks
  }

  private static func digits(for step: Double) -> Int {
    var digits = 0
    var rest = step
    while digits < 9, abs(rest - rest.rounded()) > 1e-6 * max(1, abs(rest)) || rest < 0.999 {
      rest *= 10
      digits += 1
    }
    return digits
  }

  private static func label(_ value: Double, _ digits: Int) -> String {
    if abs(value) >= 1e6 || digits > 6 { return Words.number(value, digits: 3) }
    return Words.fixed(value, digits)
  }
}
