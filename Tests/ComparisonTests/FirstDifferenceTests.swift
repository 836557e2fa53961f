import Comparison
import Documents
import Files
import Foundation
import SystemPackage
import Testing

/// Two folders with what was there and what is.
struct Pair {
  let folder: FilePath

  var old: FilePath { folder.appending("old") }
  var new: FilePath { folder.appending("new") }

  static func with<Result>(_ work: (Pair) throws -> Result) throws -> Result {
    let folder = try Files.makeTemporaryFolder(
      in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "larder-comparison-")
    defer { try? Files.remove(folder) }
    let pair = Pair(folder: folder)
    try Files.makeFolder(pair.old)
    try Files.makeFolder(pair.new)
    return try work(pair)
  }

  /// The first difference of two files of one name.
  static func difference(_ name: String, _ old: [UInt8], _ new: [UInt8]) throws -> FirstDifference?
  {
    try with { pair in
      try Files.write(old, to: pair.old.appending(name))
      try Files.write(new, to: pair.new.appending(name))
      return try FirstDifference.find(
        expected: pair.old.appending(name), actual: pair.new.appending(name), label: "s.out")
    }
  }
}

@Suite struct FirstDifferenceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let old: String
    let new: String
    let kind: FirstDifference.Kind
    let position: FirstDifference.Position
    let text: String
    var testDescription: String { "\(name): \(text)" }
  }

  static let rows: [Case] = [
    Case(
      name: "a.jsonl", old: "{\"id\":\"q-1\",\"r\":\"x\"}\n{\"id\":\"q-2\",\"r\":\"y\"}\n",
      new: "{\"id\":\"q-1\",\"r\":\"x\"}\n{\"id\":\"q-2\",\"r\":\"z\"}\n", kind: .rows,
      position: .row(2, id: "q-2", field: "r"),
      text: "s.out: row 2 (id q-2): \"r\" was \"y\", is \"z\""),
    // Without the name's ending, by the first lines.
    Case(
      name: "rows", old: "{\"a\":{\"b\":[1,2]}}\n{\"a\":1}\n",
      new: "{\"a\":{\"b\":[1,3]}}\n{\"a\":1}\n",
      kind: .rows, position: .row(1, id: nil, field: "a.b.1"),
      text: "s.out: row 1: \"a.b.1\" was 2, is 3"),
    Case(
      name: "a.jsonl", old: "{\"id\":1}\n{\"id\":2}\n", new: "{\"id\":1}\n", kind: .rows,
      position: .row(2, id: "2", field: nil), text: "s.out: row 2 (id 2) is missing: 1 rows, were 2"
    ),
    Case(
      name: "a.jsonl", old: "{\"a\":1}\n", new: "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", kind: .rows,
      position: .row(2, id: nil, field: nil), text: "s.out: row 2 is added: 3 rows, were 1"),
    Case(
      name: "a.jsonl", old: "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n",
      new: "{\"a\":1}\n{\"a\":3}\n{\"a\":2}\n",
      kind: .rowOrder, position: .row(2, id: nil, field: nil),
      text: "s.out: the same rows in another order, first at row 2"),
    // A row more often than it was is no other order.
    Case(
      name: "a.jsonl", old: "{\"a\":1}\n{\"a\":2}\n{\"a\":2}\n",
      new: "{\"a\":2}\n{\"a\":1}\n{\"a\":1}\n",
      kind: .rows, position: .row(1, id: nil, field: "a"), text: "s.out: row 1: \"a\" was 1, is 2"),
    Case(
      name: "a.jsonl", old: "{\"id\":\"a\",\"b\":1}\n", new: "{\"id\":\"c\",\"b\":2}\n",
      kind: .rows,
      position: .row(1, id: "a", field: "id"), text: "s.out: row 1: \"id\" was \"a\", is \"c\""),
    Case(
      name: "a.jsonl", old: "{\"a\":1}\n", new: "{\"a\":1,\"b\":null}\n", kind: .rows,
      position: .row(1, id: nil, field: "b"),
      text: "s.out: row 1: \"b\" was not there, is null"),
    Case(
      name: "a.jsonl", old: "{\"a\":1}\n", new: "{\"a\": 1}\n", kind: .rows,
      position: .row(1, id: nil, field: nil),
      text: "s.out: row 1: the same values, written differently"),
    Case(
      name: "a.jsonl", old: "{\"a\":1}\n{\"a\":\n", new: "{\"a\":1}\n{\"b\":\n", kind: .text,
      position: .line(2), text: "s.out: line 2 was \"{\\\"a\\\":\", is \"{\\\"b\\\":\""),
  ]

  static let documents: [Case] = [
    Case(
      name: "m.json", old: "{\"metrics\":{\"tuned\":{\"f1\":0.5}}}",
      new: "{\"metrics\":{\"tuned\":{\"f1\":0.25}}}", kind: .json,
      position: .value(field: "metrics.tuned.f1"),
      text: "s.out: metrics.tuned.f1 was 0.5, is 0.25"),
    Case(
      name: "m.json", old: "[1]", new: "[1,{\"a\":2}]", kind: .json, position: .value(field: "1"),
      text: "s.out: 1 was not there, is {\"a\":2}"),
    Case(
      name: "m.json", old: "{\"a\":1,\"b\":\"\"}", new: "{\"a\":1}", kind: .json,
      position: .value(field: "b"), text: "s.out: b was \"\", is missing"),
    Case(
      name: "m.json", old: "[1]", new: "{}", kind: .json, position: .value(field: ""),
      text: "s.out: the document was [1], is {}"),
    Case(
      name: "m.json", old: "[1]", new: "[1]\n", kind: .json, position: .entry,
      text: "s.out: the same values, written differently"),
  ]

  static let texts: [Case] = [
    Case(
      name: "a.txt", old: "a\nb\nc\n", new: "a\nB\nc\n", kind: .text, position: .line(2),
      text: "s.out: line 2 was \"b\", is \"B\""),
    Case(
      name: "a.txt", old: "a\n", new: "a\n\n", kind: .text, position: .line(2),
      text: "s.out: line 2 is added: is \"\""),
    Case(
      name: "a.txt", old: "a\nb\n", new: "a\n", kind: .text, position: .line(2),
      text: "s.out: line 2 is missing: was \"b\""),
    Case(
      name: "a.txt", old: "a\n", new: "a", kind: .text, position: .line(1),
      text: "s.out: line 1 ended with a line feed, and does not"),
    Case(
      name: "a.txt", old: "a\r\n", new: "a\n", kind: .text, position: .line(1),
      text: "s.out: line 1 was \"a\\r\", is \"a\""),
    // What differs is seen in long lines as well.
    Case(
      name: "a.txt", old: String(repeating: "x", count: 100) + "1",
      new: String(repeating: "x", count: 100) + "2", kind: .text, position: .line(1),
      text: "s.out: line 1 was \"…xxxxxxxxxxxxxxxxxxxx1\", is \"…xxxxxxxxxxxxxxxxxxxx2\""),
  ]

  @Test(arguments: rows + documents + texts)
  func says(wanted: Case) throws {
    let found = try Pair.difference(wanted.name, Array(wanted.old.utf8), Array(wanted.new.utf8))
    #expect(found?.text == wanted.text)
    #expect(found?.kind == wanted.kind)
    #expect(found?.position == wanted.position)
    #expect(found?.path == nil)
    let same = try Pair.difference(wanted.name, Array(wanted.old.utf8), Array(wanted.old.utf8))
    #expect(same == nil)
  }

  @Test(
    arguments: [
      (
        [0, 1, 2], [0, 1, 10], FirstDifference.Position.byte(2, expected: 2, actual: 10),
        "s.out: byte 2 was 0x02, is 0x0a; both have 3 bytes"
      ),
      (
        [0, 1, 2], [0], .byte(1, expected: 1, actual: nil),
        "s.out: it ends before byte 1: 1 bytes, were 3"
      ),
      (
        [0], [0, 255], .byte(1, expected: nil, actual: 255),
        "s.out: it goes on at byte 1, where it ended: 2 bytes, were 1"
      ),
      // No UTF-8.
      (
        [0x61, 0xFF], [0x61, 0xFE], .byte(1, expected: 0xFF, actual: 0xFE),
        "s.out: byte 1 was 0xff, is 0xfe; both have 2 bytes"
      ),
    ] as [([UInt8], [UInt8], FirstDifference.Position, String)])
  func bytes(old: [UInt8], new: [UInt8], position: FirstDifference.Position, text: String) throws {
    let found = try Pair.difference("a.bin", old, new)
    #expect(found?.kind == .bytes)
    #expect(found?.position == position)
    #expect(found?.text == text)
  }

  /// Beyond the first piece of both files.
  @Test func aLateByteIsFound() throws {
    let old = [UInt8](repeating: 0, count: (1 << 20) + 100)
    var new = old
    new[(1 << 20) + 50] = 7
    let found = try Pair.difference("a.bin", old, new)
    #expect(found?.position == .byte((1 << 20) + 50, expected: 0, actual: 7))
  }

  @Test func foldersAreComparedInOrderOfNames() throws {
    try Pair.with { pair in
      func find() throws -> FirstDifference? {
        try FirstDifference.find(expected: pair.old, actual: pair.new, label: "s.out")
      }
      for folder in [pair.old, pair.new] {
        try Files.makeFolder(folder.appending("b"))
        try Files.write([1, 0], to: folder.appending("b").appending("x.bin"))
        try Files.write([1, 0], to: folder.appending("c"))
      }
      #expect(try find() == nil)

      try Files.write([2, 0], to: pair.new.appending("c"))
      #expect(try find()?.path == "c")
      try Files.remove(pair.new.appending("c"))
      try Files.write([1, 0], to: pair.new.appending("c"), mode: 0o755)
      #expect(try find()?.text == "s.out/c is executable and was not")
      try Files.remove(pair.new.appending("c"))
      try Files.makeFolder(pair.new.appending("c"))
      #expect(try find()?.text == "s.out/c was a file, is a folder")
      try Files.remove(pair.new.appending("b").appending("x.bin"))
      #expect(try find()?.text == "s.out/b/x.bin is missing")
      #expect(try find()?.kind == .missing)
      try Files.write([], to: pair.new.appending("B"))
      #expect(
        try find()
          == FirstDifference(
            path: "B", kind: .added, position: .entry, text: "s.out/B is there and was not"))
    }
  }
}
