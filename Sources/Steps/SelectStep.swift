internal import Documents
internal import Notebook
internal import Problems
internal import Rows

/// `select`: keeps some rows, in the order in which they came.
enum SelectStep {
  static let step = LibraryStep(declaration, .swift { context in try run(context) })

  enum Method: String { case longest, random, filter, balanced }
  enum Unit: String { case characters, words }

  private static let declaration = StepDeclaration(
    "select", version: 1, summary: "Keeps some of the rows, in the order in which they came",
    inputs: [.init("rows", "rows of any shape")],
    outputs: [.rows, .rejected, .report],
    parameters: [
      .init(
        "method", .choice(["longest", "random", "filter", "balanced"]), default: nil,
        "longest: the k rows with the longest response, of equals the earlier. random: k rows by a "
          + "number drawn from seed and content, so that moving rows changes nothing. filter: the "
          + "rows for which `where` holds. balanced: k rows, as many as possible alike of each value "
          + "of `by`, drawn as random does"),
      .init("k", .integer(1...Int64.max), default: .null, "how many rows to keep, but for filter"),
      .init(
        "where", .text, default: .null,
        "a condition, as in: response.length >= 40 and kind == \"seen\"; with == != < <= > >= in "
          + "contains starts_with and or not ( ), texts in quotes, .length in characters, .words"),
      .init("by", .text, default: .null, "the field that balanced goes by, as in `topic`"),
      .init(
        "unit", .choice(["characters", "words"]), default: "characters",
        "what longest counts; tokens come with a pinned tokenizer"),
      .init(
        "response_field", .text, default: .null,
        "the field that longest measures; by default the one of the row's shape"),
      .init("seed", .integer(Int64.min...Int64.max), default: 0, "decides what random draws"),
    ])

  private static func run(_ context: StepContext) throws {
    let method: Method = try context.choice("method")
    let kept: Selection
    switch method {
    case .filter: kept = try filtered(context)
    case .longest: kept = Selection.greatest(try count(context), try lengths(context))
    case .random: kept = Selection.least(try count(context), try draws(context))
    case .balanced: kept = try balanced(context)
    }
    try write(context, method, kept)
  }

  /// Writes the rows of a selection and rejects the others.
  private static func write(_ context: StepContext, _ method: Method, _ kept: Selection) throws {
    let ledger = try RowLedger(context)
    let writer = try RowWriter(context.output("rows.jsonl"))
    let reader = try context.rows("rows")
    while let row = try reader.next() {
      ledger.countIn()
      if kept.isKept[row.number - 1] {
        try writer.write(row)
        ledger.countOut()
      } else {
        try ledger.reject(
          method.rawValue, kept.reason, .row(row.fields), source: .place("rows", row: row.number))
      }
      try context.pulse(row.number)
    }
    try writer.close()
    var more = kept.report
    more["method"] = .string(method.rawValue)
    for name in ["k", "where", "by", "unit", "seed"] {
      if let value = context.parameters[name], !value.isNull { more[name] = value }
    }
    try ledger.finish(context, more: more)
  }

  private static func count(_ context: StepContext) throws(Problem) -> Int {
    guard let count = try context.optionalInteger("k") else {
      throw Problem(
        .user, "select-k", "`select` with method \(try context.text("method")) has no `k`",
        hint: "say how many rows to keep, as in k: 500")
    }
    return Int(count)
  }

  private static func filtered(_ context: StepContext) throws -> Selection {
    guard let text = try context.optionalText("where") else {
      throw Problem(
        .user, "select-where", "`select` with method filter has no `where`",
        hint: "write a condition, as in where: response.length >= 40")
    }
    let filter = try RowFilter(parsing: text)
    var isKept: [Bool] = []
    var unseen = Set(filter.fieldNames)
    var known: Set<String> = []
    let reader = try context.rows("rows")
    while let row = try reader.next() {
      isKept.append(filter.matches(row.fields))
      if !unseen.isEmpty {
        unseen.subtract(row.fields.keys)
        known.formUnion(row.fields.keys)
      }
      try context.pulse(row.number)
    }
    if !isKept.isEmpty, let name = filter.fieldNames.first(where: unseen.contains) {
      throw Problem(
        .user, "select-field",
        "the condition `\(text)` asks for the field `\(name)`, which none of \(isKept.count) rows has",
        hint: Suggestion.hint(for: name, among: known)
          ?? "they have \(known.sorted { $0.precedes($1) }.prefix(10).joined(separator: ", "))")
    }
    return Selection(isKept: isKept, reason: "does not fulfil the condition")
  }

  private static func lengths(_ context: StepContext) throws -> [Int] {
    let unit: Unit = try context.choice("unit")
    let field = try context.optionalText("response_field")
    var lengths: [Int] = []
    let reader = try context.rows("rows")
    while let row = try reader.next() {
      guard
        let response = RowFields(of: row.fields, prompt: nil, response: field)?
          .responseText(row.fields)
      else {
        throw Problem(
          .step, "select-response",
          "cannot measure in/rows, row \(row.number): it has no response",
          hint: field == nil
            ? "name the field with `response_field`"
            : "drop such rows first with `clean` and required: [\(field ?? "")]")
      }
      lengths.append(unit == .words ? response.wordCount : response.codePoints)
      try context.pulse(row.number)
    }
    return lengths
  }

  private static func draws(_ context: StepContext) throws -> [UInt64] {
    let draw = StableDraw(purpose: "select", seed: try context.integer("seed"))
    var draws: [UInt64] = []
    let reader = try context.rows("rows")
    while let row = try reader.next() {
      draws.append(draw.bits(row.json.canonicalBytes))
      try context.pulse(row.number)
    }
    return draws
  }

  private static func balanced(_ context: StepContext) throws -> Selection {
    guard let field = try context.optionalText("by") else {
      throw Problem(
        .user, "select-by", "`select` with method balanced has no `by`",
        hint: "name the field to balance, as in by: topic")
    }
    let path = RowPath(field)
    let draw = StableDraw(purpose: "select", seed: try context.integer("seed"))
    var groups: [[UInt8]: [(draw: UInt64, row: Int)]] = [:]
    var total = 0
    let reader = try context.rows("rows")
    while let row = try reader.next() {
      guard let value = path?.value(in: row.json), !value.isNull else {
        throw Problem(
          .step, "select-by", "cannot balance in/rows, row \(row.number): it has no `\(field)`",
          hint: "drop such rows first with `clean` and required: [\(field)]")
      }
      groups[value.canonicalBytes, default: []].append(
        (draw.bits(row.json.canonicalBytes), row.number - 1))
      total += 1
      try context.pulse(row.number)
    }
    return Selection.balanced(try count(context), groups, of: total)
  }
}
