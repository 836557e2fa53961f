internal import Documents
internal import Files
internal import Models
internal import Notebook
internal import Problems
internal import Recording
internal import Rows
internal import Synchronization

/// `generate/endpoint`: what a model behind an OpenAI-compatible endpoint answers to questions.
///
/// A kind of its own beside `generate`: a recipe without `model` is still refused before anything
/// runs, the keys of `generate` stay as they are, and no parameter is there for one way alone.
///
/// A line of `answers.jsonl` is the question's row with `"base":{"answer":TEXT}`, or with the field
/// that `as` names, which `score` takes as it takes the answers of `generate`.
struct EndpointGenerateStep: RecordedStep {
  static let step = LibraryStep(declaration, .recorded(EndpointGenerateStep()))

  private static let declaration = StepDeclaration(
    "generate/endpoint", version: 1, kind: .recorded,
    summary: "Answers questions with a model behind an OpenAI-compatible endpoint",
    inputs: [
      .init("questions", "instruction or prompt-completion rows; the answers are added to them"),
      .init(
        "template", required: false,
        "template.json; without one the model is asked instruction and context as they are"),
    ],
    outputs: [.file("answers", "answers.jsonl"), .rejected, .report],
    parameters: [
      .init(
        "provider", .text, default: nil,
        "names the variables PROVIDER_BASE_URL and PROVIDER_API_KEY, as in openai"),
      .init("model", .text, default: nil, "as the endpoint calls it"),
      .init("system", .text, default: .null, "a system message before each question"),
      .init("temperature", .number(0...10), default: 0, "as the endpoint understands it"),
      .init("top_p", .number(0.000001...1), default: 1, "as the endpoint understands it"),
      .init(
        "max_new_tokens", .integer(1...1_048_576), default: 256, "the longest answer, in tokens"),
      .init(
        "options", .mapping, default: .object([:]),
        "further members of the request's body, as the endpoint knows them; null takes one out"),
      .init(
        "sample", .integer(0...1_000_000), default: 0,
        "another number asks the same questions once more; it is not sent"),
      .init(
        "as", .choice(["base", "tuned"]), default: "base", "whose answers they are, for `score`"),
      .init("calls_in_flight", .integer(1...64), default: 4, "calls made at the same time"),
    ])

  func outside(
    _ parameters: [String: JSON], variables: [String: String]
  ) throws(Problem) -> any Outside {
    try ChatEndpoint(provider: parameters["provider"]?.string ?? "", variables: variables)
  }

  func run(_ context: StepContext, asking recorder: ExchangeRecorder) throws {
    let provider = try context.text("provider")
    guard provider.wholeMatch(of: /[a-z][a-z0-9-]*/) != nil else {
      throw Problem(
        .user, "provider", "the provider `\(provider)` is no name",
        hint: "write it in small letters, digits and `-`, as in openai")
    }
    let answerer = try context.text("as")
    let template = try template(context)
    let settings = try settings(context)
    let system = try context.optionalText("system")
    let model = try context.text("model")
    let sample = try context.integer("sample")

    var rows: [Row] = []
    var requests: [Result<JSON, RowTemplate.Gap>] = []
    let reader = try context.rows("questions")
    while let row = try reader.next() {
      if row.fields[answerer] != nil {
        throw Problem(
          .step, "answer-field",
          "question \(row.number) has a field `\(answerer)`, which is where its answer goes",
          hint: "rename it")
      }
      rows.append(row)
      requests.append(
        Result { () throws(RowTemplate.Gap) in
          let prompt = try EndpointGenerateStep.prompt(of: row, template)
          let messages =
            (system.map { [ChatRequest.Message(role: "system", content: $0)] } ?? [])
            + [ChatRequest.Message(role: "user", content: prompt)]
          return ChatRequest(
            provider: provider, model: model, messages: messages, parameters: settings,
            sample: sample
          ).document
        })
    }
    guard !rows.isEmpty else {
      throw Problem(
        .step, "no-questions", "the input `questions` has no rows: nothing to answer")
    }
    let replies = try ask(
      requests, width: Int(try context.integer("calls_in_flight")), context, recorder)
    try write(rows, requests, replies, as: answerer, context)
  }

  /// The replies by question; nil for questions that were not asked.
  private func ask(
    _ requests: [Result<JSON, RowTemplate.Gap>], width: Int, _ context: StepContext,
    _ recorder: ExchangeRecorder
  ) throws -> [ChatReply?] {
    let replies = Replies(requests.count)
    try CallsInFlight.perform(requests.count, width: width) { index in
      try context.checkCancelled()
      guard case .success(let request) = requests[index] else { return }
      let reply = ChatReply(try recorder.response(to: request))
      let done = replies.take(reply, at: index)
      context.report(
        Progress(
          done: Double(done), total: Double(requests.count), unit: "questions", text: ""))
    }
    return replies.all
  }

  private func write(
    _ rows: [Row], _ requests: [Result<JSON, RowTemplate.Gap>], _ replies: [ChatReply?],
    as answerer: String, _ context: StepContext
  ) throws {
    let ledger = try RowLedger(context)
    var counted: Set<JSON> = []
    let writer = try RowWriter(context.output("answers.jsonl"))
    var prompt: Int64 = 0
    var completion: Int64 = 0
    var uncounted = 0
    var cut = 0
    var empty = 0
    for (index, row) in rows.enumerated() {
      ledger.countIn()
      let place = JSON.place("questions", row: row.number)
      let request: JSON
      switch requests[index] {
      case .success(let asked): request = asked
      case .failure(let gap):
        try ledger.reject("missing_field", gap.message, .row(row.fields), source: place)
        continue
      }
      guard let reply = replies[index] else { continue }
      if !counted.insert(request).inserted {
        // The same question, asked once.
      } else if let used = reply.promptTokens, let said = reply.completionTokens {
        // What is no count of tokens is not added up.
        prompt = prompt.addingReportingOverflow(max(0, used)).partialValue
        completion = completion.addingReportingOverflow(max(0, said)).partialValue
      } else {
        uncounted += 1
      }
      guard let text = reply.text else {
        try ledger.reject("unusable_reply", reply.reason, .row(row.fields), source: place)
        continue
      }
      let answer = text.trimmed
      if answer.isEmpty { empty += 1 }
      if reply.isCut { cut += 1 }
      var fields = row.fields
      fields[answerer] = ["answer": .string(answer)]
      try writer.write(.object(fields))
      ledger.countOut()
    }
    try writer.close()
    try ledger.finish(
      context,
      more: [
        "provider": .string(try context.text("provider")),
        "model": .string(try context.text("model")), "empty": .integer(Int64(empty)),
        "cut": .integer(Int64(cut)),
        "tokens": [
          "prompt": .integer(prompt), "completion": .integer(completion),
          "replies_without_count": .integer(Int64(uncounted)),
        ],
      ])
  }

  private func settings(_ context: StepContext) throws(Problem) -> [String: JSON] {
    var settings: [String: JSON] = [
      "temperature": .number(try context.number("temperature")),
      "top_p": .number(try context.number("top_p")),
      "max_tokens": .integer(try context.integer("max_new_tokens")),
    ]
    for (name, value) in context.parameters["options"]?.object ?? [:] {
      guard !["model", "messages", "stream", "n"].contains(name) else {
        throw Problem(
          .user, "endpoint-option", "`options` sets `\(name)`, which the step sets itself",
          hint: "take it out")
      }
      settings[name] = value.isNull ? nil : value
    }
    return settings
  }

  private func template(_ context: StepContext) throws -> RowTemplate? {
    guard let path = context.inputs["template"] else { return nil }
    guard let text = try JSON(parsing: try Files.read(path))["prompt"]?.string else {
      throw Problem(
        .step, "template", "the input `template` has no text `prompt`",
        hint: "give it the template.json of a `template` step")
    }
    return RowTemplate(text)
  }

  private static func prompt(
    of row: Row, _ template: RowTemplate?
  ) throws(RowTemplate.Gap) -> String {
    func value(_ name: String) throws(RowTemplate.Gap) -> String {
      switch row.fields[name] {
      case .string(let text): return text
      case nil, .null:
        if name == "context" { return "" }
        throw .missing(name)
      case .some(let other): throw .noText(name, other.kindName)
      }
    }
    if row.fields["prompt"] != nil { return try value("prompt") }
    if let template { return try template.fill(value) }
    let instruction = try value("instruction")
    let context = try value("context")
    return context.isEmpty ? instruction : instruction + "\n\n" + context
  }
}

/// What came back so far, from several threads.
private final class Replies: Sendable {
  private struct State {
    var replies: [ChatReply?]
    var done = 0
  }

  private let state: Mutex<State>

  init(_ count: Int) { state = Mutex(State(replies: Array(repeating: nil, count: count))) }

  /// - Returns: how many there are now.
  func take(_ reply: ChatReply, at index: Int) -> Int {
    state.withLock { state in
      state.replies[index] = reply
      state.done += 1
      return state.done
    }
  }

  var all: [ChatReply?] { state.withLock { $0.replies } }
}

extension String {
  /// Without white space at both ends.
  fileprivate var trimmed: String {
    let rest = drop(while: \.isWhitespace)
    guard let last = rest.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(rest[...last])
  }
}
