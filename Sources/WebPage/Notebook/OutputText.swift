internal import Digests
internal import Documents
internal import Experiments
internal import Problems
internal import Reporting
internal import Rows

/// An output of a step as Markdown: for files that a Git host shows, and for Jupyter's cells. What
/// comes from data is escaped, so that it stays text there.
struct OutputText {
  let output: ExecutedOutput

  /// So many rows of a table are written.
  private static let mostRows = 8
  private static let longestCell = 160

  /// Where it is from: the target with the digest's first eight digits and the size.
  var heading: String {
    let digest = output.origin.digest.map { " (`\($0.hex.prefix(8))`)" } ?? ""
    return "`\(output.origin.target)`\(digest), \(Words.bytes(output.size))"
  }

  /// The content; nil for what can only be named.
  var markdown: String? {
    switch output.content {
    case .report(let report): return OutputText.report(report)
    case .metrics(let metrics):
      let (header, rows) = MetricsTable.table(metrics)
      let count = MetricsTable.count(metrics).map {
        "Over \(Words.count(Int($0), "question")):\n\n"
      }
      return (count ?? "") + MarkdownText.table(header, rows, numbersFrom: 1)
    case .losses(let curve): return OutputText.losses(curve)
    case .rows(let lines, let summary): return OutputText.rows(lines, summary)
    case .table(let records, let isWhole):
      return MarkdownText.table(
        (records.first ?? []).map { RowTable.cut($0, OutputText.longestCell) },
        records.dropFirst().map { $0.map { RowTable.cut($0, OutputText.longestCell) } },
        numbersFrom: nil) + OutputText.remark(isWhole)
    case .json(let document):
      return MarkdownText.fence(JSONPiece.text(of: document, limit: 8_000), "json")
    case .markdown(let text, let isWhole):
      return MarkdownText.fence(text, "markdown") + OutputText.remark(isWhole)
    case .text(let text, let isWhole):
      return text.isEmpty ? nil : MarkdownText.fence(text, "text") + OutputText.remark(isWhole)
    case .folder(let entries, let count):
      let items = entries.map { entry in
        "- \(MarkdownText.code(entry.name))\(entry.size.map { ", \(Words.bytes($0))" } ?? "")"
      }
      let more = count - entries.count
      return (items + (more > 0 ? ["- and \(more) more"] : [])).joined(separator: "\n") + "\n"
    case .bytes(let why): return output.size == 0 ? "empty\n" : "\(MarkdownText.escaped(why))\n"
    case .image: return nil
    case .missing(let problem): return "\(MarkdownText.escaped(problem.message))\n"
    }
  }

  /// The content as plain text, for readers that show nothing else.
  var plain: String {
    switch output.content {
    case .metrics(let metrics): MetricsTable.lines(metrics).joined(separator: "\n")
    case .report(let value), .json(let value): JSONPiece.text(of: value, limit: 8_000)
    case .rows(let lines, let summary):
      Words.rows(summary.count) + "\n"
        + lines.map { RowTable.cut(String(decoding: $0.bytes, as: UTF8.self), 400) }
        .joined(separator: "\n")
    case .markdown(let text, _), .text(let text, _): text
    case .image(let type, let bytes): "\(type), \(Words.bytes(Int64(bytes.count)))"
    default: markdown ?? heading
    }
  }

  private static func remark(_ isWhole: Bool) -> String { isWhole ? "" : "\n(the beginning)\n" }

  private static func report(_ report: JSON) -> String {
    var lines: [String] = []
    if let reading = report["overfit"]?["suggestion"]?.string {
      lines += [MarkdownText.escaped(reading), ""]
    }
    if let input = report["in"]?.integer, let output = report["out"]?.integer {
      lines += ["\(input) rows in, \(output) out", ""]
    }
    let dropped = (report["dropped"]?.object ?? [:]).compactMapValues(\.integer)
      .filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if !dropped.isEmpty {
      lines.append(
        MarkdownText.table(
          ["dropped because of", "rows"], dropped.map { [$0.key, "\($0.value)"] }, numbersFrom: 1))
    }
    lines.append(MarkdownText.fence(JSONPiece.text(of: report, limit: 8_000), "json"))
    return lines.joined(separator: "\n")
  }

  private static func losses(_ curve: LossCurve) -> String {
    if let problem = curve.problem { return MarkdownText.escaped(problem) + "\n" }
    let points = curve.validation.suffix(40)
    guard !points.isEmpty else {
      return "\(curve.training.count) losses of training steps, none of validation\n"
    }
    return MarkdownText.table(
      [curve.isByStep ? "step" : "epoch", "training loss", "validation loss"],
      points.map { point in
        [point.place(byStep: curve.isByStep), point.training, point.validation]
          .map { $0.map { Words.number($0) } ?? "" }
      }, numbersFrom: 0)
  }

  private static func rows(_ lines: [RowFile.Line], _ summary: RowSummary) -> String {
    guard summary.count > 0 else { return "no rows\n" }
    let table = RowTable(Array(lines.prefix(mostRows)))
    var text = ""
    if !summary.reasons.isEmpty {
      let reasons = summary.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      text += MarkdownText.table(
        ["reason", "rows"], reasons.map { [$0.key, "\($0.value)"] }, numbersFrom: 1)
      text += "\n"
    }
    let shown = table.lines.count
    text +=
      (summary.count > shown ? "The first \(shown) of \(summary.count) rows" : Words.rows(shown))
      + ":\n\n"
    text += MarkdownText.table(
      ["row"] + (table.columns.isEmpty ? ["text"] : table.columns),
      table.lines.indices.map { index in
        let number = "\(table.lines[index].number)"
        if let remark = table.remark(index) {
          return [number, remark] + Array(repeating: "", count: max(0, table.columns.count - 1))
        }
        return [number]
          + table.columns.map { RowTable.cut(table.text(index, $0) ?? "", longestCell) }
          + (table.columns.isEmpty ? [""] : [])
      }, numbersFrom: nil)
    if !table.hidden.isEmpty {
      text +=
        "\nand \(Words.count(table.hidden.count, "field")) more: "
        + table.hidden.prefix(30).map(MarkdownText.escaped).joined(separator: ", ") + "\n"
    }
    return text
  }
}

/// Pieces of Markdown that hold data.
enum MarkdownText {
  /// Text that no mark of Markdown, no HTML and no formula comes out of.
  static func escaped(_ text: some StringProtocol) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\\", "`", "*", "_", "[", "]", "|", "~", "$", "#", "!":
        result += "\\"
        result.unicodeScalars.append(scalar)
      case "\n", "\r", "\t": result += " "
      case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A name as code, whatever backticks it holds.
  static func code(_ text: String) -> String {
    let ticks = String(repeating: "`", count: longestRun(of: "`", in: text) + 1)
    let line = text.replacing("\n", with: " ")
    return ticks.count > 1 ? "\(ticks) \(line) \(ticks)" : "`\(line)`"
  }

  /// Text between fences that are longer than any run of backticks in it.
  static func fence(_ text: String, _ language: String) -> String {
    let ticks = String(repeating: "`", count: max(3, longestRun(of: "`", in: text) + 1))
    return "\(ticks)\(language)\n\(text)\(text.hasSuffix("\n") ? "" : "\n")\(ticks)\n"
  }

  /// A table; cells are escaped.
  ///
  /// - Parameter first: the first column of numbers, which are set to the right; nil for none.
  static func table(_ header: [String], _ rows: [[String]], numbersFrom first: Int?) -> String {
    func line(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |\n" }
    return line(header.map(escaped))
      + line(header.indices.map { $0 >= first ?? .max ? "---:" : "---" })
      + rows.map { line($0.map(escaped)) }.joined()
  }

  private static func longestRun(of mark: Character, in text: String) -> Int {
    var longest = 0
    var current = 0
    for character in text {
      current = character == mark ? current + 1 : 0
      longest = max(longest, current)
    }
    return longest
  }
}
