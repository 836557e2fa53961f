internal import Documents
internal import Files
internal import Problems
internal import Rows
internal import SystemPackage

/// The training data as SageMaker JumpStart expects it in S3: one folder a channel, each with one
/// file of rows, and the template beside the training rows.
struct ConsoleUpload {
  /// What the rows are, by JumpStart's two switches.
  enum Format: Hashable {
    case instruction, chat, text

    /// The name of a channel's file: JumpStart reads JSON Lines by another ending as plain text.
    func fileName(_ channel: String) -> String {
      self == .text ? "\(channel).json" : "\(channel).jsonl"
    }
  }

  let format: Format
  /// Nil for rows that are no instructions.
  let template: (prompt: RowTemplate, completion: RowTemplate)?
  /// Whether the template holds everything between question and answer, so that JumpStart is to add
  /// nothing there.
  let isTemplateWhole: Bool
  private let context: StepContext

  init(_ context: StepContext) throws {
    self.context = context
    let isInstruction = try context.boolean("instruction_tuned")
    let isChat = try context.boolean("chat_dataset")
    format = isInstruction ? .instruction : isChat ? .chat : .text
    let isGiven = context.inputs["template"] != nil
    if isGiven, format != .instruction {
      throw Problem(
        .step, "template-rows",
        "a template is for instruction rows, but instruction_tuned is false",
        hint: "leave the input `template` out, or set instruction_tuned to true")
    }
    guard format == .instruction else {
      template = nil
      isTemplateWhole = false
      return
    }
    let given = try isGiven ? ConsoleUpload.read(try context.input("template")) : nil
    if try ConsoleUpload.arePairs(context) {
      // Rows in a template's form already are trained on as they are.
      template = (RowTemplate("{prompt}"), RowTemplate("{completion}"))
      isTemplateWhole = true
    } else {
      template =
        given
        ?? (
          RowTemplate(TemplateStep.jumpstartPrompt), RowTemplate(TemplateStep.jumpstartCompletion)
        )
      isTemplateWhole = isGiven
    }
  }

  /// Whether the rows have prompt and completion.
  ///
  /// - Throws: a problem where some have and some have not.
  private static func arePairs(_ context: StepContext) throws -> Bool {
    var pairs = 0
    var rows = 0
    for input in ["rows", "validation"] where context.inputs[input] != nil {
      let reader = try context.rows(input)
      while let row = try reader.next() {
        rows += 1
        if RowShape(of: row.fields) == .promptCompletion { pairs += 1 }
        guard pairs == 0 || pairs == rows else {
          throw Problem(
            .step, "row-shape",
            "row \(row.number) of `\(input)` is of another shape than those before it: some have "
              + "`prompt` and `completion`, some do not",
            hint: "give rows of one shape: JumpStart knows one template for all")
        }
      }
    }
    return pairs > 0
  }

  /// The template as JumpStart takes it, which adds the demarcation itself where it is asked to.
  var templateDocument: JSON? {
    template.map { ["prompt": .string($0.prompt.text), "completion": .string($0.completion.text)] }
  }

  /// The same template with everything in it, as `generate` takes it.
  func wholeTemplate() throws -> JSON? {
    guard let template else { return nil }
    let isAdded = try !isTemplateWhole && context.boolean("add_input_output_demarcation_key")
    return [
      "prompt": .string(template.prompt.text + (isAdded ? TemplateStep.demarcation : "")),
      "completion": .string(template.completion.text),
    ]
  }

  /// Writes the rows of each channel and the template below a folder.
  ///
  /// - Returns: the number of rows by channel.
  func write(to folder: FilePath) throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for (channel, input) in [("train", "rows"), ("validation", "validation")] {
      guard context.inputs[input] != nil else { continue }
      counts[channel] = try write(
        input, to: folder.appending(channel).appending(format.fileName(channel)))
    }
    if let templateDocument {
      try Files.write(
        templateDocument.canonicalBytes + [0x0A],
        to: folder.appending("train").appending("template.json"))
    }
    return counts
  }

  /// The number of rows of an input.
  func count(_ input: String) throws -> Int {
    let reader = try context.rows(input)
    var count = 0
    while try reader.next() != nil { count += 1 }
    return count
  }

  private func write(_ input: String, to path: FilePath) throws -> Int {
    let reader = try context.rows(input)
    let writer = try RowWriter(path)
    while let row = try reader.next() {
      try writer.write(try fields(of: row, input))
      try context.pulse(row.number)
    }
    try writer.close()
    guard writer.count > 0 else {
      throw Problem(
        .step, "no-rows", "the input `\(input)` has no rows: nothing to train on",
        hint: "check the step that makes it")
    }
    return writer.count
  }

  private func fields(of row: Row, _ input: String) throws(Problem) -> JSON {
    let shape = RowShape(of: row.fields)
    switch format {
    case .instruction: return .object(try instruction(row, shape, input))
    case .chat:
      guard let shape, let chat = shape.convert(row.fields, to: .chat),
        let turns = ChatTurn.turns(of: chat), turns.last?.role == "assistant"
      else {
        throw refusal(row, input, "is no conversation that ends with the assistant")
      }
      return ["dialog": .array(turns.map(\.json))]
    case .text:
      guard let text = row.text("text") else { throw refusal(row, input, "has no text in `text`") }
      return ["text": .string(text)]
    }
  }

  /// The fields that the template names; `context` is empty where a row has none.
  private func instruction(
    _ row: Row, _ shape: RowShape?, _ input: String
  ) throws(Problem) -> [String: JSON] {
    guard let template else { return row.fields }
    let names = template.prompt.fields + template.completion.fields
    var fields = row.fields
    if names.contains(where: { fields[$0] == nil && $0 != "context" }), let shape,
      let converted = shape.convert(fields, to: .instruction)
    {
      fields = converted
    }
    var result: [String: JSON] = [:]
    for name in names {
      if let text = fields[name]?.string {
        result[name] = .string(text)
      } else if name == "context", fields[name]?.isNull ?? true {
        result[name] = ""
      } else {
        throw refusal(row, input, "has no text in `\(name)`, which the template names")
      }
    }
    return result
  }

  private func refusal(_ row: Row, _ input: String, _ found: String) -> Problem {
    let name = row.fields["id"]?.inlineText.map { " (`\($0.excerpt())`)" } ?? ""
    return Problem(
      .step, "row-shape", "cannot upload row \(row.number)\(name) of `\(input)`: it \(found)",
      hint:
        "instruction_tuned and chat_dataset say what the rows are; `clean` drops incomplete ones"
    )
  }

  private static func read(
    _ path: FilePath
  ) throws(Problem) -> (prompt: RowTemplate, completion: RowTemplate) {
    let document = try? JSON(parsing: try Files.read(path))
    guard let document, let prompt = document["prompt"]?.string,
      let completion = document["completion"]?.string, document.object?.count == 2
    else {
      throw Problem(
        .step, "bad-template",
        "the input `template` is not {\"prompt\": TEXT, \"completion\": TEXT}",
        hint: "make it with the step `template`")
    }
    guard !RowTemplate(completion).fields.isEmpty else {
      throw Problem(
        .step, "bad-template", "the completion of the input `template` names no field of a row",
        hint: "write it like: \" {response}\"")
    }
    return (RowTemplate(prompt), RowTemplate(completion))
  }
}
