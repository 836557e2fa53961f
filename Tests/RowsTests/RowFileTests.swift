import Documents
import Files
import Problems
import Rows
import SystemPackage
import Testing

@Suite struct RowFileTests {
  static func rows(_ content: String) throws -> [Row] {
    try withTemporaryFolder { folder in
      try Files.write(Array(content.utf8), to: folder.appending("rows"))
      let reader = try RowReader(folder.appending("rows"), name: "in/rows")
      var rows: [Row] = []
      while let row = try reader.next() { rows.append(row) }
      return rows
    }
  }

  @Test(arguments: [
    ("", 0), ("\n\n", 0), ("{}\n", 1), ("{}", 1), ("{\"a\":1}\n{\"a\":2}\n", 2),
    ("\u{FEFF}{\"a\":1}\r\n\r\n \t\n{\"a\":2}\r\n", 2),
  ])
  func reads(content: String, count: Int) throws {
    let rows = try Self.rows(content)
    #expect(rows.count == count)
    #expect(rows.map(\.number) == Array(1..<(count + 1)))
  }

  @Test(arguments: [
    (
      "{\"a\":1}\n{\"a\":}\n",
      "cannot read in/rows, line 2, column 6: no value where one is expected, near `{\"a\":}`"
    ),
    (
      "\n{\"é\":\"\u{1}\"}\n",
      "cannot read in/rows, line 2, column 7: a control character inside a text, near `{\"é\":\" \"}`"
    ),
    ("[1,2]\n", "cannot read in/rows, line 1: a row is a JSON object, found a list `[1,2]`"),
    (
      "{\"a\":\"0123456789012345678901234567890123456789\" \"b\":1}\n",
      "cannot read in/rows, line 1, column 49: neither `,` nor `}`, near "
        + "`…234567890123456789\" \"b\":1}`"
    ),
    (
      "{\"a\":1,\"a\":2}\n",
      "cannot read in/rows, line 1, column 8: the name `a` twice, near `{\"a\":1,\"a\":2}`"
    ),
  ])
  func refuses(content: String, message: String) {
    #expect {
      try Self.rows(content)
    } throws: { error in
      (error as? Problem)?.message == message && (error as? Problem)?.tier == .step
    }
  }

  @Test func aMissingFileIsNamed() {
    #expect(throws: Problem.self) { try RowReader("no/such/rows") }
  }

  @Test func writesCanonicalLines() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("deep/rows.jsonl")
      let writer = try RowWriter(path)
      try writer.write(["b": 1, "a": "é\n\u{1}\"", "c": [.number(1.5), .null]])
      try writer.write(Row(number: 1, fields: [:]))
      try writer.close()
      #expect(writer.count == 2)
      #expect(
        try text(path) == "{\"a\":\"é\\n\\u0001\\\"\",\"b\":1,\"c\":[1.5,null]}\n{}\n")
    }
  }

  /// Lines longer than the buffer, and lines that end exactly at its border.
  @Test func crossesTheBuffer() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("rows")
      let sizes = [1 << 20, (1 << 20) - 10, 3 << 20, 5, 1 << 19, 1 << 19]
      let writer = try RowWriter(path)
      for size in sizes { try writer.write(["t": .string(String(repeating: "x", count: size))]) }
      try writer.close()
      let reader = try RowReader(path)
      var found: [Int] = []
      while let row = try reader.next() { found.append(row.text("t")?.utf8.count ?? -1) }
      #expect(found == sizes)
      #expect(reader.line == sizes.count)
    }
  }

  @Test func countsCharactersAsCodePoints() {
    #expect("é👩‍👩‍👧".codePoints == 6)
    #expect(" a  b\n".wordCount == 2)
    #expect("abc\ndef".excerpt(4) == "abc …")
  }
}

@Suite struct TableReaderTests {
  static func records(_ bytes: [UInt8], delimiter: String = ",") throws -> [TableReader.Record] {
    try withTemporaryFolder { folder in
      try Files.write(bytes, to: folder.appending("table"))
      let reader = try TableReader(
        folder.appending("table"), delimiter: delimiter.utf8.first ?? 0, name: "in/table")
      var records: [TableReader.Record] = []
      while let record = try reader.next() { records.append(record) }
      return records
    }
  }

  @Test(arguments: [
    ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
    ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
    ("\u{FEFF}a,b\n", [["a", "b"]]),
    ("\"a\"\"b\",\"c,d\"\n", [["a\"b", "c,d"]]),
    ("\"line 1\nline 2\r\n\",x\n", [["line 1\nline 2\r\n", "x"]]),
    ("a,\n,b\n\n\n", [["a", ""], ["", "b"]]),
    ("a\"b,c\n", [["a\"b", "c"]]),
    ("\"\"\n", []),
    ("é,日本\n", [["é", "日本"]]),
  ])
  func reads(content: String, expected: [[String]]) throws {
    #expect(try Self.records(Array(content.utf8)) == expected.map { .cells($0) })
  }

  @Test func tabulators() throws {
    #expect(
      try Self.records(Array("a\tb,c\n".utf8), delimiter: "\t") == [.cells(["a", "b,c"])])
  }

  @Test func whatCannotBeReadIsNotLost() throws {
    #expect(
      try Self.records(Array("a,\"b\nc".utf8)) == [
        .unreadable(reason: "unterminated_quote", text: "a,b\nc")
      ])
    #expect(
      try Self.records([0x61, 0xFF, 0x0A, 0x62, 0x0A]) == [
        .unreadable(reason: "not_utf8", text: "a\u{FFFD}"), .cells(["b"]),
      ])
  }

  @Test func countsLines() throws {
    try withTemporaryFolder { folder in
      try Files.write(Array("a\n\"b\nc\"\nd\n".utf8), to: folder.appending("t"))
      let reader = try TableReader(folder.appending("t"), delimiter: UInt8(ascii: ","))
      var lines: [Int] = []
      while try reader.next() != nil { lines.append(reader.line) }
      #expect(lines == [1, 2, 4])
    }
  }
}
