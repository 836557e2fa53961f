internal import Comparison
internal import Documents
package import Experiments
internal import History

/// A table of experiments as CSV (RFC 4180): one header, lines end with CR LF, numbers in full, the ends
/// of an interval in columns of their own.
///
/// Spreadsheets take a text that begins with `=`, `+`, `-`, `@`, a tabulator or a carriage return for
/// a formula, and notes, names and parameters are anybody's words: such a text gets an apostrophe
/// before it, as OWASP advises. Numbers stay as they are.
package enum ExperimentCSV {
  /// - Parameter tables: their columns are put together; with several the recipe is the first.
  package static func text(_ tables: [ExperimentTable]) -> String {
    var header: [String] = []
    var rows: [[String: String]] = []
    func add(_ name: String, _ value: JSON, _ row: inout [String: String]) {
      if !header.contains(name) { header.append(name) }
      row[name] = cell(value)
    }
    for table in tables {
      for row in table.rows {
        var cells: [String: String] = [:]
        let run = row.experiment.run
        add("recipe", .string(run.branch.recipe), &cells)
        add("experiment", .string(run.branch.experiment), &cells)
        add("run", .string(String(run.id.hex.prefix(8))), &cells)
        add("commit", .string(run.id.hex), &cells)
        add("time", table.value(of: .time, row), &cells)
        add("status", .string(run.status.rawValue), &cells)
        for name in table.parameters {
          add("parameter:\(name)", row.experiment.parameter(name) ?? .null, &cells)
        }
        if table.hasCells { add("cells", table.value(of: .cells, row), &cells) }
        for measure in table.measures {
          let name = table.names.name(measure)
          let metric = row.experiment.metrics[measure]
          add(name, metric?.value.map { .finite($0) } ?? .null, &cells)
          add("\(name)_low", metric?.interval.map { .finite($0.low) } ?? .null, &cells)
          add("\(name)_high", metric?.interval.map { .finite($0.high) } ?? .null, &cells)
        }
        let standing = ExperimentJSON.standing(row)
        add("standing", standing.word, &cells)
        add("to_best", standing.interval.map { .finite($0.value) } ?? .null, &cells)
        add("to_best_low", standing.interval.map { .finite($0.low) } ?? .null, &cells)
        add("to_best_high", standing.interval.map { .finite($0.high) } ?? .null, &cells)
        add("seconds", row.experiment.seconds.map { .finite($0) } ?? .null, &cells)
        add("submission", table.value(of: .submissions, row), &cells)
        add("leaderboard", table.value(of: .leaderboard, row), &cells)
        add("note", table.value(of: .note, row), &cells)
        rows.append(cells)
      }
    }
    guard !header.isEmpty else { return "" }
    let lines =
      [header.map { cell(.string($0)) }] + rows.map { row in header.map { row[$0] ?? "" } }
    return lines.map { $0.joined(separator: ",") + "\r\n" }.joined()
  }

  private static func cell(_ value: JSON) -> String {
    switch value {
    case .null: ""
    case .string(let text): quoted(text)
    case .bool, .integer, .fraction: value.canonicalText
    case .array, .object: quoted(value.canonicalText)
    }
  }

  private static func quoted(_ text: String) -> String {
    var text = text
    if let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) {
      text = "'" + text
    }
    guard text.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else {
      return text
    }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
