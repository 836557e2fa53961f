internal import Documents
internal import Files
internal import Notebook
internal import Problems
internal import Rows

/// `template`: the form in which a model is asked, as one object for training and generation, and
/// the rows in that form.
enum TemplateStep {
  static let step = LibraryStep(declaration, .swift { context in try run(context) })

  enum Style: String { case jumpstart, chatml, plain, custom }

  /// The default of SageMaker JumpStart, word for word.
  static let jumpstartPrompt =
    "Below is an instruction that describes a task, paired with an input that provides further "
    + "context. Write a response that appropriately completes the request.\n\n"
    + "### Instruction:\n{instruction}\n\n### Input:\n{context}\n\n"

  /// What JumpStart puts between prompt and completion, and the completion itself.
  static let demarcation = "\n\n### Response:\n"
  static let jumpstartCompletion = " {response}"

  private static let declaration = StepDeclaration(
    "template", version: 1,
    summary: "Puts rows into the form in which a model is asked, and keeps that form",
    inputs: [.init("rows", "instruction rows, or prompt-completion rows, which stay as they are")],
    outputs: [
      .file("template", "template.json"), .file("prompts", "prompts.jsonl"), .rejected, .report,
    ],
    parameters: [
      .init(
        "style", .choice(["jumpstart", "chatml", "plain", "custom"]), default: "jumpstart",
        "jumpstart: SageMaker JumpStart's default; chatml: <|im_start|> and <|im_end|>; plain: the "
          + "texts under each other; custom: `prompt` and `completion`"),
      .init(
        "prompt", .text, default: .null,
        "the prompt of a custom template, in which {instruction} stands for the row's field"),
      .init(
        "completion", .text, default: .null,
        "the completion of a custom template, as in ` {response}`"),
      .init(
        "add_input_output_demarcation_key", .boolean, default: true,
        "whether jumpstart puts `### Response:` between prompt and completion"),
    ])

  private static func run(_ context: StepContext) throws {
    let (prompt, completion) = try texts(context)
    guard !completion.fields.isEmpty else {
      throw Problem(
        .user, "template-completion",
        "the completion `\(completion.text.excerpt())` names no field of the row",
        hint: "write it like: \" {response}\"")
    }
    let template: JSON = ["prompt": .string(prompt.text), "completion": .string(completion.text)]
    try Files.write(template.canonicalBytes + [0x0A], to: context.output("template.json"))

    let ledger = try RowLedger(context)
    let writer = try RowWriter(context.output("prompts.jsonl"))
    let reader = try context.rows("rows")
    while let row = try reader.next() {
      ledger.countIn()
      let line: [String: JSON]
      do throws(RowTemplate.Gap) { line = try rendered(row, prompt, completion) } catch {
        try ledger.reject(
          "missing_field", error.message, .row(row.fields),
          source: .place("rows", row: row.number))
        continue
      }
      try writer.write(.object(line))
      ledger.countOut()
      try context.pulse(row.number)
    }
    try writer.close()
    try ledger.finish(
      context,
      more: [
        "style": .string(try context.text("style")),
        "fields": .array((prompt.fields + completion.fields).map { .string($0) }),
      ])
  }

  private static func texts(_ context: StepContext) throws(Problem) -> (RowTemplate, RowTemplate) {
    let style: Style = try context.choice("style")
    let prompt = try context.optionalText("prompt")
    let completion = try context.optionalText("completion")
    if style != .custom, prompt != nil || completion != nil {
      throw Problem(
        .user, "template-style",
        "`template` has a `\(prompt == nil ? "completion" : "prompt")`, but its style is "
          + style.rawValue,
        hint: "set style: custom")
    }
    switch style {
    case .jumpstart:
      let hasKey = try context.boolean("add_input_output_demarcation_key")
      return (
        RowTemplate(jumpstartPrompt + (hasKey ? demarcation : "")), RowTemplate(jumpstartCompletion)
      )
    case .chatml:
      return (
        RowTemplate(
          "<|im_start|>user\n{instruction}\n\n{context}<|im_end|>\n<|im_start|>assistant\n"),
        RowTemplate("{response}<|im_end|>\n")
      )
    case .plain: return (RowTemplate("{instruction}\n\n{context}\n\n"), RowTemplate("{response}"))
    case .custom:
      guard let prompt, let completion else {
        throw Problem(
          .user, "template-style",
          "a custom template has no `\(prompt == nil ? "prompt" : "completion")`",
          hint: "give it both `prompt` and `completion`")
      }
      return (RowTemplate(prompt), RowTemplate(completion))
    }
  }

  /// A row in the template's form; a row that has prompt and completion already is taken as it is,
  /// and a missing `context` is empty.
  private static func rendered(
    _ row: Row, _ prompt: RowTemplate, _ completion: RowTemplate
  ) throws(RowTemplate.Gap) -> [String: JSON] {
    func value(_ name: String) throws(RowTemplate.Gap) -> String {
      switch row.fields[name] {
      case .string(let text): return text
      case nil, .null:
        if name == "context" { return "" }
        throw .missing(name)
      case .some(let other): throw .noText(name, other.kindName)
      }
    }
    var line: [String: JSON] = [:]
    if row.fields["prompt"] != nil, row.fields["completion"] != nil {
      line["prompt"] = .string(try value("prompt"))
      line["completion"] = .string(try value("completion"))
    } else {
      line["prompt"] = .string(try prompt.fill(value))
      line["completion"] = .string(try completion.fill(value))
    }
    line["id"] = row.fields["id"]
    return line
  }
}
