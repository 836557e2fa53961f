import Documents
import Files
import Foundation
import Notebook
import Problems
import Recording
import Steps
import Store
import SystemPackage
import Testing

/// `generate/endpoint`: every question is answered or rejected with the reason.
@Suite struct EndpointGenerateTests {
  private struct Outcome {
    var answers: String
    var rejected: [JSON]
    var report: JSON
  }

  private let server: ChatServer

  init() throws { server = try ChatServer() }

  private func run(
    _ rows: [String], _ parameters: [String: JSON] = [:], template: String? = nil
  ) throws -> Outcome {
    let root = try Files.makeTemporaryFolder(
      in: FilePath(NSTemporaryDirectory()), prefix: "larder-endpoint-")
    defer { try? Files.remove(root) }
    let out = root.appending("out")
    try Files.makeFolder(out)
    var inputs = ["questions": root.appending("questions")]
    try Files.write(
      Array(rows.map { $0 + "\n" }.joined().utf8), to: root.appending("questions"))
    if let template {
      inputs["template"] = root.appending("template")
      try Files.write(Array(template.utf8), to: root.appending("template"))
    }
    let step = try StepLibrary.step(named: "generate/endpoint")
    var all: [String: JSON] = [:]
    for parameter in step.declaration.parameters { all[parameter.name] = parameter.defaultValue }
    all["provider"] = "test"
    all["model"] = "small"
    all.merge(parameters) { _, new in new }
    guard case .recorded(let body) = step.implementation(for: all) else { throw Other() }
    let (values, variables) = (all, server.variables("ok"))
    let recorder = ExchangeRecorder(
      asking: { try body.outside(values, variables: variables) }, store: MemoryStore())
    try body.run(
      StepContext(parameters: all, inputs: inputs, outputFolder: out), asking: recorder)
    return Outcome(
      answers: try Files.readText(out.appending("answers.jsonl")),
      rejected: try Files.readText(out.appending("rejected.jsonl")).split(separator: "\n")
        .map { try JSON(parsing: String($0)) },
      report: try JSON(parsing: try Files.read(out.appending("report.json"))))
  }

  private struct Other: Error {}

  @Test func noQuestionIsLost() throws {
    let outcome = try run([
      #"{"instruction":"hello"}"#, #"{"instruction":"too long"}"#, #"{"instruction":"silent"}"#,
      #"{"instruction":"declined"}"#, #"{"instruction":"cut"}"#, #"{"prompt":"go on"}"#,
      #"{"instruction":"hello"}"#, #"{"context":"alone","instruction":null}"#,
    ])
    #expect(
      outcome.answers == """
        {"base":{"answer":"You said hello"},"instruction":"hello"}
        {"base":{"answer":"half an ans"},"instruction":"cut"}
        {"base":{"answer":"You said go on"},"prompt":"go on"}
        {"base":{"answer":"You said hello"},"instruction":"hello"}

        """)
    #expect(
      outcome.rejected.map { $0["detail"]?.string?.prefix(40) } == [
        "the endpoint refused the question: too m", "the reply has no text (finish_reason too",
        "the model refused: I would rather not",
        outcome.rejected.last?["detail"]?.string?.prefix(40),
      ])
    #expect(
      outcome.rejected.map { $0["reason"]?.string } == [
        "unusable_reply", "unusable_reply", "unusable_reply", "missing_field",
      ])
    #expect(
      outcome.report.canonicalText
        == #"{"cut":1,"dropped":{"missing_field":1,"unusable_reply":3},"empty":0,"in":8,"model":"small","out":4,"provider":"test","rejected":4,"tokens":{"completion":15,"prompt":35,"replies_without_count":1}}"#
    )
    #expect(try server.asked().count == 6, "the same question is asked once")
  }

  @Test func whatIsAsked() throws {
    let outcome = try run(
      [#"{"instruction":"Name it","context":"a cat"}"#],
      [
        "system": "Be short", "as": "tuned", "top_p": .number(0.5),
        "options": ["stop": ["\n"], "top_p": .null, "temperature": 1],
      ])
    #expect(
      outcome.answers.hasPrefix(
        #"{"context":"a cat","instruction":"Name it","tuned":{"answer":"You said Name it"#))
    #expect(
      try server.asked()[0]["body"]?.canonicalText
        == #"{"max_tokens":256,"messages":[{"content":"Be short","role":"system"},{"content":"Name it\n\na cat","role":"user"}],"model":"small","stop":["\n"],"temperature":1}"#
    )
    _ = try run(
      [#"{"instruction":"Name it","context":"a cat"}"#],
      template: #"{"prompt":"Q {instruction} I {context}\n","completion":" {response}"}"#)
    #expect(
      try server.asked()[1]["body"]?["messages"]?.array?.last?["content"]?.string
        == "Q Name it I a cat\n")
  }

  @Test(
    arguments: [
      ([#"{"instruction":"a","base":{"answer":"b"}}"#], [:], "answer-field"),
      ([], [:], "no-questions"),
      ([#"{"instruction":"a"}"#], ["options": ["stream": true]], "endpoint-option"),
      ([#"{"instruction":"a"}"#], ["provider": "A b"], "provider"),
    ] as [([String], [String: JSON], String)])
  func refused(rows: [String], parameters: [String: JSON], code: String) throws {
    let problem = #expect(throws: Problem.self) { try run(rows, parameters) }
    #expect(problem?.code.text == code)
    #expect(try server.asked().isEmpty)
  }
}
