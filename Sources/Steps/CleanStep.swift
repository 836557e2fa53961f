internal import Comparison
internal import Documents
internal import Files
internal import Notebook
internal import Problems
internal import Rows

/// `clean`: mends texts and sifts rows by rules that are counted one by one.
///
/// Rows are read once. What the row rules leave is written to a partial file while the signatures
/// for near-duplicates are gathered; then the near-duplicates are taken out of it.
enum CleanStep {
  static let step = LibraryStep(declaration, .swift { context in try run(context) })

  private static let declaration = StepDeclaration(
    "clean", version: 1,
    summary: "Mends texts and drops rows by rules, each counted and switchable",
    inputs: [.init("rows", "rows of any shape")],
    outputs: [.rows, .rejected, .report],
    parameters: [
      .init("unicode", .boolean, default: true, "put texts into Unicode NFC"),
      .init(
        "control_characters", .boolean, default: true,
        "remove control and invisible characters, but for tabulators and line ends"),
      .init(
        "quotes", .choice(["keep", "fold"]), default: "keep",
        "typographic quotes: keep them, or fold them to ' and \""),
      .init(
        "whitespace", .choice(["keep", "trim", "fold"]), default: "fold",
        "trim both ends; fold also makes runs of spaces inside a line one space and of empty lines "
          + "one line, and keeps what indents a line"),
      .init(
        "prompt_field", .text, default: .null,
        "the field that asks; by default the one of the row's shape"),
      .init(
        "response_field", .text, default: .null,
        "the field that answers; by default the one of the row's shape, and rows of no known shape "
          + "are dropped (unknown_shape)"),
      .init(
        "leaked_headers", .choice(["keep", "strip", "drop"]), default: "strip",
        "headers such as `### Answer` or `Answer:` that begin a response: strip them, or drop the "
          + "row"),
      .init(
        "required", .list(.text), default: .null,
        "fields that must hold something; by default those of the row's shape"),
      .init(
        "refusals", .choice(["keep", "drop"]), default: "drop",
        "responses that begin like a model's refusal; keep them where refusing is to be learned"),
      .init(
        "min_prompt_chars", .integer(0...1_000_000_000), default: .null,
        "the fewest characters of a prompt"),
      .init(
        "max_prompt_chars", .integer(0...1_000_000_000), default: .null,
        "the most characters of a prompt"),
      .init(
        "min_response_chars", .integer(0...1_000_000_000), default: .null,
        "the fewest characters of a response"),
      .init(
        "max_response_chars", .integer(0...1_000_000_000), default: .null,
        "the most characters of a response"),
      .init(
        "first_person", .choice(["keep", "drop"]), default: "keep",
        "responses with I, me, my, mine or myself"),
      .init("links", .choice(["keep", "drop"]), default: "keep", "responses with a web address"),
      .init(
        "personal_data", .choice(["keep", "mask", "drop"]), default: "keep",
        "e-mail addresses and telephone numbers: mask them as [email] and [phone], or drop the row"),
      .init(
        "exact_duplicates", .boolean, default: true,
        "drop rows whose texts all equal an earlier row's; id and source are not compared"),
      .init(
        "duplicate_fields", .list(.text), default: .null,
        "the fields that both kinds of duplicates compare; by default all of the row's shape"),
      .init(
        "near_duplicates", .boolean, default: true,
        "drop rows that are nearly the same as a longer one in every compared field (MinHash)"),
      .init(
        "near_duplicate_threshold", .number(0.1...1), default: .number(0.85),
        "the least similarity (Jaccard, estimated) of near-duplicates"),
      .init(
        "near_duplicate_unit", .choice(["words", "characters"]), default: "words",
        "what the compared pieces are made of"),
      .init(
        "near_duplicate_shingle", .integer(1...20), default: 3,
        "how many words or characters a compared piece has"),
      .init(
        "seed", .integer(Int64.min...Int64.max), default: 0,
        "decides the hash functions of MinHash"),
    ])

  private static func run(_ context: StepContext) throws {
    let settings = try CleanSettings(context)
    let ledger = try RowLedger(context)
    var rules = CleanRules(settings)
    var near = NearRows(settings)

    let partial = context.output("rows.partial")
    let writer = try RowWriter(partial)
    let reader = try context.rows("rows")
    while var row = try reader.next() {
      ledger.countIn()
      switch rules.apply(to: &row.fields) {
      case .dropped(let reason, let detail):
        try ledger.reject(
          reason, detail, .row(row.fields), source: .place("rows", row: row.number))
      case .kept(let found):
        try writer.write(row)
        near.add(row, found)
      }
      try context.pulse(row.number)
    }
    try writer.close()

    let removed = try near.remove(
      from: partial, to: context.output("rows.jsonl"), kept: writer.count, ledger, context)
    var tallies = rules.tallies.map(\.json)
    tallies.append(near.json(removed: removed))
    try ledger.finish(context, rules: tallies)
  }
}
