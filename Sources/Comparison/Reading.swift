/// What a difference means, in one word.
package enum Reading: String, Hashable, Sendable {
  case better
  case worse
  case withinNoise = "within noise"

  /// Reads a paired difference.
  ///
  /// It is more than noise where the interval excludes zero, and there are enough pairs for the
  /// question to be decided at all: with n pairs no test of signs can give a p-value below
  /// 2 / 2ⁿ, so that 95 % need at least six.
  ///
  /// - Parameters:
  ///   - difference: new minus old.
  ///   - pairs: on how many questions it rests.
  ///   - confidence: that of the interval, as in 0.95.
  ///   - lowerIsBetter: as of a loss.
  package init(
    of difference: Interval, pairs: Int, confidence: Double = 0.95, lowerIsBetter: Bool = false
  ) {
    let leastP = pairs >= 60 ? 0 : 2 / Double(UInt64(1) << UInt64(max(0, pairs)))
    if !difference.excludesZero || leastP > 1 - confidence {
      self = .withinNoise
    } else {
      self = (difference.low > 0) != lowerIsBetter ? .better : .worse
    }
  }
}
