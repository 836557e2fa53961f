import Comparison
import Testing

@Suite struct SplitMix64Tests {
  /// From Vigna's `splitmix64.c`.
  @Test func knownSequences() {
    var zero = SplitMix64(seed: UInt64(0))
    #expect(zero.next() == 0xE220_A839_7B1D_CDAF)
    #expect(zero.next() == 0x6E78_9E6A_A1B9_65F4)
    #expect(zero.next() == 0x06C4_5D18_8009_454F)
    var other = SplitMix64(seed: Int64(1_234_567))
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(expected.map { _ in other.next() } == expected)
  }

  @Test func drawsBelowABoundAreEven() {
    var generator = SplitMix64(seed: UInt64(7))
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<60_000 { counts[generator.below(6)] += 1 }
    // Six standard deviations of a binomial with n 60,000 and p 1/6.
    #expect(counts.allSatisfy { abs($0 - 10_000) < 550 })
    #expect(generator.below(1) == 0)
  }

  @Test func fractionsStayBelowOne() {
    var generator = SplitMix64(seed: UInt64(7))
    let values = (0..<10_000).map { _ in generator.fraction() }
    #expect(values.allSatisfy { (0..<1).contains($0) })
    #expect(abs(Sample.mean(values) - 0.5) < 0.02)
  }

  /// The order is part of what other steps' bytes rest on.
  @Test func shuffleIsFixed() {
    var values = Array(0..<10)
    var generator = SplitMix64(seed: UInt64(1))
    generator.shuffle(&values)
    #expect(values.sorted() == Array(0..<10))
    #expect(values == [9, 0, 1, 4, 8, 2, 3, 7, 6, 5])
  }
}
