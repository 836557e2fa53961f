import Documents
import Problems
import Rows
import Testing

@Suite struct RowFilterTests {
  static let row: [String: JSON] = [
    "response": "Paris is the capital.", "kind": "seen", "score": 7, "share": .number(0.25),
    "tags": ["a", "b"], "ok": true, "none": .null, "meta": ["lang": "en"],
  ]

  @Test(arguments: [
    #"response.length >= 21 and kind == "seen""#, "response.length == 21", "response.words < 5",
    "score > 6.5", "score >= 7", "share < 0.5", "share == 2.5e-1", "-1 < score",
    #"kind in ["seen", 'unseen']"#, #"tags contains "b""#, #"response contains "capital""#,
    #"response starts_with "Paris""#, "ok", "not (score < 7)", "none == null", "missing == null",
    #"meta.lang == "en""#, "tags.length == 2", #"kind != "x" or missing"#,
    #"score == 1 or score == 2 or score == 7"#, #"not ok or kind == 'seen'"#, #"kind < "t""#,
    "meta.length == 1", "[1, 2] contains 1",
  ])
  func holds(text: String) throws {
    #expect(try RowFilter(parsing: text).matches(Self.row))
  }

  @Test(arguments: [
    "response.length < 21", #"score == "7""#, #"score < "8""#, "missing", "missing > 0", "kind",
    #"kind == "Seen""#, "none > 0", "not ok", #"tags contains "c""#, "ok and score < 3",
    "missing.length >= 0", #"kind >= "t""#, "kind starts_with 1",
  ])
  func fails(text: String) throws {
    #expect(try !RowFilter(parsing: text).matches(Self.row))
  }

  @Test(arguments: [
    ("", "the condition ends where a field or value is expected, at character 1"),
    ("score >", "the condition ends where a field or value is expected, at character 8"),
    ("score = 7", "`=` is no operator, at character 7"),
    ("score == 7 8", "`8` after the end of the condition, at character 12"),
    ("(score == 7", "no `)` where one is expected, at character 12"),
    (#"kind == "seen"#, "a text that does not end, at character 9"),
    ("score == 07", "`07` is no number, at character 10"),
    ("a..b == 1", "`a..b` is no field name, at character 1"),
    ("kind in [seen]", "a field in a list, at character 10"),
    ("kind in [1 2]", "neither `,` nor `]` in a list, at character 12"),
    ("score & 1", "`&` is no operator, at character 7"),
    ("and", "`and` where a field or value is expected, at character 1"),
    ("score > > 1", "`>` where a field or value is expected, at character 9"),
  ])
  func refuses(text: String, message: String) {
    #expect {
      try RowFilter(parsing: text)
    } throws: { error in
      (error as? Problem)?.message == "cannot read the condition `\(text)`: \(message)"
    }
  }

  @Test func deepBracketsAreRefused() {
    let text = String(repeating: "(", count: 5000) + "ok" + String(repeating: ")", count: 5000)
    #expect(throws: Problem.self) { try RowFilter(parsing: text) }
  }

  @Test func namesItsFields() throws {
    let filter = try RowFilter(parsing: "b.length > 1 and not (a.x == b or c)")
    #expect(filter.fieldNames == ["b", "a", "c"])
  }

  /// Swift takes these as equal texts; as bytes they are not.
  @Test func comparesBytes() throws {
    let filter = try RowFilter(parsing: "name == \"\u{E9}\"")
    #expect(filter.matches(["name": "\u{E9}"]))
    #expect(!filter.matches(["name": "e\u{301}"]))
  }
}
