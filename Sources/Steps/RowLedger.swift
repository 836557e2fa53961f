internal import Documents
internal import Files
internal import Problems
internal import Rows

/// Keeps account of the rows of a step, so that none is lost: what comes in goes out or is rejected
/// with its reason.
///
/// A line of `rejected.jsonl` is `{"detail":TEXT,"reason":CODE,"row":{…},"source":{…}}`: the reason
/// is the rule's name, the row is as the rule found it (after what the rules before it mended), the
/// source says where it came from (`{"input":"rows","row":12}`, or for `ingest`
/// `{"file":"data.csv","row":3}`). Where nothing could be read, `text` stands in place of `row`.
final class RowLedger {
  private(set) var rowsIn = 0
  private(set) var rowsOut = 0
  private(set) var dropped: [String: Int] = [:]
  private let rejected: RowWriter

  init(_ context: StepContext) throws(Problem) {
    rejected = try RowWriter(context.output("rejected.jsonl"))
  }

  /// A row came in.
  func countIn() { rowsIn += 1 }

  /// A row went out.
  func countOut(_ rows: Int = 1) { rowsOut += rows }

  /// A row is dropped.
  ///
  /// - Parameters:
  ///   - reason: the rule's name.
  ///   - detail: what the rule found, in a few words.
  ///   - content: the row, or the text where there is none.
  func reject(
    _ reason: String, _ detail: String, _ content: RejectedContent, source: JSON
  ) throws(Problem) {
    dropped[reason, default: 0] += 1
    var line: [String: JSON] = [
      "reason": .string(reason), "detail": .string(detail), "source": source,
    ]
    switch content {
    case .row(let fields): line["row"] = .object(fields)
    case .value(let value): line["row"] = value
    case .text(let text): line["text"] = .string(text)
    }
    try rejected.write(.object(line))
  }

  /// Closes `rejected.jsonl` and writes `report.json`.
  ///
  /// - Parameters:
  ///   - rules: what each rule did, in the order in which they were applied.
  ///   - more: further members of the report.
  func finish(_ context: StepContext, rules: [JSON] = [], more: [String: JSON] = [:])
    throws(Problem)
  {
    try rejected.close()
    guard rowsIn == rowsOut + rejected.count else {
      throw Problem(
        .fault, "rows-lost",
        "\(rowsIn) rows came in, but \(rowsOut) went out and \(rejected.count) were rejected")
    }
    var report: [String: JSON] = [
      "in": .integer(Int64(rowsIn)), "out": .integer(Int64(rowsOut)),
      "rejected": .integer(Int64(rejected.count)),
      "dropped": .object(dropped.mapValues { .integer(Int64($0)) }),
    ]
    if !rules.isEmpty { report["rules"] = .array(rules) }
    report.merge(more) { _, new in new }
    try StepReport.write(.object(report), context)
  }
}

/// What a rejected line shows.
enum RejectedContent {
  case row([String: JSON])
  /// A value that is no row.
  case value(JSON)
  /// What could not be read.
  case text(String)
}

/// The `report.json` that every step leaves.
enum StepReport {
  static func write(_ report: JSON, _ context: StepContext) throws(Problem) {
    try Files.write(report.canonicalBytes + [0x0A], to: context.output("report.json"))
  }
}

extension JSON {
  /// Where a row of an input stands, for `rejected.jsonl`.
  static func place(_ input: String, row: Int) -> JSON {
    ["input": .string(input), "row": .integer(Int64(row))]
  }
}
