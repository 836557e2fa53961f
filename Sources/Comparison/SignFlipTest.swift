/// The permutation test of paired differences: how often would signs drawn at random give a mean as
/// far from zero (Fisher 1935).
package struct SignFlipTest: Hashable, Sendable {
  /// Up to this many differences every combination of signs is tried; beyond it some are drawn.
  package static let exactLimit = 16

  package var flips: Int
  package var seed: Int64

  /// - Parameter flips: how many combinations are drawn where not all are tried.
  package init(flips: Int = 10_000, seed: Int64 = 0) {
    self.flips = flips
    self.seed = seed
  }

  /// The two-sided p-value of differences with no true mean.
  ///
  /// Drawn combinations count the observed one as well, so that p is never 0 (Phipson and Smyth
  /// 2010).
  ///
  /// - Returns: 1 for no differences.
  package func pValue(of differences: [Double]) -> Double {
    let count = differences.count
    if count == 0 { return 1 }
    let observed = abs(differences.reduce(0, +))
    // Sums of the same numbers in another order differ in their last bits.
    let limit = observed - 1e-12 * differences.reduce(0) { $0 + abs($1) }
    if count <= SignFlipTest.exactLimit {
      let combinations = 1 << count
      let extreme = (0..<combinations).count { signs in
        var sum = 0.0
        for (index, value) in differences.enumerated() {
          sum += signs >> index & 1 == 0 ? value : -value
        }
        return abs(sum) >= limit
      }
      return Double(extreme) / Double(combinations)
    }
    var generator = SplitMix64(seed: seed)
    var extreme = 1
    for _ in 0..<flips {
      var sum = 0.0
      var bits: UInt64 = 0
      for (index, value) in differences.enumerated() {
        if index % 64 == 0 { bits = generator.next() }
        sum += bits & 1 == 0 ? value : -value
        bits >>= 1
      }
      if abs(sum) >= limit { extreme += 1 }
    }
    return Double(extreme) / Double(flips + 1)
  }
}
