import Documents
import Notebook
import Steps
import Testing

@Suite struct SelectStepTests {
  static let rows = (0..<12).map { index in
    let response = String(repeating: "word ", count: index % 5 + 1)
    return
      #"{"id":\#(index),"instruction":"Q\#(index)","response":"\#(response)","topic":"t\#(index % 3 == 0 ? 0 : index % 2 + 1)"}"#
  }.joined(separator: "\n")

  static func ids(_ outcome: StepBench.Outcome) throws -> [Int64] {
    try outcome.rows("rows.jsonl").compactMap { $0["id"]?.integer }
  }

  struct Case: Sendable {
    var parameters: [String: JSON]
    var ids: [Int64]
  }

  /// Raise the step's version when these change.
  @Test(arguments: [
    Case(parameters: ["method": "longest", "k": 3], ids: [3, 4, 9]),
    Case(parameters: ["method": "longest", "k": 4, "unit": "words"], ids: [3, 4, 8, 9]),
    Case(parameters: ["method": "longest", "k": 99], ids: Array(0..<12)),
    Case(
      parameters: ["method": "filter", "where": "response.words == 1 or id in [3]"],
      ids: [0, 3, 5, 10]),
    Case(parameters: ["method": "random", "k": 4], ids: [0, 2, 9, 10]),
    Case(parameters: ["method": "random", "k": 4, "seed": 1], ids: [0, 2, 5, 6]),
    Case(parameters: ["method": "balanced", "k": 6, "by": "topic"], ids: [0, 2, 5, 7, 9, 10]),
  ])
  func goldenChoices(known: Case) throws {
    let outcome = try StepBench.run("select", known.parameters, inputs: ["rows": Self.rows])
    #expect(try Self.ids(outcome) == known.ids)
    #expect(try outcome.rows("rejected.jsonl").count == 12 - known.ids.count)
    #expect(StepLibrary.declarations["select"]?.version == 1)
  }

  /// Raise the step's version when these bytes change.
  @Test func goldenOutputs() throws {
    let rows =
      "{\"id\":1,\"text\":\"abc\"}\n{\"id\":2,\"text\":\"ab\"}\n{\"id\":3,\"text\":\"xyz\"}\n"
    let outcome = try StepBench.run(
      "select", ["method": "longest", "k": 1], inputs: ["rows": rows])
    #expect(outcome["rows.jsonl"] == "{\"id\":1,\"text\":\"abc\"}\n")
    #expect(
      outcome["rejected.jsonl"] == """
        {"detail":"shorter than the 1 longest","reason":"longest","row":{"id":2,"text":"ab"},"source":{"input":"rows","row":2}}
        {"detail":"shorter than the 1 longest","reason":"longest","row":{"id":3,"text":"xyz"},"source":{"input":"rows","row":3}}

        """)
    #expect(
      outcome["report.json"] == """
        {"dropped":{"longest":2},"in":3,"k":1,"method":"longest","out":1,"rejected":2,"seed":0,"shortest_kept":3,"tied_but_dropped":1,"unit":"characters"}

        """)
  }

  /// Moving rows changes nothing in what is drawn.
  @Test func drawsFollowContent() throws {
    let moved = Self.rows.split(separator: "\n").reversed().joined(separator: "\n")
    let a = try StepBench.run("select", ["method": "random", "k": 5], inputs: ["rows": Self.rows])
    let b = try StepBench.run("select", ["method": "random", "k": 5], inputs: ["rows": moved])
    #expect(try Self.ids(a) == Self.ids(b).reversed())
  }

  struct Mistake: Sendable {
    var parameters: [String: JSON]
    var message: String
  }

  @Test(arguments: [
    Mistake(parameters: ["method": "random"], message: "`select` with method random has no `k`"),
    Mistake(
      parameters: ["method": "filter"], message: "`select` with method filter has no `where`"),
    Mistake(
      parameters: ["method": "balanced", "k": 2],
      message: "`select` with method balanced has no `by`"),
    Mistake(
      parameters: ["method": "filter", "where": "respons.length > 3"],
      message: "the condition `respons.length > 3` asks for the field `respons`, which none of 12 "
        + "rows has"),
    Mistake(
      parameters: ["method": "balanced", "k": 2, "by": "region"],
      message: "cannot balance in/rows, row 1: it has no `region`"),
    Mistake(
      parameters: ["method": "longest", "k": 2, "response_field": "answer"],
      message: "cannot measure in/rows, row 1: it has no response"),
  ])
  func refuses(mistake: Mistake) {
    let message = StepBench.message {
      _ = try StepBench.run("select", mistake.parameters, inputs: ["rows": Self.rows])
    }
    #expect(message == mistake.message)
  }
}
