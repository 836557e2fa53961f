internal import Documents
internal import Notebook
internal import Problems
internal import Rows

/// `split`: rows for training, validation and test.
///
/// Each row, or each group of rows, gets a number of [0, 1) from SHA-256 of seed and group (see
/// `StableDraw`): below `test` it is a test row, below `test + validation` a validation row,
/// otherwise a training row. So a row's side depends on nothing but itself, as in the hash splits
/// that warehouses of data use: adding, removing or moving rows never moves another to the other
/// side, and the sizes are near the fractions, not equal to them.
enum SplitStep {
  static let step = LibraryStep(declaration, .swift { context in try run(context) })

  private static let sides = ["train", "validation", "test"]

  private static let declaration = StepDeclaration(
    "split", version: 1,
    summary: "Parts rows into training, validation and test, stable when rows are added",
    inputs: [.init("rows", "rows of any shape")],
    outputs: [
      .file("train", "train.jsonl"), .file("validation", "validation.jsonl"),
      .file("test", "test.jsonl"), .report,
    ],
    parameters: [
      .init(
        "validation", .number(0...1), default: .number(0.1),
        "the share for validation; the sizes are near the shares, not equal to them"),
      .init(
        "test", .number(0...1), default: .number(0.1),
        "the share for the test; with validation less than 1"),
      .init(
        "seed", .integer(Int64.min...Int64.max), default: 0,
        "decides the sides, with each row's own content or group and nothing else"),
      .init(
        "group_by", .list(.text), default: .null,
        "a field or fields: rows with the same values stay on one side; by default rows whose texts "
          + "are the same do"),
    ])

  private static func run(_ context: StepContext) throws {
    let validation = try context.number("validation")
    let test = try context.number("test")
    guard validation + test < 1 else {
      throw Problem(
        .user, "split-shares",
        "`split` gives \(JSON.number(validation).canonicalText) to validation and "
          + "\(JSON.number(test).canonicalText) to test, which leaves nothing to train on",
        hint: "make their sum less than 1")
    }
    let draw = StableDraw(purpose: "split", seed: try context.integer("seed"))
    let names = try context.optionalTexts("group_by")
    let writers = try sides.map { try RowWriter(context.output("\($0).jsonl")) }
    var groups: [Set<UInt64>] = [[], [], []]
    var rows = 0

    let reader = try context.rows("rows")
    while let row = try reader.next() {
      let key = try key(of: row, names)
      let share = draw.fraction(key)
      let side = share < test ? 2 : share < test + validation ? 1 : 0
      groups[side].insert(draw.bits(key))
      try writers[side].write(row)
      rows += 1
      try context.pulse(rows)
    }
    for writer in writers { try writer.close() }
    try report(context, rows, names, writers, groups)
  }

  /// What decides the side of a row.
  private static func key(of row: Row, _ names: [String]?) throws(Problem) -> [UInt8] {
    guard let names else {
      let shape = RowShape(of: row.fields)
      let fields = RowFields(of: row.fields, prompt: nil, response: nil)
      guard shape != nil, let fields else { return row.json.canonicalBytes }
      return JSON.array(fields.texts(row.fields).map { .string($0) }).canonicalBytes
    }
    var values: [JSON] = []
    for name in names {
      guard let value = RowPath(name)?.value(in: row.json) else {
        throw Problem(
          .step, "split-group",
          "cannot group in/rows, row \(row.number): it has no `\(name)`, which group_by names",
          hint: Suggestion.hint(for: name, among: row.fields.keys)
            ?? "drop such rows first with `clean` and required: [\(name)]")
      }
      values.append(value)
    }
    return JSON.array(values).canonicalBytes
  }

  private static func report(
    _ context: StepContext, _ rows: Int, _ names: [String]?, _ writers: [RowWriter],
    _ groups: [Set<UInt64>]
  ) throws(Problem) {
    var report: [String: JSON] = [
      "in": .integer(Int64(rows)), "out": .integer(Int64(rows)), "rejected": 0, "dropped": [:],
      "seed": .integer(try context.integer("seed")),
      "group_by": names.map { .array($0.map { .string($0) }) } ?? .null,
    ]
    var notes: [JSON] = []
    for (index, side) in sides.enumerated() {
      report[side] = [
        "rows": .integer(Int64(writers[index].count)),
        "groups": .integer(Int64(groups[index].count)),
      ]
      let share = index == 0 ? 1 : try context.number(side)
      if share > 0, writers[index].count == 0, rows > 0 {
        notes.append("\(side) is empty: there are few groups for its share, or try another seed")
      }
    }
    report["notes"] = .array(notes)
    try StepReport.write(.object(report), context)
  }
}
