import Comparison
import Documents
import Files
import Problems
import SystemPackage
import Testing

@Suite struct TrailTests {
  static func row(
    _ step: Int, rows: String = "r", loss: String = "1.5", norm: String = "2", adapter: String = "a"
  ) -> String {
    "{\"adapter\":\"\(adapter)\",\"gradient_norm\":\(norm),\"loss\":\(loss),\"rows\":\"\(rows)\","
      + "\"step\":\(step)}\n"
  }

  static func parting(_ old: String, _ new: String) throws -> Trail.Parting? {
    try Pair.with { pair in
      let a = pair.old.appending("trail.jsonl")
      let b = pair.new.appending("trail.jsonl")
      try Files.write(Array(old.utf8), to: a)
      try Files.write(Array(new.utf8), to: b)
      return try Trail.firstStep(expected: a, actual: b)
    }
  }

  @Test(
    arguments: [
      (
        row(1) + row(2), row(1) + row(2, rows: "x"), 2, [Trail.Field.rows],
        "optimizer step 2: other rows were trained on"
      ),
      (
        row(10) + row(20), row(10) + row(20, loss: "1.25", norm: "3", adapter: "b"), 20,
        [.loss, .gradientNorm, .adapter],
        "optimizer step 20 (the last one known to be the same is 10): the loss was 1.5, is 1.25, "
          + "the gradient norm was 2, is 3, the adapter after it is another"
      ),
      (
        row(1, adapter: "b") + row(2), row(1) + row(2, rows: "x"), 1, [.adapter],
        "optimizer step 1: the adapter after it is another"
      ),
      (
        row(1) + row(2), row(1), 2, [],
        "the training ended after step 1, where it went on to step 2"
      ),
      (
        row(1), row(1) + row(2), 2, [],
        "the training went on to step 2, where it ended after step 1"
      ),
      (
        row(10), row(5) + row(10), 5, [],
        "the trail has step 5 where step 10 was: it was left at other steps, so what follows step 0 "
          + "cannot be compared"
      ),
    ] as [(String, String, Int64, Set<Trail.Field>, String)])
  func parts(
    old: String, new: String, step: Int64, fields: Set<Trail.Field>, text: String
  ) throws {
    let found = try Self.parting(old, new)
    #expect(found?.step == step)
    #expect(found?.fields == fields)
    #expect(found?.text == text)
  }

  @Test func equalTrailsDoNotPart() throws {
    #expect(try Self.parting(Self.row(1) + Self.row(2), Self.row(1) + Self.row(2)) == nil)
    #expect(try Self.parting("", "") == nil)
  }

  @Test func whatIsNoTrailIsRefused() {
    #expect(throws: Problem.self) { try Self.parting("{\"loss\":1}\n", "{\"loss\":1}\n") }
  }
}

@Suite struct DistanceTests {
  @Test(
    arguments: [
      ("{\"a\":[1,2.5]}", "{\"a\":[1,2]}", Distance(absolute: 0.5, relative: 0.2)),
      ("{\"a\":100,\"b\":0.5}", "{\"a\":101,\"b\":1}", Distance(absolute: 1, relative: 0.5)),
      ("{\"a\":0}", "{\"a\":0}", Distance(absolute: 0, relative: 0)),
      ("{\"a\":-1}", "{\"a\":1}", Distance(absolute: 2, relative: 2)),
      ("{\"a\":\"x\"}", "{\"a\":\"y\"}", nil),
      ("{\"a\":1}", "{\"b\":1}", nil),
      ("{\"a\":1}", "{\"a\":1,\"b\":1}", nil),
      ("[1]", "[1,2]", nil),
      ("{\"a\":null}", "{\"a\":1}", nil),
    ] as [(String, String, Distance?)])
  func ofDocuments(old: String, new: String, wanted: Distance?) throws {
    #expect(
      Distance.find(expected: try JSON(parsing: old), actual: try JSON(parsing: new)) == wanted)
  }

  /// The distance of two folders with one file each.
  static func between(_ name: String, _ old: [UInt8], _ new: [UInt8]) throws -> Distance? {
    try Pair.with { pair in
      try Files.write(old, to: pair.old.appending(name))
      try Files.write(new, to: pair.new.appending(name))
      return try Distance.find(expected: pair.old, actual: pair.new)
    }
  }

  @Test func ofTensors() throws {
    func file(_ data: [UInt8], shape: String = "[2]") -> [UInt8] {
      safetensors(
        "{\"w\":{\"dtype\":\"BF16\",\"shape\":\(shape),\"data_offsets\":[0,4]}}", data)
    }
    // 1.0 and 1.5, 4.0 and 4.0.
    let old = file([0x80, 0x3F, 0x80, 0x40])
    #expect(
      try Self.between("a.safetensors", old, file([0xC0, 0x3F, 0x80, 0x40]))
        == Distance(absolute: 0.5, relative: 0.5 / 1.5))
    #expect(try Self.between("a.safetensors", old, old) == Distance())
    #expect(
      try Self.between("a.safetensors", old, file([0xC0, 0x7F, 0x80, 0x40]))
        == Distance(absolute: .infinity, relative: .infinity))
    #expect(try Self.between("a.safetensors", old, file([0, 0, 0, 0], shape: "[1,2]")) == nil)
  }

  @Test func ofRowsAndOtherFiles() throws {
    #expect(
      try Self.between(
        "log.jsonl", Array("{\"l\":1}\n{\"l\":2}\n".utf8), Array("{\"l\":1}\n{\"l\":4}\n".utf8))
        == Distance(absolute: 2, relative: 0.5))
    #expect(try Self.between("log.jsonl", Array("{\"l\":1}\n".utf8), []) == nil)
    #expect(try Self.between("a.txt", [0x61], [0x62]) == nil)
  }
}
