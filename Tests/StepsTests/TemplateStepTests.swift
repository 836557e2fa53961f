import Documents
import Notebook
import Steps
import Testing

@Suite struct TemplateStepTests {
  static let rows = """
    {"context":"A {response} in braces","id":"x","instruction":"Sum up","response":"Short."}
    {"instruction":"No context","response":"Fine."}
    {"instruction":"No response"}
    {"completion":" c","prompt":"p"}
    {"instruction":["list"],"response":"r"}

    """

  /// JumpStart's default, word for word, and the step's bytes: raise its version when they change.
  @Test func goldenJumpStart() throws {
    let outcome = try StepBench.run("template", inputs: ["rows": Self.rows])
    let head =
      "Below is an instruction that describes a task, paired with an input that provides further "
      + "context. Write a response that appropriately completes the request.\\n\\n"
      + "### Instruction:\\n"
    let foot = "\\n\\n\\n\\n### Response:\\n"
    #expect(
      outcome["template.json"]
        == "{\"completion\":\" {response}\",\"prompt\":\"\(head){instruction}\\n\\n### Input:\\n"
        + "{context}\(foot)\"}\n")
    #expect(
      outcome["prompts.jsonl"]
        == "{\"completion\":\" Short.\",\"id\":\"x\",\"prompt\":\"\(head)Sum up\\n\\n### Input:\\n"
        + "A {response} in braces\(foot)\"}\n"
        + "{\"completion\":\" Fine.\",\"prompt\":\"\(head)No context\\n\\n### Input:\\n\(foot)\"}\n"
        + "{\"completion\":\" c\",\"prompt\":\"p\"}\n")
    #expect(
      outcome["rejected.jsonl"] == """
        {"detail":"the row has no `response`","reason":"missing_field","row":{"instruction":"No response"},"source":{"input":"rows","row":3}}
        {"detail":"`instruction` is a list, not a text","reason":"missing_field","row":{"instruction":["list"],"response":"r"},"source":{"input":"rows","row":5}}

        """)
    #expect(
      outcome["report.json"] == """
        {"dropped":{"missing_field":2},"fields":["instruction","context","response"],"in":5,"out":3,"rejected":2,"style":"jumpstart"}

        """)
    #expect(StepLibrary.declarations["template"]?.version == 1)
  }

  struct Style: Sendable {
    var parameters: [String: JSON]
    var template: String
  }

  @Test(arguments: [
    Style(
      parameters: ["style": "chatml"],
      template:
        #"{"completion":"{response}<|im_end|>\n","prompt":"<|im_start|>user\n{instruction}\n\n{context}<|im_end|>\n<|im_start|>assistant\n"}"#
    ),
    Style(
      parameters: ["style": "plain"],
      template: #"{"completion":"{response}","prompt":"{instruction}\n\n{context}\n\n"}"#),
    Style(
      parameters: [
        "style": "custom", "prompt": "Q: {instruction}\nA:", "completion": " {response}",
      ],
      template: #"{"completion":" {response}","prompt":"Q: {instruction}\nA:"}"#),
  ])
  func styles(style: Style) throws {
    let outcome = try StepBench.run("template", style.parameters, inputs: ["rows": Self.rows])
    #expect(outcome["template.json"] == style.template + "\n")
  }

  @Test func withoutDemarcation() throws {
    let outcome = try StepBench.run(
      "template", ["add_input_output_demarcation_key": false], inputs: ["rows": Self.rows])
    #expect(outcome["template.json"].hasSuffix("### Input:\\n{context}\\n\\n\"}\n"))
  }

  @Test(
    arguments: [
      (["style": "custom", "prompt": "p"], "a custom template has no `completion`"),
      (["prompt": "p"], "`template` has a `prompt`, but its style is jumpstart"),
      (
        ["style": "custom", "prompt": "p", "completion": "c"],
        "the completion `c` names no field of the row"
      ),
    ] as [([String: JSON], String)])
  func refuses(parameters: [String: JSON], message: String) {
    #expect(
      StepBench.message {
        _ = try StepBench.run("template", parameters, inputs: ["rows": Self.rows])
      } == message)
  }

  @Test func theTemplateIsTheMainOutput() {
    #expect(StepLibrary.declarations["template"]?.outputs.first?.name == "template")
  }
}
