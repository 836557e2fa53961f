import Documents
import Foundation
import Testing

/// `larder diff` of files.
@Suite struct RowDiffTests {
  private static let rows = (1...30).map {
    #"{"id":"r\#($0)","instruction":"What is \#($0)?","context":"","response":"It is the number \#($0), of course."}"#
  }

  private func kitchen() throws -> TestKitchen {
    let kitchen = try TestKitchen()
    try kitchen.write(Self.rows.joined(separator: "\n") + "\n", to: "old.jsonl")
    var new = Self.rows
    new[4] = new[4].replacing("of course", with: "as everybody knows")
    new.remove(at: 9)
    new.insert(
      #"{"id":"x","instruction":"Who \u001b[31mcame?","context":"","response":"Nobody."}"#, at: 19)
    new.append(new.remove(at: 1))
    try kitchen.write(new.joined(separator: "\n") + "\n", to: "new.jsonl")
    return kitchen
  }

  @Test func theTextSaysWhatDiffers() throws {
    let result = try kitchen().larder("diff", "old.jsonl", "new.jsonl")
    #expect(result.exitCode == 0 && result.errors.isEmpty)
    #expect(
      result.output == """
        30 rows: 1 changed, 1 added, 1 removed, 1 moved, 27 the same
        rows paired by `id`
        ~ line 4 (r5), was line 5
            response  It is the number 5, [-of course-]{+as everybody knows+}.
        - line 10 (r10) is gone
            instruction  What is 10?
            response  It is the number 10, of course.
        + line 19 (x)
            instruction  Who \\u{1B}[31mcame?
            response  Nobody.
        > line 30 (r2), was line 2

        """)
  }

  @Test func jsonSaysTheSame() throws {
    let kitchen = try kitchen()
    let result = try kitchen.larder("diff", "old.jsonl", "new.jsonl", "--json")
    let document = try JSON(parsing: result.output)
    #expect(document.canonicalText + "\n" == result.output)
    let counts = try #require(document["rows"]?.array?.first)
    for (name, count) in [
      ("changed", 1), ("added", 1), ("removed", 1), ("moved", 1), ("same", 27), ("old", 30),
      ("new", 30),
    ] as [(String, Int64)] {
      #expect(counts[name]?.integer == count, "\(name)")
    }
    #expect(counts["by"] == "id")
    let changes = document["changes"]?.array ?? []
    #expect(changes.map { $0["kind"]?.string } == ["changed", "removed", "added", "moved"])
    #expect(changes.first?["fields"]?.array?.first?["field"] == "response")
    #expect(changes.first?["old"]?["line"] == 5)
  }

  @Test func onlyTheFirstChangesAreListed() throws {
    let kitchen = try TestKitchen()
    try kitchen.write(Self.rows.joined(separator: "\n"), to: "old.jsonl")
    try kitchen.write(
      Self.rows.map { $0.replacing("number", with: "figure") }.joined(separator: "\n"),
      to: "new.jsonl")
    let few = try kitchen.larder("diff", "old.jsonl", "new.jsonl").output
    #expect(few.contains("… and 10 more: --rows lists them"))
    #expect(few.split(separator: "\n").count { $0.hasPrefix("~ ") } == 20)
    let all = try kitchen.larder("diff", "old.jsonl", "new.jsonl", "--rows").output
    #expect(all.split(separator: "\n").count { $0.hasPrefix("~ ") } == 30)
    #expect(all.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func coloursAreSentWhereTheyAreWanted() throws {
    let output = try kitchen().larder("diff", "old.jsonl", "new.jsonl", "--color", "always").output
    #expect(
      output.contains("\u{1B}[31m[-of course-]\u{1B}[0m\u{1B}[32m{+as everybody knows+}\u{1B}[0m"))
  }

  @Test func textIsComparedByLines() throws {
    let kitchen = try TestKitchen()
    try kitchen.write("one\ntwo\n", to: "a.txt")
    try kitchen.write("one\n2", to: "b.txt")
    #expect(
      try kitchen.larder("diff", "a.txt", "b.txt").output == """
        1 line added, 1 removed
        @@ -1,2 +1,2 @@
         one
        -two
        +2  (no line feed at the end)

        """)
    let document = try JSON(parsing: try kitchen.larder("diff", "a.txt", "b.txt", "--json").output)
    #expect(document["text"]?["added"] == 1 && document["rows"] == [])
    #expect(try kitchen.larder("diff", "a.txt", "a.txt").output == "the same bytes\n")
  }

  @Test(arguments: [
    (["old.jsonl", "nope.jsonl"], "there is no such file"),
    (["old.jsonl", "recipes"], "it is a folder"),
    (["old.jsonl", "words.txt"], "is no JSON object"),
    (["old.jsonl", "new.jsonl", "--key", "idd"], "did you mean `id`?"),
    (["old.jsonl", "new.jsonl", "--key", "a..b"], "names no field"),
    (["words.txt", "other.txt", "--key", "id"], "neither"),
    (["old.jsonl", "broken.jsonl"], "broken.jsonl, line 2, column 8"),
    (["old.jsonl", "binary"], "binary"),
  ])
  func mistakesAreSaid(arguments: [String], message: String) throws {
    let kitchen = try kitchen()
    try kitchen.write("words\n", to: "words.txt")
    try kitchen.write("others\n", to: "other.txt")
    try kitchen.write("\0\u{1}", to: "binary")
    try kitchen.write(Self.rows[0] + "\n{\"id\":1\n", to: "broken.jsonl")
    let result = try kitchen.start(["diff"] + arguments).wait()
    #expect(result.exitCode == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.contains("hint: "))
  }
}
