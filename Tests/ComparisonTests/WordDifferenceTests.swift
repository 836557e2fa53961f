import Testing

@testable import Comparison

/// A difference as one line: `[-removed-]{+added+}`.
private func marked(_ spans: [WordDifference.Span]) -> String {
  spans.map { span in
    switch span.kind {
    case .equal: span.text
    case .removed: "[-\(span.text)-]"
    case .added: "{+\(span.text)+}"
    case .omitted: "…"
    }
  }.joined()
}

@Suite struct WordDifferenceTests {
  @Test(arguments: [
    ("", "", ""),
    ("same", "same", "same"),
    ("", "new", "{+new+}"),
    ("old", "", "[-old-]"),
    ("the quick fox", "the slow fox", "the [-quick-]{+slow+} fox"),
    ("I don't know", "I don’t know", "I [-don't-]{+don’t+} know"),
    ("costs 3.14 in all", "costs 3.15 in all", "costs [-3.14-]{+3.15+} in all"),
    ("learning_rate: 1", "learning_rate: 2", "learning_rate: [-1-]{+2+}"),
    ("f(a, b)", "f(a, c)", "f(a, [-b-]{+c+})"),
    ("end.", "end!", "end[-.-]{+!+}"),
    ("a  b", "a b", "a[-  -]{+ +}b"),
    ("新加坡的食物", "新加坡的美食", "新加坡的[-食物-]{+美食+}"),
    ("ラーメン", "ラーメソ", "ラーメ[-ン-]{+ソ+}"),
    ("큰 도시", "큰 마을", "큰 [-도시-]{+마을+}"),
    ("one\ntwo\nthree", "one\n2\nthree", "one\n[-two-]{+2+}\nthree"),
    ("👩‍🍳 cooks", "👨‍🍳 cooks", "[-👩‍🍳-]{+👨‍🍳+} cooks"),
    // The same letter in one scalar and in two: equal to String, not the same bytes.
    ("caf\u{E9}", "cafe\u{301}", "[-caf\u{E9}-]{+cafe\u{301}+}"),
    ("a\r\nb", "a\nb", "a[-\r\n-]{+\n+}b"),
  ])
  func differences(old: String, new: String, expected: String) {
    #expect(marked(WordDifference(old, new).spans) == expected)
  }

  @Test func aSentenceWrittenAnewIsNoPatchwork() {
    let difference = WordDifference(
      "Laksa is a noodle dish of the Peranakan.", "In many of its hawker centres, a soup is made.")
    #expect(difference.spans.filter { $0.kind == .equal }.count <= 2)
  }

  @Test func longTextsAreComparedByLinesAndWords() {
    let lines = (0..<20_000).map { "line \($0) says \(($0 &* 7919) % 1000)" }
    var changed = lines
    changed[10_000] = "line 10000 says nothing"
    changed.remove(at: 5000)
    let difference = WordDifference(
      lines.joined(separator: "\n"), changed.joined(separator: "\n"))
    #expect(difference.spans.map(\.kind) == [.equal, .removed, .equal, .removed, .added, .equal])
    #expect(difference.spans[1].text == lines[5000] + "\n")
    #expect(difference.spans[3].text == String((10_000 &* 7919) % 1000))
    #expect(difference.spans[4].text == "nothing")
  }

  @Test(arguments: [1, 2, 3]) func bothTextsAreInTheSpans(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let words = ["a", " ", "bc", "\n", ".", "é", "新", "1", "\r\n", "x_y", "👩‍🍳", "'", ","]
    for _ in 0..<300 {
      let texts = (0..<2).map { _ in
        (0..<Int(random.next() % 60)).map { _ in words[Int(random.next() % UInt64(words.count))] }
          .joined()
      }
      let spans = WordDifference(texts[0], texts[1]).spans
      #expect(
        spans.filter { $0.kind != .added }.map(\.text).joined().utf8.elementsEqual(texts[0].utf8))
      #expect(
        spans.filter { $0.kind != .removed }.map(\.text).joined().utf8.elementsEqual(texts[1].utf8))
      #expect(spans.allSatisfy { !$0.text.isEmpty })
      #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.kind != $1.kind })
    }
  }

  @Test func textsWithNothingInCommonAreBounded() {
    // 100 kB each without a common line, the same few words in another order.
    var random = SplitMix64(seed: UInt64(5))
    func text() -> String {
      (0..<20_000).map { _ in "w\(random.next() % 50)" }.joined(separator: " ")
    }
    let (old, new) = (text(), text())
    let spans = WordDifference(old, new).spans
    #expect(spans.filter { $0.kind != .added }.map(\.text).joined() == old)
    #expect(spans.filter { $0.kind != .removed }.map(\.text).joined() == new)
  }

  @Test func textsOfMegabytesAreComparedByTheirEnds() {
    let filling = String(repeating: "é and so on. ", count: 400_000)
    let spans = WordDifference(filling + "old" + filling, filling + "new" + filling).spans
    #expect(spans.map(\.kind) == [.equal, .removed, .added, .equal])
    #expect(spans[1].text == "old" && spans[2].text == "new")
  }

  @Test func excerptsLeaveOutWhatStayed() {
    let long = String(repeating: "same ", count: 40)
    let difference = WordDifference(long + "old " + long + "x", long + "new " + long + "y")
    #expect(
      marked(difference.excerpt(context: 10))
        == "… same [-old-]{+new+} same … same [-x-]{+y+}")
    #expect(difference.excerpt(context: 10).map(\.text).joined().count == 409)
    #expect(marked(WordDifference("a b c", "a b d").excerpt(context: 0)) == "a b [-c-]{+d+}")
  }
}

@Suite struct SequenceDifferenceTests {
  /// The length of the longest common subsequence, by the square table.
  private static func common(_ a: [Int32], _ b: [Int32]) -> Int {
    var row = [Int](repeating: 0, count: b.count + 1)
    for x in a {
      var diagonal = 0
      for (j, y) in b.enumerated() {
        let above = row[j + 1]
        row[j + 1] = x == y ? diagonal + 1 : max(above, row[j])
        diagonal = above
      }
    }
    return row[b.count]
  }

  @Test(arguments: [2, 3, 8, 100] as [UInt64]) func theWayIsAShortestOne(letters: UInt64) {
    var random = SplitMix64(seed: letters)
    for _ in 0..<300 {
      let sides = (0..<2).map { _ in
        (0..<Int(random.next() % 40)).map { _ in Int32(random.next() % letters) }
      }
      let changes = SequenceDifference(sides[0], sides[1]).changes
      let stay = sides[0].count - changes.reduce(0) { $0 + $1.old.count }
      #expect(stay == Self.common(sides[0], sides[1]))
      #expect(Self.applied(changes, sides[0], sides[1]) == sides[1])
    }
  }

  @Test(arguments: [1, 2, 5]) func impatienceStaysCorrect(patience: Int) {
    var random = SplitMix64(seed: UInt64(9))
    for _ in 0..<500 {
      let sides = (0..<2).map { _ in
        (0..<Int(random.next() % 60)).map { _ in Int32(random.next() % 4) }
      }
      let changes = SequenceDifference(sides[0], sides[1], patience: patience).changes
      #expect(Self.applied(changes, sides[0], sides[1]) == sides[1])
    }
  }

  /// The old side with the changes made to it.
  private static func applied(
    _ changes: [SequenceDifference.Change], _ old: [Int32], _ new: [Int32]
  ) -> [Int32] {
    var made: [Int32] = []
    var end = 0
    for change in changes {
      made += old[end..<change.old.lowerBound]
      made += new[change.new]
      end = change.old.upperBound
    }
    return made + old[end...]
  }
}

@Suite struct LineDifferenceTests {
  /// The hunks as `diff -u` prints them.
  private func unified(_ difference: LineDifference) -> [String] {
    difference.hunks.flatMap { hunk in
      ["@@ \(hunk.old.lowerBound),\(hunk.old.count) \(hunk.new.lowerBound),\(hunk.new.count)"]
        + hunk.lines.map { line in
          (line.kind == .equal ? " " : line.kind == .removed ? "-" : "+") + line.text
            + (line.hasFeed ? "" : "⏎")
        }
    }
  }

  @Test func hunksHaveContext() {
    let old = (1...20).map { "\($0)\n" }.joined()
    let new = old.replacing("\n4\n", with: "\nfour\n").replacing("\n16\n", with: "\n")
    let difference = LineDifference(old, new, context: 1)
    #expect(
      unified(difference)
        == ["@@ 3,3 3,3", " 3", "-4", "+four", " 5", "@@ 15,3 15,2", " 15", "-16", " 17"])
    #expect(difference.removed == 2 && difference.added == 1)
    #expect(LineDifference(old, new, context: 6).hunks.count == 1)
    #expect(LineDifference(old, old).hunks.isEmpty)
  }

  @Test func aMissingLastFeedIsADifference() {
    #expect(unified(LineDifference("a\nb", "a\nb\n")) == ["@@ 1,2 1,2", " a", "-b⏎", "+b"])
    #expect(unified(LineDifference("", "a\n")) == ["@@ 1,0 1,1", "+a"])
    #expect(unified(LineDifference("a\r\n", "a\n")) == ["@@ 1,1 1,1", "-a\r", "+a"])
  }

  @Test func numbersAreThoseOfTheLines() {
    let lines = LineDifference("a\nb\nc\n", "b\nc\nd\n").hunks.flatMap(\.lines)
    #expect(lines.map(\.oldNumber) == [1, 2, 3, nil])
    #expect(lines.map(\.newNumber) == [nil, 1, 2, 3])
  }
}
