internal import Comparison
internal import Documents
package import Experiments
internal import History

/// A table of experiments in plain text, as many columns as fit.
package struct ExperimentText {
  /// The longest name of a column, and the longest text in one, in characters.
  private static let longestName = 18
  private static let longestText = 26

  private let style: Style
  private let width: Int

  /// - Parameter width: in columns.
  package init(style: Style, width: Int) {
    self.style = style
    self.width = max(40, width)
  }

  /// A part of a line: what stands in a column of the text.
  private struct Cells {
    let name: String
    let texts: [String]
    let isRight: Bool

    var width: Int { ([name] + texts).map(\.count).max() ?? 0 }
  }

  /// The table and what to read from it.
  package func lines(_ table: ExperimentTable) -> [String] {
    guard !table.rows.isEmpty else { return notes(table, leftOut: []) }
    let (shown, leftOut) = fitting(table)
    var text = TextTable(
      [""] + shown.map(\.name), [.left] + shown.map { $0.isRight ? .right : .left })
    for (index, row) in table.rows.enumerated() {
      text.add([mark(row)] + shown.map { $0.texts[index] })
    }
    var lines = [title(table)]
    for (number, line) in text.lines.enumerated() {
      let isTop = number >= 2 && table.rows[number - 2].isAtTop
      lines.append(isTop ? style(line, .strong) : line)
    }
    let notes = notes(table, leftOut: leftOut)
    return lines + (notes.isEmpty ? [] : [""] + notes)
  }

  private func title(_ table: ExperimentTable) -> String {
    let name = table.recipe.map { "\($0): " } ?? ""
    var text = name + Words.count(table.rows.count, "experiment")
    if let main = table.main {
      let asked = table.rows.compactMap { $0.experiment.metrics[main]?.questions }.max() ?? 0
      let less = MetricName.lowerIsBetter(main.name) ? "lower" : "higher"
      text +=
        ", ranked by \(table.names.name(main)) (\(less) is better)"
        + (asked > 0 ? " over \(Words.count(asked, "question"))" : "")
    }
    return text
  }

  private func mark(_ row: ExperimentTable.Row) -> String {
    switch row.standing {
    case .best: "*"
    case .tied: "="
    case .unpaired: "?"
    case .behind, nil: ""
    }
  }

  // MARK: Columns

  /// The columns that fit, in their order, and those that do not.
  private func fitting(
    _ table: ExperimentTable
  ) -> (shown: [Cells], leftOut: [ExperimentTable.Column]) {
    let columns = table.columns
    let order = columns.sorted { rank($0, table) < rank($1, table) }
    var chosen: Set<ExperimentTable.Column> = []
    var cells: [ExperimentTable.Column: [Cells]] = [:]
    // The mark takes one column.
    var used = 1
    for column in order {
      let made = self.cells(column, table)
      let needed = made.reduce(0) { $0 + $1.width + 2 }
      // Names and the ranking metric are shown whatever they take.
      guard used + needed <= width || rank(column, table) < 2 else { continue }
      used += needed
      chosen.insert(column)
      cells[column] = made
    }
    return (
      columns.filter(chosen.contains).flatMap { cells[$0] ?? [] },
      columns.filter { !chosen.contains($0) }
    )
  }

  /// What is left out last has the lowest rank.
  private func rank(_ column: ExperimentTable.Column, _ table: ExperimentTable) -> Int {
    switch column {
    case .experiment: 0
    case .metric(let measure) where measure == table.main: 1
    case .status: 2
    case .parameter: 3
    case .cells: 4
    case .run: 5
    case .leaderboard: 6
    case .submissions: 7
    case .metric(let measure) where MetricName.lowerIsBetter(measure.name): 8
    case .took: 9
    case .metric: 10
    case .note: 11
    case .time: 12
    }
  }

  private func cells(_ column: ExperimentTable.Column, _ table: ExperimentTable) -> [Cells] {
    let name = ExperimentText.short(table.name(of: column), ExperimentText.longestName)
    func texts(_ text: (ExperimentTable.Row) -> String) -> [String] { table.rows.map(text) }
    switch column {
    case .metric(let measure):
      let figures = Cells(
        name: name,
        texts: texts { row in
          guard let metric = row.experiment.metrics[measure] else { return "" }
          return metric.value.map { Words.fixed($0, 3) } ?? "n/a"
        }, isRight: true)
      guard measure == table.main else { return [figures] }
      let intervals = texts { row in
        row.experiment.metrics[measure]?.interval.map {
          "[\(Words.fixed($0.low, 3)), \(Words.fixed($0.high, 3))]"
        } ?? ""
      }
      guard intervals.contains(where: { !$0.isEmpty }) else { return [figures] }
      let confidence = Words.fixed(100 * table.confidence, 0)
      return [figures, Cells(name: "\(confidence) %", texts: intervals, isRight: false)]
    case .took:
      let took = texts { $0.experiment.seconds.map(Words.duration) ?? "" }
      return [Cells(name: name, texts: took, isRight: true)]
    case .leaderboard:
      let scores = texts { $0.experiment.leaderboardScore.map { Words.fixed($0, 2) } ?? "" }
      return [Cells(name: name, texts: scores, isRight: true)]
    case .time:
      let times = texts { String(Moment(seconds: $0.experiment.run.time).description.prefix(16)) }
      return [Cells(name: name, texts: times, isRight: false)]
    default:
      let values = table.rows.map { table.value(of: column, $0) }
      let isRight = values.allSatisfy { $0.isNull || $0.number != nil }
      let texts = values.map { value in
        value.isNull
          ? ""
          : ExperimentText.short(value.string ?? value.canonicalText, ExperimentText.longestText)
      }
      return [Cells(name: name, texts: texts, isRight: isRight)]
    }
  }

  /// In one line of at most so many characters.
  private static func short(_ text: String, _ limit: Int) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count <= limit ? line : line.prefix(limit - 1) + "…"
  }

  // MARK: Below the table

  private func notes(
    _ table: ExperimentTable, leftOut: [ExperimentTable.Column]
  ) -> [String] {
    var notes = ExperimentNotes.ties(table) + ExperimentNotes.lines(table)
    if leftOut.contains(.note) { notes += ExperimentNotes.said(table) }
    let rest = leftOut.filter { $0 != .note }
    if !rest.isEmpty {
      notes.append(
        "left out to fit \(width) columns: " + rest.map(table.name).joined(separator: ", ")
          + "; --csv has them")
    }
    return notes.flatMap { note in
      Words.wrapped(note, width: width, rest: "  ").map { style($0, .quiet) }
    }
  }
}

/// What to read from a table of experiments: the same below it in text and on a page.
package enum ExperimentNotes {
  /// What the marks before the names mean.
  static func ties(_ table: ExperimentTable) -> [String] {
    let tied = table.rows.count { if case .tied = $0.standing { true } else { false } }
    let behind = table.rows.count { if case .behind = $0.standing { true } else { false } }
    if tied > 0 {
      return [
        "= \(Words.count(tied, "experiment")) within noise of the best (*), by the differences on the "
          + "same questions"
      ]
    }
    guard behind > 0 else { return [] }
    let others = behind == 1 ? "the other" : "all \(behind) others"
    return ["the best (*) leads \(others) by more than noise, on the same questions"]
  }

  package static func lines(_ table: ExperimentTable) -> [String] {
    var notes = unpaired(table)
    let tied = table.rows.count { if case .tied = $0.standing { true } else { false } }
    if let curse = table.curse, curse.count > 2 || tied > 0 { notes += curse.lines }
    let reference = table.rows.first { $0.experiment.run.id == table.reference }
    if table.hasCells, let reference {
      notes.append(
        "cells: those that differ from \(table.value(of: .experiment, reference).string ?? "")")
    }
    for row in table.rows where !row.experiment.problems.isEmpty {
      let name = table.value(of: .experiment, row).string ?? ""
      notes.append("\(name): \(row.experiment.problems.joined(separator: "; "))")
    }
    if table.rows.count == 1 {
      notes.append("one experiment; another one: larder run RECIPE --set NAME=VALUE")
    } else if table.main == nil, !table.rows.isEmpty {
      notes.append("no metrics: a `score` step or an output metrics.json gives them")
    }
    if !table.failed.isEmpty {
      notes.append(
        "no run succeeded of \(table.failed.map(\.description).joined(separator: ", "))")
    }
    return notes
  }

  /// What the user said of experiments, of a few of them.
  static func said(_ table: ExperimentTable) -> [String] {
    let said = table.rows.filter { $0.experiment.run.note != nil }
    let rest = said.count - 8
    return said.prefix(8).map { row in
      "\(table.value(of: .experiment, row).string ?? ""): \(row.experiment.run.note ?? "")"
    } + (rest > 0 ? ["and \(rest) more notes"] : [])
  }

  /// Which could not be compared with the best, by reason.
  private static func unpaired(_ table: ExperimentTable) -> [String] {
    var names: [(why: String, names: [String])] = []
    for row in table.rows {
      guard case .unpaired(let why) = row.standing else { continue }
      let name = table.value(of: .experiment, row).string ?? ""
      if let index = names.firstIndex(where: { $0.why == why }) {
        names[index].names.append(name)
      } else {
        names.append((why, [name]))
      }
    }
    return names.map { why, names in
      let rest = names.count - 4
      return "not comparable with the best: \(names.prefix(4).joined(separator: ", "))"
        + (rest > 0 ? " and \(rest) more" : "") + " (\(why))"
    }
  }
}
