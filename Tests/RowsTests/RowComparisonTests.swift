import Comparison
import Documents
import Files
import Foundation
import Problems
import SystemPackage
import Testing

@testable import Rows

@Suite struct RowComparisonTests {
  private static let ten = (1...10).map { row($0, "text \($0)") }

  @Test(arguments: [
    ([], [], "0~ 0+ 0- 0> 0="),
    (["x"], ["x"], "0~ 0+ 0- 0> 1="),
    ([], ["x"], "0~ 1+ 0- 0> 0="),
    (["x"], [], "0~ 0+ 1- 0> 0="),
    // One carried to the front moves alone.
    (["a", "b", "c", "d"], ["d", "a", "b", "c"], "0~ 0+ 0- 1> 3="),
    // An insertion moves nothing.
    (["a", "b", "c"], ["n", "a", "b", "c"], "0~ 1+ 0- 0> 3="),
    // Equal rows are counted as often as they stand there.
    (["a", "a", "b"], ["a", "b", "b"], "0~ 1+ 1- 0> 2="),
    (["a", "a"], ["a", "a"], "0~ 0+ 0- 0> 2="),
    (["a", "b", "a"], ["b", "a", "a"], "0~ 0+ 0- 1> 2="),
  ])
  func equalRows(old: [String], new: [String], expected: String) throws {
    func rows(_ names: [String]) -> [String] { names.map { #"{"v":"\#($0)"}"# } }
    #expect(text(try ComparisonBench(rows(old), rows(new)).compare().counts) == expected)
  }

  @Test func anEditIsAChangeOfTheSameId() throws {
    var new = Self.ten
    new[4] = row(5, "something quite different")
    let bench = try ComparisonBench(Self.ten, new)
    let comparison = try bench.compare()
    #expect(text(comparison.counts) == "1~ 0+ 0- 0> 9=")
    #expect(comparison.matching == .id)
    let change = try #require(comparison.changes.first)
    #expect(change.old?.line == 5 && change.new?.line == 5)
    let content = try comparison.content(of: change)
    #expect(content.key == 5)
    #expect(content.fields.map(\.field) == ["text"])
    #expect(content.fields.first?.old == "text 5")
    #expect(content.fields.first?.new == "something quite different")
  }

  @Test func placesLeadToTheRows() throws {
    let old = ["", Self.ten[0], "  ", Self.ten[1], Self.ten[2]]
    let new = [Self.ten[2], "", row(2, "edited"), row(11, "é new")]
    let bench = try ComparisonBench(old, new)
    let comparison = try bench.compare()
    #expect(text(comparison.counts) == "1~ 1+ 1- 0> 1=")
    let bytes = (try Files.read(bench.old), try Files.read(bench.new))
    for change in comparison.changes {
      for (place, bytes, lines) in [(change.old, bytes.0, old), (change.new, bytes.1, new)] {
        guard let place else { continue }
        let there = bytes[Int(place.offset)..<Int(place.offset) + place.length]
        #expect(String(decoding: there, as: UTF8.self) == lines[place.line - 1])
      }
    }
    #expect(comparison.changes.map(\.kind) == [.removed, .changed, .added])
  }

  @Test func aKeyInsideARowPairs() throws {
    let old = [#"{"m":{"k":"x"},"t":1}"#, #"{"m":{"k":"y"},"t":1}"#]
    let new = [#"{"m":{"k":"y"},"t":2}"#, #"{"m":{"k":"z"},"t":1}"#]
    let comparison = try ComparisonBench(old, new).compare(key: "m.k")
    #expect(text(comparison.counts) == "1~ 1+ 1- 0> 0=")
    #expect(try comparison.content(of: comparison.changes[1]).key == "y")
  }

  @Test func rowsWrittenDifferentlyAreTheSame() throws {
    let comparison = try ComparisonBench(
      [#"{"id":1,"a":"é"}"#, #"{"id":2,"b":1.0}"#, row(3, "x")],
      [#"{ "a": "\u00e9", "id": 1 }"#, #"{"b":1,"id":2}"#, row(3, "y")]
    ).compare()
    #expect(text(comparison.counts) == "1~ 0+ 0- 0> 2= 2r")
    #expect(comparison.changes.map(\.kind) == [.changed])
  }

  @Test func textsOfOtherCodePointsAreNotTheSame() throws {
    let comparison = try ComparisonBench(
      [#"{"id":1,"t":"caf\u00e9"}"#], [#"{"id":1,"t":"cafe\u0301"}"#]
    )
    .compare()
    #expect(text(comparison.counts) == "1~ 0+ 0- 0> 0=")
    #expect(try comparison.content(of: comparison.changes[0]).fields.map(\.field) == ["t"])
  }

  @Test func duplicateKeysArePairedInOrderAndReported() throws {
    let old = ["a", "b", "c", "d"].map { #"{"k":"x","t":"\#($0)"}"# }
    let new = ["A", "b", "C"].map { #"{"k":"x","t":"\#($0)"}"# }
    let comparison = try ComparisonBench(old, new).compare(key: "k")
    #expect(text(comparison.counts) == "2~ 0+ 1- 0> 1=")
    #expect(comparison.duplicates.old == 1 && comparison.duplicates.new == 1)
    #expect(
      comparison.duplicates.examples == [
        "\"x\" in lines 1, 3, 4 of the old file", "\"x\" in lines 1, 3 of the new file",
      ])
    // `a` became `A`, `c` became `C`; `d` is left.
    let changed = comparison.changes.filter { $0.kind == .changed }
    #expect(changed.map(\.old?.line) == [1, 3] && changed.map(\.new?.line) == [1, 3])
  }

  @Test func anIdThatIsNotUniqueIsNoKey() throws {
    // A category: the rows that differ have one each, but many equal rows share them.
    let rows = (0..<20).map { #"{"id":\#($0 % 5),"text":"this is the text with number \#($0)"}"# }
    var new = rows
    new[3] = #"{"id":3,"text":"nothing like it"}"#
    new[9] = #"{"id":4,"text":"this is the text with number 9, edited"}"#
    let comparison = try ComparisonBench(rows, new).compare()
    #expect(comparison.matching == .similarity)
    #expect(text(comparison.counts) == "1~ 1+ 1- 0> 18=")
  }

  @Test func rowsWithoutTheKeyAreCountedAndPairedBySimilarity() throws {
    let comparison = try ComparisonBench(
      [row(1, "a"), #"{"text":"one two three four five six"}"#, #"{"id":null,"text":"z"}"#],
      [row(1, "b"), #"{"text":"one two three four five seven"}"#]
    ).compare(key: "id")
    #expect(text(comparison.counts) == "2~ 0+ 1- 0> 0=")
    #expect(comparison.keyless == (2, 1))
  }

  @Test func aKeyThatNoRowHasIsRefused() throws {
    let bench = try ComparisonBench([row(1, "a")], [row(1, "b")])
    let problem = #expect(throws: Problem.self) { try bench.compare(key: "txet") }
    #expect(problem?.tier == .user)
    #expect(problem?.hint?.contains("did you mean `text`?") == true)
  }

  @Test func theSameQuestionPairsRowsWithOtherAnswers() throws {
    func row(_ instruction: String, _ response: String) -> String {
      #"{"instruction":"\#(instruction)","context":"","response":"\#(response)"}"#
    }
    let comparison = try ComparisonBench(
      [row("What is laksa?", "A noodle soup."), row("Who made it?", "Nobody knows.")],
      [row("Who made it?", "Peranakan cooks, most likely."), row("Where is it eaten?", "Here.")]
    ).compare()
    #expect(text(comparison.counts) == "1~ 1+ 1- 0> 0=")
    let changed = try #require(comparison.changes.first { $0.kind == .changed })
    #expect(try comparison.content(of: changed).fields.map(\.field) == ["response"])
  }

  @Test func rowsThatAreMostAlikeArePaired() throws {
    let words = "the quick brown fox jumps over one lazy dog and then it runs away again"
    func row(_ text: String) -> String { #"{"v":"\#(text)"}"# }
    let comparison = try ComparisonBench(
      [row(words + " home"), row(words + " there at once"), row("another text altogether")],
      [row(words + " there at last"), row(words + " house")]
    ).compare()
    #expect(text(comparison.counts) == "2~ 0+ 1- 0> 0=")
    let pairs = comparison.changes.filter { $0.kind == .changed }.map {
      ($0.old?.line, $0.new?.line)
    }
    #expect(pairs.contains { $0 == (1, 2) } && pairs.contains { $0 == (2, 1) })
  }

  @Test func manyRowsWithoutAKeyArePairedByTheirSignatures() throws {
    var random = SplitMix64(seed: UInt64(3))
    let texts = (0..<1500).map { _ in
      (0..<30).map { _ in "w\(random.below(5000))" }.joined(separator: " ")
    }
    let edited = texts.map { $0.replacing(#/ w\d+$/#, with: " edited") }
    let comparison = try ComparisonBench(
      texts.map { #"{"v":"\#($0)"}"# }, edited.reversed().map { #"{"v":"\#($0)"}"# }
    ).compare()
    #expect(comparison.counts.changed > 1490)
    for change in comparison.changes where change.kind == .changed {
      #expect((change.old?.line ?? 0) + (change.new?.line ?? 0) == 1501)
    }
  }

  @Test func limitsKeepTheFirstChangesAndCountAll() throws {
    let new = (1...10).map { row($0, "other \($0)") }
    let comparison = try ComparisonBench(Self.ten, new).compare(limit: 3)
    #expect(comparison.counts.changed == 10)
    #expect(comparison.changes.map(\.new?.line) == [1, 2, 3])
  }

  @Test func filesKnownToBeEqualAreOnlyCounted() throws {
    #expect(
      text(try ComparisonBench(Self.ten, Self.ten).compare(areEqual: true).counts)
        == "0~ 0+ 0- 0> 10=")
  }

  @Test func lineEndsAndBlankLinesAreNoRows() throws {
    let unix = Self.ten.joined(separator: "\n")
    let windows = "\u{FEFF}" + Self.ten.joined(separator: "\r\n \t\r\n") + "\r\n\r\n"
    #expect(text(try ComparisonBench(unix, windows).compare().counts) == "0~ 0+ 0- 0> 10=")
    #expect(text(try ComparisonBench(windows, unix).compare().counts) == "0~ 0+ 0- 0> 10=")
    #expect(text(try ComparisonBench(windows, windows).compare().counts) == "0~ 0+ 0- 0> 10=")
  }

  @Test func notANumberIsAValue() throws {
    let comparison = try ComparisonBench(
      [#"{"id":1,"loss":NaN,"t":"NaN \" NaN"}"#, #"{"id":2,"loss":[-Infinity,Infinity]}"#],
      [#"{"id":1,"loss":0.5,"t":"NaN \" NaN"}"#, #"{"loss":[-Infinity,Infinity],"id":2}"#]
    ).compare()
    #expect(text(comparison.counts) == "1~ 0+ 0- 0> 1= 1r")
    #expect(try comparison.content(of: comparison.changes[0]).fields.map(\.field) == ["loss"])
  }

  @Test(arguments: [
    (#"{"id":1,"#, "line 2, column"), ("[1]", "line 2: a row is a JSON object, found a list"),
    ("{\"id\":1,\"t\":\"\u{1}\"}", "line 2"), (#"{"a":1,"a":2}"#, "line 2"),
  ])
  func aLineThatIsNoRowIsNamed(line: String, message: String) throws {
    let bench = try ComparisonBench([row(1, "a"), row(2, "b")], [row(1, "a"), line])
    let problem = #expect(throws: Problem.self) { try bench.compare() }
    #expect(problem?.tier == .user)
    #expect(problem?.message.contains("new.jsonl, \(message)") == true, "\(problem?.message ?? "")")
  }

  @Test func rowsThatAreNotUTF8AreNamed() throws {
    let bench = try ComparisonBench([row(1, "a")], [row(1, "b")])
    try Files.write(Array(#"{"id":1,"t":""#.utf8) + [0xFF] + Array("\"}\n".utf8), to: bench.new)
    let problem = #expect(throws: Problem.self) { try bench.compare() }
    #expect(problem?.message.contains("not UTF-8") == true)
  }

  @Test func longLinesAreRead() throws {
    // Longer than the buffers, and equal at their beginnings.
    let long = String(repeating: "x", count: 3 << 20)
    let comparison = try ComparisonBench(
      [row(1, long), row(2, long + "y"), row(3, "z")],
      [row(1, long), row(2, long + "n"), row(3, "z")]
    ).compare()
    #expect(text(comparison.counts) == "1~ 0+ 0- 0> 2=")
  }
}
