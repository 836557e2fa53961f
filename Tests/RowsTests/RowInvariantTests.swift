import Comparison
import Documents
import Problems
import Testing

@testable import Rows

/// What must hold whatever the files hold.
@Suite struct RowComparisonInvariantTests {
  @Test(arguments: Array(1...40) as [UInt64])
  func noRowIsLost(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    // Few different rows, so that there are duplicates of rows and of keys; some without a key.
    func line() -> String {
      let id = random.below(4) == 0 ? "" : "\"id\":\(random.below(30)),"
      let words = (0..<random.below(8)).map { _ in "w\(random.below(6))" }.joined(separator: " ")
      return random.below(3) == 0
        ? "{\(id)\"t\":\"\(words)\"}"
        : "{\"t\": \"\(words)\"\(id.isEmpty ? "" : ", \(id.dropLast())")}"
    }
    func lines() -> [String] { (0..<random.below(120)).map { _ in line() } }
    let old = lines()
    var new = old
    for _ in 0..<random.below(20) where !new.isEmpty {
      let place = random.below(new.count)
      switch random.below(4) {
      case 0: new.remove(at: place)
      case 1: new.insert(line(), at: place)
      case 2: new[place] = line()
      default: new.insert(new.remove(at: random.below(new.count)), at: min(place, new.count))
      }
    }
    if random.below(4) == 0 { random.shuffle(&new) }
    if random.below(6) == 0 { new = lines() }
    let bench = try ComparisonBench(old, new)
    for key in [nil, "id"] {
      let comparison: RowComparison
      do { comparison = try bench.compare(key: key, limit: .max) } catch let problem as Problem {
        #expect(problem.code == "no-key")
        continue
      }
      let counts = comparison.counts
      #expect(counts.old == old.count && counts.new == new.count)
      #expect(comparison.changes.count == counts.changes)
      for (kind, count) in [
        (RowComparison.Kind.changed, counts.changed), (.added, counts.added),
        (.removed, counts.removed), (.moved, counts.moved),
      ] {
        #expect(comparison.changes.count { $0.kind == kind } == count)
      }
      // No row is in two changes.
      let olds = comparison.changes.compactMap(\.old?.line)
      let news = comparison.changes.compactMap(\.new?.line)
      #expect(Set(olds).count == olds.count && Set(news).count == news.count)
      // Without the changed, removed, added and moved rows both files say the same in one order.
      func rest(_ lines: [String], without: [Int]) throws -> [String] {
        let gone = Set(without)
        return try lines.enumerated().filter { !gone.contains($0.offset + 1) }
          .map { try JSON(parsing: $0.element).canonicalText }
      }
      #expect(try rest(old, without: olds) == rest(new, without: news))
      // As many rows are equal as there can be.
      var there: [String: Int] = [:]
      for text in try rest(old, without: []) { there[text, default: 0] += 1 }
      var equal = 0
      for text in try rest(new, without: []) where there[text, default: 0] > 0 {
        there[text, default: 0] -= 1
        equal += 1
      }
      #expect(counts.same + counts.moved == equal)
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func partsAreTheSameAsOne(seed: UInt64) throws {
    // Long enough to be cut into parts that are compared at once.
    var random = SplitMix64(seed: seed)
    let filling = String(repeating: "filling ", count: 100)
    let old = (0..<24_000).map { row($0, "\(filling)\($0)") }
    var new = old
    for index in stride(from: 0, to: new.count, by: 100) {
      new[index] = row(index, "edited \(index)")
    }
    new.removeSubrange(700..<1500)
    new.insert(contentsOf: (0..<300).map { row(50_000 + $0, "new") }, at: 9000)
    let block = Array(new[3000..<3100])
    new.removeSubrange(3000..<3100)
    new += block
    if seed == 3 { random.shuffle(&new) }
    let comparison = try ComparisonBench(old, new).compare(limit: 10)
    let counts = comparison.counts
    #expect(counts.old == old.count && counts.new == new.count)
    #expect(counts.changed == 240 - 8 && counts.removed == 800 && counts.added == 300)
    if seed != 3 { #expect(counts.moved == 99) }
  }
}

@Suite struct RunOrderTests {
  /// The heaviest chain by trying all.
  private static func heaviest(_ runs: [LineRun]) -> Int {
    var best = 0
    for set in 0..<(1 << runs.count) {
      let chosen = runs.indices.filter { set >> $0 & 1 == 1 }.map { runs[$0] }
      if zip(chosen, chosen.dropFirst()).allSatisfy({ $0.new < $1.new }) {
        best = max(best, chosen.reduce(0) { $0 + $1.count })
      }
    }
    return best
  }

  @Test(arguments: Array(1...30) as [UInt64]) func theHeaviestChainStays(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var places = Array(0..<9)
    random.shuffle(&places)
    let runs = places.enumerated().map { index, place in
      LineRun(
        old: UInt32(index * 10), new: UInt32(place * 10), oldOffset: 0, newOffset: 0,
        count: 1 + random.below(5))
    }
    let order = RunOrder(runs)
    let kept = zip(order.runs, order.isInPlace).filter(\.1).map(\.0)
    #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.new < $1.new })
    #expect(kept.reduce(0) { $0 + $1.count } == Self.heaviest(order.runs))
  }
}
