import Documents
import Rows
import Testing

@Suite struct RowShapeTests {
  static func fields(_ text: String) throws -> [String: JSON] {
    try #require(try JSON(parsing: text).object)
  }

  @Test(arguments: [
    (#"{"instruction":"i","context":"c","response":"r"}"#, RowShape.instruction),
    (#"{"instruction":"i","response":"r","id":7}"#, .instruction),
    (#"{"prompt":"p","completion":"c"}"#, .promptCompletion),
    (#"{"prompt":"p","chosen":"c","rejected":"r","completion":"x"}"#, .preference),
    (#"{"messages":[]}"#, .chat), (#"{"dialog":[]}"#, .chat), (#"{"conversations":[]}"#, .chat),
    (#"{"text":"t"}"#, .text),
  ])
  func detects(text: String, shape: RowShape) throws {
    #expect(RowShape(of: try Self.fields(text)) == shape)
  }

  @Test(arguments: ["{}", #"{"question":"q","answer":"a"}"#, #"{"prompt":"p"}"#])
  func detectsNothing(text: String) throws {
    #expect(RowShape(of: try Self.fields(text)) == nil)
  }

  @Test(arguments: [
    (
      #"{"instruction":"i","context":"c","response":"r","id":1}"#, RowShape.promptCompletion,
      #"{"completion":"r","id":1,"prompt":"i\n\nc"}"#
    ),
    (
      #"{"instruction":"i","context":"","response":"r"}"#, .chat,
      #"{"messages":[{"content":"i","role":"user"},{"content":"r","role":"assistant"}]}"#
    ),
    (
      #"{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"}]}"#, .instruction,
      #"{"context":"","instruction":"q","response":"a"}"#
    ),
    (
      #"{"prompt":"p","chosen":"c","rejected":"r"}"#, .promptCompletion,
      #"{"completion":"c","prompt":"p"}"#
    ),
    (#"{"prompt":"p","completion":"c"}"#, .text, #"{"text":"p\n\nc"}"#),
    (#"{"text":"t"}"#, .text, #"{"text":"t"}"#),
  ])
  func converts(text: String, target: RowShape, expected: String) throws {
    let fields = try Self.fields(text)
    let shape = try #require(RowShape(of: fields))
    let converted = try #require(shape.convert(fields, to: target))
    #expect(JSON.object(converted).canonicalText == expected)
  }

  @Test(arguments: [
    (#"{"text":"t"}"#, RowShape.instruction),
    (#"{"prompt":"p","completion":"c"}"#, .preference),
    (
      #"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"#,
      .instruction
    ),
    (#"{"messages":[{"role":"wizard","content":"q"}]}"#, .text),
  ])
  func refusesToConvert(text: String, target: RowShape) throws {
    let fields = try Self.fields(text)
    #expect(RowShape(of: fields)?.convert(fields, to: target) == nil)
  }

  @Test(arguments: [
    ("name", "\"N\""), ("list.1", "2"), ("inner.deep.x", "true"), ("dotted.name", "5"),
  ])
  func findsPaths(path: String, expected: String) throws {
    let value = try JSON(
      parsing: #"{"name":"N","list":[1,2],"inner":{"deep":{"x":true}},"dotted.name":5}"#)
    #expect(try #require(RowPath(path)).value(in: value)?.canonicalText == expected)
  }

  @Test(arguments: ["list.2", "name.x", "nothing", "list.-1", "inner.deep.y"])
  func findsNothing(path: String) throws {
    let value = try JSON(parsing: #"{"name":"N","list":[1,2],"inner":{"deep":{"x":true}}}"#)
    #expect(try #require(RowPath(path)).value(in: value) == nil)
  }

  @Test(arguments: ["", ".", "a.", ".a", "a..b"]) func badPaths(path: String) {
    #expect(RowPath(path) == nil)
  }

  @Test func templates() throws {
    let template = RowTemplate("{a} {b}{{a}} {not a field} {} {1} {a.b} {open")
    #expect(template.fields == ["a", "b"])
    #expect(
      try template.fill { (name) throws(RowTemplate.Gap) in "<\(name){b}>" }
        == "<a{b}> <b{b}>{<a{b}>} {not a field} {} {1} {a.b} {open")
    #expect(RowTemplate("{a.b} {l.0} {.x}", allowingPaths: true).fields == ["a.b", "l.0"])
    #expect(throws: RowTemplate.Gap.missing("a")) {
      try template.fill { (name) throws(RowTemplate.Gap) in throw .missing(name) }
    }
  }

  /// The draws decide on which side of a split rows are: they may never change.
  @Test func drawsAreFixed() {
    let draw = StableDraw(purpose: "split", seed: 7)
    #expect(draw.bits(Array("key".utf8)) == 0x1A08155AD02C65F7)
    #expect(draw.bits([]) != StableDraw(purpose: "select", seed: 7).bits([]))
    #expect(draw.bits([]) != StableDraw(purpose: "split", seed: 8).bits([]))
    let shares = (0..<2000).map { draw.fraction(Array("\($0)".utf8)) }
    #expect(shares.allSatisfy { (0..<1).contains($0) })
    #expect(abs(shares.count { $0 < 0.25 } - 500) < 100)
  }
}
