import Comparison
import Testing

@Suite struct ShapleySharesTests {
  static let bootstrap = Bootstrap(resamples: 200)

  /// Corners from a function of the set of changes and the question.
  private func corners(
    _ changes: Int, questions: Int = 8, _ value: (Int, Double) -> Double
  ) -> [Int: [Double]] {
    Dictionary(
      uniqueKeysWithValues: (0..<1 << changes).map { set in
        (set, (0..<questions).map { value(set, Double($0)) })
      })
  }

  private func shares(_ corners: [Int: [Double]], _ changes: Int) throws -> ShapleyShares {
    try #require(ShapleyShares(of: corners, changes: changes, bootstrap: Self.bootstrap))
  }

  @Test(arguments: 1...4)
  func effectsThatAddUpAreEachChangesOwn(changes: Int) throws {
    let found = try shares(
      corners(changes) { set, question in
        var value = question
        for change in 0..<changes where set >> change & 1 == 1 { value += Double(change + 1) / 4 }
        return value
      }, changes)
    for (index, share) in found.shares.enumerated() {
      let own = Double(index + 1) / 4
      #expect(abs(share.effect.value - own) < 1e-12)
      #expect(share.alone?.value == own && share.last?.value == own)
      #expect(share.effect.high - share.effect.low < 1e-12)
    }
    if changes > 1 {
      #expect(abs(try #require(found.interaction).value) < 1e-12)
    } else {
      #expect(found.interaction == nil)
    }
  }

  /// The glove game, whose Shapley value is known: a pair needs the left glove of the first and one
  /// of the two right gloves (1/6·4, 1/6, 1/6).
  @Test func knownGame() throws {
    let found = try shares(
      corners(3) { set, _ in set & 1 == 1 && set & 6 != 0 ? 1 : 0 }, 3)
    let values = found.shares.map(\.effect.value)
    #expect(zip(values, [4.0 / 6, 1.0 / 6, 1.0 / 6]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(found.interaction?.value == 1)
    #expect(found.shares.map { $0.alone?.value } == [0, 0, 0])
    #expect(found.shares.map { $0.last?.value } == [1, 0, 0])
  }

  @Test(arguments: 1...4)
  func sharesAddUpToTheWhole(changes: Int) throws {
    var generator = SplitMix64(seed: UInt64(changes))
    let random = Dictionary(
      uniqueKeysWithValues: (0..<1 << changes).map { set in
        (set, (0..<30).map { _ in generator.normal() })
      })
    let found = try shares(random, changes)
    let sum = found.shares.reduce(0) { $0 + $1.effect.value }
    #expect(abs(sum - found.total.value) < 1e-12)
    #expect(
      found.total
        == Self.bootstrap.meanDifference(
          from: random[0] ?? [], to: random[(1 << changes) - 1] ?? []))
    #expect(found.questions == 30)
    // Both are averages over the orders, counted in another way.
    for change in 0..<changes {
      var sum = 0.0
      let orders = permutations(Array(0..<changes))
      for order in orders {
        let before = order.prefix { $0 != change }.reduce(0) { $0 | 1 << $1 }
        sum += Sample.mean(random[before | 1 << change] ?? []) - Sample.mean(random[before] ?? [])
      }
      #expect(abs(sum / Double(orders.count) - found.shares[change].effect.value) < 1e-12)
    }
  }

  /// The questions stay paired: what makes one question hard makes no interval wide.
  @Test func intervalsArePaired() throws {
    let found = try shares(
      corners(2, questions: 40) { set, question in
        var value = 100 * question + Double(set & 1) / 2
        if set & 2 == 2, Int(question) % 2 == 0 { value += 1 }
        return value
      }, 2)
    #expect(found.shares[0].effect.high - found.shares[0].effect.low < 1e-9)
    let second = found.shares[1].effect
    #expect(abs(second.value - 0.5) < 1e-9 && second.low > 0.3 && second.high < 0.7)
  }

  @Test func oneOrderNeedsItsCornersOnly() throws {
    let all = corners(3) { set, _ in Double(set * set) }
    let order = [2, 0, 1]
    let needed = ShapleyShares.corners(changes: 3, order: order)
    #expect(needed == [0b000, 0b100, 0b101, 0b111])
    let found = try #require(
      ShapleyShares(
        of: all.filter { needed.contains($0.key) }, changes: 3, order: order,
        bootstrap: Self.bootstrap))
    #expect(found.shares.map(\.effect.value) == [9, 24, 16])
    #expect(found.total.value == 49)
    #expect(found.shares.map { $0.alone?.value } == [nil, nil, 16])
    #expect(found.interaction == nil)
    #expect(ShapleyShares.corners(changes: 2) == [0, 1, 2, 3])
  }

  @Test(arguments: [
    [:], [0: [1]], [0: [1], 1: [1], 3: [1]], [0: [], 1: [], 2: [], 3: []],
    [0: [1], 1: [1, 2], 2: [1], 3: [1]],
  ])
  func saysNothingOfMissingCorners(_ corners: [Int: [Double]]) {
    #expect(ShapleyShares(of: corners, changes: 2, bootstrap: Self.bootstrap) == nil)
  }

  private func permutations(_ values: [Int]) -> [[Int]] {
    values.isEmpty
      ? [[]]
      : values.flatMap { first in permutations(values.filter { $0 != first }).map { [first] + $0 } }
  }
}
