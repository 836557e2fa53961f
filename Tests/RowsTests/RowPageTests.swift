import Documents
import Files
import Rows
import SystemPackage
import Testing

/// Files of rows read page by page.
@Suite struct RowPageTests {
  private func file<Result>(_ bytes: [UInt8], _ body: (RowFile) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      let path = folder.appending("rows.jsonl")
      try Files.write(bytes, to: path)
      return try body(RowFile(path))
    }
  }

  static let counts: [(String, Int)] = [
    ("", 0), ("\n", 1), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\n\nb\n", 3),
  ]

  @Test(arguments: counts) func linesAreCounted(_ text: String, _ count: Int) throws {
    try file(Array(text.utf8)) { file in
      #expect(file.count == count)
      let lines = try file.lines(from: 1, count: 10)
      let expected = text.split(separator: "\n", omittingEmptySubsequences: false)
        .prefix(count).map(String.init)
      #expect(lines.map { String(decoding: $0.bytes, as: UTF8.self) } == expected)
    }
  }

  @Test func everyPageOfALongFileIsTheSameAsInTheWhole() throws {
    let rows = (1...12_345).map {
      "{\"id\":\($0),\"text\":\"\(String(repeating: "x", count: $0 % 97))\"}"
    }
    try file(Array(rows.joined(separator: "\n").utf8)) { file in
      #expect(file.count == rows.count)
      for first in [1, 2, 999, 1_000, 1_001, 5_000, 12_000, 12_345, 12_346, 99_999] {
        let lines = try file.lines(from: first, count: 3)
        let expected = rows.indices.filter { $0 + 1 >= first }.prefix(3)
        #expect(lines.map(\.number) == expected.map { $0 + 1 })
        #expect(
          lines.map { String(decoding: $0.bytes, as: UTF8.self) } == expected.map { rows[$0] })
      }
    }
  }

  @Test func aLineLongerThanAPageIsCutAndToldByItsLength() throws {
    let long = [UInt8](repeating: 0x78, count: 3_000_000)
    try file(long + Array("\nb\n".utf8)) { file in
      let lines = try file.lines(from: 1, count: 5)
      #expect(lines.map(\.length) == [3_000_000, 1] && lines.map(\.isWhole) == [false, true])
      #expect(lines[0].bytes.count == RowFile.longest)
    }
  }

  @Test func rowsAreFoundByWhatTheyHold() throws {
    let rows = (1...3_000).map { "{\"id\":\($0),\"q\":\"say \\\"hi\\\" to \($0)\"}" }
    try file(Array(rows.joined(separator: "\n").utf8)) { file in
      #expect(try file.search("to 2999", limit: 5).lines.map(\.number) == [2_999])
      #expect(try file.search("say \"hi\" to 17", limit: 1).lines.map(\.number) == [17])
      let first = try file.search("\"id\":30", limit: 4)
      #expect(first.lines.map(\.number) == [30, 300, 301, 302] && first.next == 303)
      #expect(
        try file.search("\"id\":30", from: 303, limit: 4).lines.map(\.number) == [
          303, 304, 305, 306,
        ])
      let none = try file.search("nowhere", limit: 4)
      #expect(none.lines.isEmpty && none.next == nil)
    }
  }

  @Test func aSummarySaysWhatIsInTheRows() throws {
    let text = """
      {"id":1,"response":"four","reason":"too short"}
      {"id":1,"response":"four","reason":"too short"}

      {"id":2,"response":"fünf!","reason":"refusal"}
      no row
      [1]
      {"id":3,"response":null}
      """
    try file(Array(text.utf8)) { file in
      let summary = try RowSummary(file)
      #expect(summary.count == 6 && summary.examined == 6 && summary.isWhole)
      #expect(summary.unreadable == 2 && summary.duplicates == 1)
      #expect(summary.fields == ["id": 4, "response": 4, "reason": 3])
      #expect(summary.measured == "response" && summary.lengths == [4, 4, 5])
      #expect(summary.reasons == ["too short": 2, "refusal": 1])
    }
  }

  @Test func moreRowsThanAreLookedIntoAreCounted() throws {
    let row = Array("{\"text\":\"a\"}\n".utf8)
    let count = RowSummary.mostRows + 7
    let bytes = [UInt8]((0..<count).lazy.flatMap { _ in row })
    try file(bytes) { file in
      let summary = try RowSummary(file)
      #expect(summary.count == count && summary.examined == RowSummary.mostRows)
      #expect(!summary.isWhole)
    }
  }
}
