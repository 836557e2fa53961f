import Rows
import Testing

@Suite struct NearDuplicateTests {
  /// A plain generator for tests (Marsaglia's xorshift64).
  struct Bits {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }

  static func finder(_ threshold: Double = 0.85, fields: Int = 1) -> NearDuplicates {
    var bits = Bits(state: 88_172_645_463_325_252)
    return NearDuplicates(
      threshold: threshold, shingles: Shingles(unit: .words, size: 3), fieldCount: fields
    ) { bits.next() }
  }

  /// A text of random words.
  static func words(_ count: Int, _ bits: inout Bits) -> [String] {
    (0..<count).map { _ in "w\(bits.next() % 5000)" }
  }

  @Test(arguments: [
    ("The cat sat.", "the CAT, sat", 1.0), ("", "", 1.0), ("a", "", 0.0),
    ("a b c d", "a b c e", 1.0 / 3),
    ("日本語", "日本語", 1.0), ("one two", "two one", 0.0),
  ])
  func similarity(a: String, b: String, expected: Double) {
    let shingles = Shingles(unit: .words, size: 3)
    let found = Shingles.similarity(shingles.hashes(of: a), shingles.hashes(of: b))
    #expect(found == expected)
  }

  /// The way for ASCII finds what the way for all texts finds.
  @Test func asciiIsNoOtherText() {
    let shingles = Shingles(unit: .words, size: 1)
    let text = "Ab c-3_d [x]{y}~@Z`q 9"
    let both = shingles.hashes(of: text + " é")
    #expect(Set(shingles.hashes(of: text)).isSubset(of: both))
    #expect(shingles.hashes(of: text).count == 9 && both.count == 10)
  }

  @Test func characters() {
    let shingles = Shingles(unit: .characters, size: 2)
    #expect(shingles.hashes(of: "ab, c!").count == 3)
    #expect(shingles.hashes(of: "x").count == 1)
    #expect(Shingles(unit: .words, size: 1).hashes(of: "日本").count == 2)
  }

  @Test func theLongerStays() {
    let base = (1...60).map { "word\($0)" }.joined(separator: " ")
    var finder = Self.finder()
    for text in [base, base + " and", "something else entirely here", base] {
      finder.add([text], length: text.utf8.count)
    }
    let matches = finder.matches()
    #expect(matches.map(\.removed) == [0, 3])
    #expect(matches.map(\.kept) == [1, 1])
    #expect(matches.allSatisfy { $0.similarity >= 0.85 })
  }

  @Test func ofEqualsTheEarlierStays() {
    var finder = Self.finder()
    for _ in 0..<3 { finder.add(["one two three four"], length: 18) }
    #expect(finder.matches().map(\.removed) == [1, 2])
  }

  /// Questions about one long context are not duplicates, nor are wordings with one answer.
  @Test func everyFieldMustBeNear() {
    let context = (1...200).map { "word\($0)" }.joined(separator: " ")
    var finder = Self.finder(fields: 2)
    finder.add(["Who wrote this text, and when?", context], length: 1000)
    finder.add(["What is the main idea of it?", context], length: 1000)
    finder.add(["", context], length: 900)
    finder.add(["", context], length: 900)
    #expect(finder.matches().map(\.removed) == [3])
  }

  @Test func emptyTextsStay() {
    var finder = Self.finder()
    for text in ["", "!!!", ""] { finder.add([text], length: 0) }
    #expect(finder.matches().isEmpty)
  }

  /// Pairs well above the threshold are found, pairs well below it are not.
  @Test func recallAndPrecision() {
    var bits = Bits(state: 7)
    var finder = Self.finder()
    var near = 0
    for index in 0..<300 {
      let original = Self.words(120, &bits)
      var copy = original
      // One changed word of 120 leaves a similarity of 0.95, eight of them about 0.66.
      let changes = index.isMultiple(of: 2) ? 1 : 8
      if changes == 1 { near += 1 }
      for change in 0..<changes { copy[change * 14 + 5] = "changed\(index)x\(change)" }
      finder.add([original.joined(separator: " ")], length: 1000)
      finder.add([copy.joined(separator: " ")], length: 900)
    }
    let matches = finder.matches()
    #expect(matches.count == near)
    #expect(matches.allSatisfy { $0.removed == $0.kept + 1 && $0.removed % 4 == 1 })
    #expect(finder.comparisons < 600)
  }

  @Test func bandsFollowTheThreshold() {
    #expect(Self.finder(0.85).bandLength == 8)
    #expect(Self.finder(0.5).bandLength == 3)
    #expect(Self.finder(1).bandLength == 32)
  }
}
