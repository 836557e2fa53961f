import Comparison
import Testing

/// Reference figures are SciPy 1.17's and NumPy 2.4's.
@Suite struct StatisticsTests {
  struct BootstrapCase: Sendable {
    var values: [Double]
    var confidence: Double
    var low: Double
    var high: Double
  }

  static let scores: [Double] = [0.25, 0.5, 0.75, 1, 0, 0.5, 0.25, 0.75, 0.5, 1, 0.125, 0.375]
  static let skewed: [Double] = [3, 1.5, 2.25, 8, 0.5, 4, 2.5]

  /// `scipy.stats.bootstrap(method='percentile', n_resamples=400000)`.
  @Test(arguments: [
    BootstrapCase(values: scores, confidence: 0.95, low: 0.3229, high: 0.6771),
    BootstrapCase(values: scores, confidence: 0.8, low: 0.3854, high: 0.6146),
    BootstrapCase(values: skewed, confidence: 0.95, low: 1.6786, high: 4.9286),
    BootstrapCase(values: skewed, confidence: 0.8, low: 2.0714, high: 4.25),
  ])
  func bootstrapIntervals(_ known: BootstrapCase) {
    let interval = Bootstrap(resamples: 20_000, confidence: known.confidence, seed: 1)
      .mean(of: known.values)
    let width = known.high - known.low
    #expect(abs(interval.low - known.low) < 0.04 * width)
    #expect(abs(interval.high - known.high) < 0.04 * width)
    #expect(interval.value == Sample.mean(known.values))
  }

  @Test func bootstrapDependsOnTheSeedAlone() {
    let one = Bootstrap(seed: 3).mean(of: Self.scores)
    #expect(one == Bootstrap(seed: 3).mean(of: Self.scores))
    #expect(one != Bootstrap(seed: 4).mean(of: Self.scores))
    let sums: [Double] = [5.75, 7.625, 6.125, 4.0, 4.5]
    #expect(Bootstrap(resamples: 5, seed: 3).means(of: Self.scores) == sums.map { $0 / 12 })
  }

  @Test func aConstantHasNoWidth() {
    let interval = Bootstrap().mean(of: [0.5, 0.5, 0.5])
    #expect(interval == Interval(value: 0.5, low: 0.5, high: 0.5))
  }

  @Test func pairedDifferencesAreResampledTogether() {
    let before = Self.scores
    let after = before.map { $0 + 0.25 }
    let difference = Bootstrap(seed: 2).meanDifference(from: before, to: after)
    #expect(difference == Interval(value: 0.25, low: 0.25, high: 0.25))
    let bootstrap = Bootstrap(resamples: 50, seed: 2)
    let shifts = zip(bootstrap.means(of: before), bootstrap.means(of: after)).map { $1 - $0 }
    #expect(shifts.allSatisfy { abs($0 - 0.25) < 1e-12 })
  }

  /// `numpy.quantile`.
  @Test(arguments: [
    (0.0, 0.5), (0.025, 0.65), (0.25, 1.875), (0.5, 2.5), (0.9, 5.6), (0.975, 7.4), (1.0, 8.0),
  ])
  func quantiles(share: Double, expected: Double) {
    #expect(abs(Sample.quantile(Self.skewed.sorted(), share) - expected) < 1e-12)
  }

  @Test func meansOfUnevenSizes() {
    #expect(Sample.mean([1e16, 1, -1e16, 1]) == 0.5)
    #expect(Sample.rounded(0.12345678) == 0.123457)
    #expect(Sample.rounded(-1e-9).sign == .plus)
  }

  struct SignCase: Sendable {
    var differences: [Double]
    var pValue: Double
  }

  /// `scipy.stats.permutation_test(permutation_type='samples', n_resamples=inf)`.
  @Test(arguments: [
    SignCase(differences: [0.5, 0.25, 0.75, -0.25, 1], pValue: 0.1875),
    SignCase(differences: [1, 2, 3, 4, 5, 6], pValue: 0.03125),
    SignCase(differences: [0.5, -0.5, 0.25, -0.25], pValue: 1),
    SignCase(differences: [0, 0, 0], pValue: 1),
    SignCase(differences: [], pValue: 1),
    SignCase(
      differences: [3, -1, 2, 2, -0.5, 1.5, 4, -2, 1, 0.25], pValue: 0.126953125),
  ])
  func exactSignFlips(_ known: SignCase) {
    #expect(SignFlipTest().pValue(of: known.differences) == known.pValue)
  }

  /// 40 differences: SciPy draws 999,999 combinations and finds 0.0549.
  @Test func drawnSignFlips() {
    let differences = (0..<40).map { Double(($0 * 7) % 11 - 4) / 4 }
    let pValue = SignFlipTest(flips: 20_000, seed: 5).pValue(of: differences)
    #expect(abs(pValue - 0.0549) < 0.006)
    #expect(pValue == SignFlipTest(flips: 20_000, seed: 5).pValue(of: differences))
  }

  struct ReadingCase: Sendable {
    var low: Double
    var high: Double
    var pairs: Int
    var lowerIsBetter = false
    var reading: Reading
  }

  @Test(arguments: [
    ReadingCase(low: 0.25, high: 0.5, pairs: 40, reading: .better),
    ReadingCase(low: -0.5, high: -0.25, pairs: 40, reading: .worse),
    ReadingCase(low: -0.5, high: -0.25, pairs: 40, lowerIsBetter: true, reading: .better),
    ReadingCase(low: 0.25, high: 0.5, pairs: 40, lowerIsBetter: true, reading: .worse),
    ReadingCase(low: -0.25, high: 0.5, pairs: 40, reading: .withinNoise),
    ReadingCase(low: 0, high: 0.5, pairs: 40, reading: .withinNoise),
    ReadingCase(low: 0.5, high: 0.5, pairs: 1, reading: .withinNoise),
    ReadingCase(low: 0.25, high: 0.5, pairs: 5, reading: .withinNoise),
    ReadingCase(low: 0.25, high: 0.5, pairs: 6, reading: .better),
    ReadingCase(low: 0.25, high: 0.5, pairs: 1000, reading: .better),
  ])
  func readings(_ known: ReadingCase) {
    let interval = Interval(value: known.low, low: known.low, high: known.high)
    let reading = Reading(of: interval, pairs: known.pairs, lowerIsBetter: known.lowerIsBetter)
    #expect(reading == known.reading)
  }
}
