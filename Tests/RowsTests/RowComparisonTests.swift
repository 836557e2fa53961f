import Comparison
import Documents
import Files
import Foundation
import Problems
import SystemPackage
import Testing

@testable import Rows

/// Two files in a folder of their own.
private final class Bench {
  let folder: FilePath
  var old: FilePath { folder.appending("old.jsonl") }
  var new: FilePath { folder.appending("new.jsonl") }

  init(_ old: String, _ new: String) throws {
    folder = try Files.makeTemporaryFolder(
      in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "larder-rows-")
    try Files.write(Array(old.utf8), to: self.old)
    try Files.write(Array(new.utf8), to: self.new)
  }

  deinit { try? Files.remove(folder) }

  convenience init(_ old: [String], _ new: [String]) throws {
    try self.init(
      old.map { $0 + "\n" }.joined(), new.map { $0 + "\n" }.joined())
  }

  func compare(
    key: String? = nil, limit: Int = 5000, areEqual: Bool = false
  ) throws -> RowComparison {
    try RowComparison(
      old, new,
      RowComparison.Options(key: key.flatMap { RowPath($0) }, limit: limit, areEqual: areEqual))
  }
}

/// The counts as one line.
private func text(_ counts: RowComparison.Counts) -> String {
  "\(counts.changed)~ \(counts.added)+ \(counts.removed)- \(counts.moved)> \(counts.same)="
    + (counts.reformatted > 0 ? " \(counts.reformatted)r" : "")
}

private func row(_ id: Int, _ text: String) -> String { #"{"id":\#(id),"text":"\#(text)"}"# }

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
    #expect(text(try Bench(rows(old), rows(new)).compare().counts) == expected)
  }

  @Test func anEditIsAChangeOfTheSameId() throws {
    var new = Self.ten
    new[4] = row(5, "something quite different")
    let bench = try Bench(Self.ten, new)
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
    let bench = try Bench(old, new)
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
    let comparison = try Bench(old, new).compare(key: "m.k")
    #expect(text(comparison.counts) == "1~ 1+ 1- 0> 0=")
    #expect(try comparison.content(of: comparison.changes[1]).key == "y")
  }

  @Test func rowsWrittenDifferentlyAreTheSame() throws {
    let comparison = try Bench(
      [#"{"id":1,"a":"é"}"#, #"{"id":2,"b":1.0}"#, row(3, "x")],
      [#"{ "a": "\u00e9", "id": 1 }"#, #"{"b":1,"id":2}"#, row(3, "y")]
    ).compare()
    #expect(text(comparison.counts) == "1~ 0+ 0- 0> 2= 2r")
    #expect(comparison.changes.map(\.kind) == [.changed])
  }

  @Test func textsOfOtherCodePointsAreNotTheSame() throws {
    let comparison = try Bench([#"{"id":1,"t":"caf\u00e9"}"#], [#"{"id":1,"t":"cafe\u0301"}"#])
      .compare()
    #expect(text(comparison.counts) == "1~ 0+ 0- 0> 0=")
    #expect(try comparison.content(of: comparison.changes[0]).fields.map(\.field) == ["t"])
  }

  @Test func duplicateKeysArePairedInOrderAndReported() throws {
    let old = ["a", "b", "c", "d"].map { #"{"k":"x","t":"\#($0)"}"# }
    let new = ["A", "b", "C"].map { #"{"k":"x","t":"\#($0)"}"# }
    let comparison = try Bench(old, new).compare(key: "k")
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
    let comparison = try Bench(rows, new).compare()
    #expect(comparison.matching == .similarity)
    #expect(text(comparison.counts) == "1~ 1+ 1- 0> 18=")
  }

  @Test func rowsWithoutTheKeyAreCountedAndPairedBySimilarity() throws {
    let comparison = try Bench(
      [row(1, "a"), #"{"text":"one two three four five six"}"#, #"{"id":null,"text":"z"}"#],
      [row(1, "b"), #"{"text":"one two three four five seven"}"#]
    ).compare(key: "id")
    #expect(text(comparison.counts) == "2~ 0+ 1- 0> 0=")
    #expect(comparison.keyless == (2, 1))
  }

  @Test func aKeyThatNoRowHasIsRefused() throws {
    let bench = try Bench([row(1, "a")], [row(1, "b")])
    let problem = #expect(throws: Problem.self) { try bench.compare(key: "txet") }
    #expect(problem?.tier == .user)
    #expect(problem?.hint?.contains("did you mean `text`?") == true)
  }

  @Test func theSameQuestionPairsRowsWithOtherAnswers() throws {
    func row(_ instruction: String, _ response: String) -> String {
      #"{"instruction":"\#(instruction)","context":"","response":"\#(response)"}"#
    }
    let comparison = try Bench(
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
    let comparison = try Bench(
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
    let comparison = try Bench(
      texts.map { #"{"v":"\#($0)"}"# }, edited.reversed().map { #"{"v":"\#($0)"}"# }
    ).compare()
    #expect(comparison.counts.changed > 1490)
    for change in comparison.changes where change.kind == .changed {
      #expect((change.old?.line ?? 0) + (change.new?.line ?? 0) == 1501)
    }
  }

  @Test func limitsKeepTheFirstChangesAndCountAll() throws {
    let new = (1...10).map { row($0, "other \($0)") }
    let comparison = try Bench(Self.ten, new).compare(limit: 3)
    #expect(comparison.counts.changed == 10)
    #expect(comparison.changes.map(\.new?.line) == [1, 2, 3])
  }

  @Test func filesKnownToBeEqualAreOnlyCounted() throws {
    #expect(text(try Bench(Self.ten, Self.ten).compare(areEqual: true).counts) == "0~ 0+ 0- 0> 10=")
  }

  @Test func lineEndsAndBlankLinesAreNoRows() throws {
    let unix = Self.ten.joined(separator: "\n")
    let windows = "\u{FEFF}" + Self.ten.joined(separator: "\r\n \t\r\n") + "\r\n\r\n"
    #expect(text(try Bench(unix, windows).compare().counts) == "0~ 0+ 0- 0> 10=")
    #expect(text(try Bench(windows, unix).compare().counts) == "0~ 0+ 0- 0> 10=")
    #expect(text(try Bench(windows, windows).compare().counts) == "0~ 0+ 0- 0> 10=")
  }

  @Test func notANumberIsAValue() throws {
    let comparison = try Bench(
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
    let bench = try Bench([row(1, "a"), row(2, "b")], [row(1, "a"), line])
    let problem = #expect(throws: Problem.self) { try bench.compare() }
    #expect(problem?.tier == .user)
    #expect(problem?.message.contains("new.jsonl, \(message)") == true, "\(problem?.message ?? "")")
  }

  @Test func rowsThatAreNotUTF8AreNamed() throws {
    let bench = try Bench([row(1, "a")], [row(1, "b")])
    try Files.write(Array(#"{"id":1,"t":""#.utf8) + [0xFF] + Array("\"}\n".utf8), to: bench.new)
    let problem = #expect(throws: Problem.self) { try bench.compare() }
    #expect(problem?.message.contains("not UTF-8") == true)
  }

  @Test func longLinesAreRead() throws {
    // Longer than the buffers, and equal at their beginnings.
    let long = String(repeating: "x", count: 3 << 20)
    let comparison = try Bench(
      [row(1, long), row(2, long + "y"), row(3, "z")],
      [row(1, long), row(2, long + "n"), row(3, "z")]
    ).compare()
    #expect(text(comparison.counts) == "1~ 0+ 0- 0> 2=")
  }
}

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
    let bench = try Bench(old, new)
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
    let comparison = try Bench(old, new).compare(limit: 10)
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

@Suite struct FileComparisonTests {
  private func compare(_ old: [UInt8], _ new: [UInt8]) throws -> FileComparison {
    try withTemporaryFolder { folder in
      let paths = [folder.appending("old"), folder.appending("new")]
      try Files.write(old, to: paths[0])
      try Files.write(new, to: paths[1])
      return try FileComparison(paths[0], paths[1])
    }
  }

  @Test func textIsComparedByLines() throws {
    guard case .text(let found) = try compare(Array("a\nb\n".utf8), Array("a\nc\n".utf8)) else {
      Issue.record("no text")
      return
    }
    #expect(found.added == 1 && found.removed == 1)
    // A JSON document of many lines is text.
    guard case .text = try compare(Array("{\n\"a\": 1\n}\n".utf8), Array("{\n\"a\": 2\n}\n".utf8))
    else {
      Issue.record("no text")
      return
    }
  }

  @Test func nothingAgainstRowsIsRows() throws {
    guard case .rows(let found) = try compare([], Array("{\"a\":1}\n".utf8)) else {
      Issue.record("no rows")
      return
    }
    #expect(found.counts.added == 1)
    guard case .identical = try compare([], []) else {
      Issue.record("not identical")
      return
    }
    guard case .identical = try compare([0, 1, 2], [0, 1, 2]) else {
      Issue.record("not identical")
      return
    }
  }

  @Test(
    arguments: [
      ([0x00, 0x01], [0x00, 0x02], "binary"), (Array("{}\n".utf8), [0x00], "no-rows"),
      (Array("text\n".utf8), Array("{}\n".utf8), "no-rows"),
      (Array("text\n".utf8), [0xC3, 0x28, 0x0A], "not-utf8"),
    ] as [([UInt8], [UInt8], String)])
  func whatCannotBeComparedIsRefused(old: [UInt8], new: [UInt8], code: String) {
    let problem = #expect(throws: Problem.self) { try compare(old, new) }
    #expect(problem?.code.text == code)
    #expect(problem?.tier == .user)
    #expect(problem?.hint != nil)
  }

  @Test func foldersAndMissingFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending("file")
      try Files.write(Array("{}\n".utf8), to: file)
      for path in [folder, folder.appending("nope")] {
        for (a, b) in [(file, path), (path, file)] {
          let problem = #expect(throws: Problem.self) { try FileComparison(a, b) }
          #expect(problem?.tier == .user)
        }
      }
    }
  }
}
