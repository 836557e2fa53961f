internal import Comparison
internal import Documents
package import Experiments
package import History
internal import Reporting

/// Experiments side by side: only the columns that differ, intervals drawn in their cells, the best and
/// what cannot be told from it together.
///
/// It shows the same table as the text and the JSON of `larder table`.
package struct ExperimentsPage: Sendable {
  /// Where other pages are, for a page that a server sends.
  package struct Links: Sendable {
    /// The address of a run's page by its commit.
    package var run: @Sendable (String) -> String?
    /// The address of the page that shows `a=RUN&b=RUN` side by side; nil leaves out the choice of two.
    package var diff: String?
    /// The address of this page sorted by a column, with `-` before it from high to low.
    package var sort: @Sendable (String) -> String?

    package init(
      run: @escaping @Sendable (String) -> String? = { _ in nil }, diff: String? = nil,
      sort: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
      self.run = run
      self.diff = diff
      self.sort = sort
    }
  }

  private let tables: [ExperimentTable]
  private let curves: [ObjectID: [LossCurve]]
  private let sorted: String?
  private let links: Links
  private let colors: RunColors

  /// - Parameters:
  ///   - curves: the trainings of each run, as far as they are to be drawn.
  ///   - sorted: the column that the tables are sorted by, as `--sort` has it; nil for the best first.
  package init(
    _ tables: [ExperimentTable], curves: [ObjectID: [LossCurve]] = [:], sorted: String? = nil,
    links: Links = Links()
  ) {
    self.tables = tables
    self.curves = curves
    self.sorted = sorted
    self.links = links
    colors = RunColors(tables.flatMap { $0.rows.map(\.experiment.run.id.hex) })
  }

  /// The page, for a file or a server.
  package func page(navigation: HTML = .nothing) -> Page {
    let recipe = tables.count == 1 ? tables[0].recipe : nil
    return Page(
      title: recipe.map { "Experiments of \($0)" } ?? "Experiments", navigation: navigation,
      body: body)
  }

  /// What stands in `<main>`.
  package var body: HTML {
    let isOne = tables.count == 1 && tables[0].recipe != nil
    var body: HTML =
      isOne ? "<h1>Experiments of \(tables[0].recipe ?? "")</h1>\n" : "<h1>Experiments</h1>\n"
    if tables.isEmpty {
      body += HTML.empty("No experiments yet. Make the first", command: "larder run RECIPE")
    }
    for table in tables {
      let title: HTML = isOne ? .nothing : "<h2>\(table.recipe ?? "Several recipes")</h2>\n"
      body += "<section>\(title)\(section(table))</section>\n" as HTML
    }
    return body
  }

  private func section(_ table: ExperimentTable) -> HTML {
    guard !table.rows.isEmpty else {
      return list(ExperimentNotes.lines(table))
        + HTML.empty("No run succeeded yet. Look at what failed", command: "larder runs")
    }
    let content = scroll(table)
    let isChosen = links.diff != nil && table.rows.count > 1
    let form: HTML =
      isChosen
      ? """
      <form method="get" action="\(links.diff ?? "")">\(content)\
      <p><button type="submit">Compare the two that are chosen</button></p></form>
      """ : content
    return "<p class=\"lead\">\(lead(table))</p>\n" + form + list(ExperimentNotes.lines(table))
  }

  /// Which is best and whether it really is, in one sentence.
  private func lead(_ table: ExperimentTable) -> HTML {
    let count = Words.count(table.rows.count, "experiment")
    guard let main = table.main, let best = table.rows.first(where: { $0.standing == .best }),
      let metric = best.experiment.metrics[main], let value = metric.value
    else { return HTML(text: "\(count), and nothing to rank them by.") }
    let tied = table.rows.count { if case .tied = $0.standing { true } else { false } }
    let behind = table.rows.count { if case .behind = $0.standing { true } else { false } }
    let questions = metric.questions > 0 ? " on \(Words.count(metric.questions, "question"))" : ""
    let rest =
      switch (tied, behind) {
      case (0, 0): table.rows.count == 1 ? "" : "; the others cannot be compared with it"
      case (0, _): ", by more than noise"
      case (_, 0): "; none of the others can be told from it"
      default: "; \(Words.count(tied, "other")) cannot be told from it"
      }
    return """
      Of \(count) <strong>\(text(table.value(of: .experiment, best)))</strong> has the best \
      \(table.names.name(main)), \(Words.fixed(value, 3))\(questions)\(rest).
      """
  }

  private func list(_ notes: [String]) -> HTML {
    if notes.isEmpty { return .nothing }
    return "<ul class=\"note\">\(notes.map { "<li>\($0)</li>" as HTML }.joined())</ul>\n"
  }

  // MARK: The table

  private func scroll(_ table: ExperimentTable) -> HTML {
    let columns = self.columns(table)
    let isRanked = sorted == nil
    let top = table.rows.filter { isRanked && $0.isAtTop }
    let rest = table.rows.filter { !(isRanked && $0.isAtTop) }
    let choices: HTML =
      chooses(table) ? "<th scope=\"col\">A</th><th scope=\"col\">B</th>" : .nothing
    let heads = columns.map { head($0, table) }.joined()
    let width = columns.count + 4
    var bodies = HTML.nothing
    for (name, rows) in [
      (top.count > 1 ? "cannot be told apart: within noise of the best" : nil, top),
      (top.count > 1 ? "the others" : nil, rest),
    ] where !rows.isEmpty {
      let title: HTML? = name.map {
        "<tr><th colspan=\"\(width)\" scope=\"rowgroup\" class=\"quiet\">\($0)</th></tr>\n"
      }
      let lines = rows.map { row($0, table, columns) }.joined()
      bodies += "<tbody>\(title)\(lines)</tbody>\n" as HTML
    }
    return """
      <div class="scroll" role="region" tabindex="0" aria-label="Experiments"><table>\
      <thead><tr>\(choices)\(heads)</tr></thead>
      \(bodies)</table></div>

      """
  }

  private func chooses(_ table: ExperimentTable) -> Bool {
    links.diff != nil && table.rows.count > 1
  }

  /// Those of the table, with what ranks it before the other metrics, and those before the rest.
  private func columns(_ table: ExperimentTable) -> [ExperimentTable.Column] {
    let main = table.main.map { ExperimentTable.Column.metric($0) }
    func place(_ column: ExperimentTable.Column) -> Int {
      switch column {
      case .experiment, .parameter, .cells: 0
      case .metric: column == main ? 1 : 2
      default: 3
      }
    }
    return (0...3).flatMap { wanted in table.columns.filter { place($0) == wanted } }
  }

  private func head(_ column: ExperimentTable.Column, _ table: ExperimentTable) -> HTML {
    let name = table.name(of: column)
    let isNumber = column.isNumber
    // The first click on a number shows the highest, and the next one turns the order.
    let turned = sorted == "-\(name)" || sorted != name && !isNumber ? name : "-\(name)"
    let order: HTML =
      sorted == name
      ? " aria-sort=\"ascending\"" : sorted == "-\(name)" ? " aria-sort=\"descending\"" : .nothing
    let sign = sorted == name ? " ▴" : sorted == "-\(name)" ? " ▾" : ""
    let shown: HTML =
      links.sort(turned).map { "<a href=\"\($0)\">\(name)</a>\(sign)" } ?? "\(name)\(sign)"
    let number: HTML = isNumber ? " class=\"number\"" : .nothing
    let head: HTML = "<th scope=\"col\"\(number)\(order)>\(shown)</th>"
    guard let main = table.main, column == .metric(main) else { return head }
    let range = range(main, table)
    let ends = [range.lowerBound, range.upperBound].map { Words.fixed($0, 3) }
    let drawn: HTML =
      hasIntervals(table)
      ? "<th scope=\"col\">\(Words.fixed(100 * table.confidence, 0)) %, \(ends[0]) to \(ends[1])</th>"
      : .nothing
    return head + drawn + (hasCurves(table) ? "<th scope=\"col\">training loss</th>" : .nothing)
  }

  private func row(
    _ row: ExperimentTable.Row, _ table: ExperimentTable, _ columns: [ExperimentTable.Column]
  ) -> HTML {
    let cells = columns.map { cell($0, row, table) }.joined()
    return "<tr>\(chooses(table) ? choice(row, table) : .nothing)\(cells)</tr>\n"
  }

  /// The two buttons by which a row is chosen for the comparison.
  private func choice(_ row: ExperimentTable.Row, _ table: ExperimentTable) -> HTML {
    let run = row.experiment.run.id.hex
    let name = text(table.value(of: .experiment, row))
    let best = table.rows.first { $0.standing == .best } ?? table.rows[0]
    let other =
      table.rows.first {
        $0.experiment.run.id == table.reference && $0.experiment.run.id != best.experiment.run.id
      }
      ?? table.rows.first { $0.experiment.run.id != best.experiment.run.id }
    return [("a", other), ("b", best)].map { side, chosen -> HTML in
      let isChosen: HTML =
        chosen?.experiment.run.id == row.experiment.run.id ? " checked" : .nothing
      return """
        <td><input type="radio" name="\(side)" value="\(run)" \
        aria-label="\(name) as \(side.uppercased())"\(isChosen)></td>
        """
    }.joined()
  }

  private func cell(
    _ column: ExperimentTable.Column, _ row: ExperimentTable.Row, _ table: ExperimentTable
  ) -> HTML {
    let value = table.value(of: column, row)
    switch column {
    case .experiment:
      let run = row.experiment.run.id.hex
      let name: HTML =
        links.run(run).map { "<a href=\"\($0)\">\(text(value))</a>" } ?? "\(text(value))"
      return
        "<th scope=\"row\"><span class=\"c\(colors.color(of: run))\">●</span>\u{A0}\(name)</th>"
    case .metric(let measure): return figure(measure, row, table)
    case .took:
      return "<td class=\"number\">\(row.experiment.seconds.map(Words.duration) ?? "")</td>"
    case .time:
      return "<td class=\"short\">\(HTML.time(Moment(seconds: row.experiment.run.time)))</td>"
    case .run: return "<td class=\"short\">\(HTML.digestText(row.experiment.run.id.hex))</td>"
    case .leaderboard:
      let score = row.experiment.leaderboardScore.map { Words.fixed($0, 2) } ?? ""
      return "<td class=\"number\">\(score)</td>"
    case .parameter where value.number != nil: return "<td class=\"number\">\(text(value))</td>"
    case .parameter, .cells, .submissions, .note, .status:
      return "<td class=\"\(text(value).count > 24 ? "text" : "short")\">\(text(value))</td>"
    }
  }

  private func figure(
    _ measure: Experiment.Measure, _ row: ExperimentTable.Row, _ table: ExperimentTable
  ) -> HTML {
    let metric = row.experiment.metrics[measure]
    let shown =
      metric?.value.map { Words.fixed($0, 3) } ?? (metric == nil ? "" : "n/a")
    let ends = metric?.interval.map {
      "\(Words.fixed($0.low, 3)) to \(Words.fixed($0.high, 3))"
    }
    let hover = [ends, metric?.objection].compactMap(\.self).joined(separator: "; ")
    let title: HTML = hover.isEmpty ? .nothing : " title=\"\(hover)\""
    let number: HTML = "<td class=\"number\"\(title)>\(shown)</td>"
    guard measure == table.main else { return number }
    let drawn = metric?.interval.map { interval in
      Sparkline.interval(
        interval.value, low: interval.low, high: interval.high, in: range(measure, table),
        color: colors.color(of: row.experiment.run.id.hex))
    }
    let curve: HTML = hasCurves(table) ? "<td class=\"short\">\(curve(row))</td>" : .nothing
    return number
      + (hasIntervals(table) ? "<td class=\"short\">\(drawn ?? .nothing)</td>" : .nothing) + curve
  }

  /// What the drawn intervals of all rows cover.
  private func range(
    _ measure: Experiment.Measure, _ table: ExperimentTable
  ) -> ClosedRange<Double> {
    let intervals = table.rows.compactMap { $0.experiment.metrics[measure]?.interval }
    let low = intervals.map(\.low).min() ?? 0
    let high = intervals.map(\.high).max() ?? 1
    return low < high ? low...high : (low - 1)...(low + 1)
  }

  private func hasIntervals(_ table: ExperimentTable) -> Bool {
    table.rows.contains { row in table.main.flatMap { row.experiment.metrics[$0]?.interval } != nil
    }
  }

  private func hasCurves(_ table: ExperimentTable) -> Bool {
    table.rows.contains { curve($0) != .nothing }
  }

  /// The training losses of the run, step by step.
  private func curve(_ row: ExperimentTable.Row) -> HTML {
    let run = row.experiment.run.id
    guard let curve = curves[run]?.first(where: { $0.points.count > 1 }) else { return .nothing }
    let points = curve.training.count > 1 ? curve.training : curve.points
    return Sparkline.html(
      points.compactMap(\.training), color: colors.color(of: run.hex), name: "training loss")
  }

  private func text(_ value: JSON) -> String {
    value.isNull ? "" : value.string ?? value.canonicalText
  }
}

extension ExperimentTable.Column {
  /// Whether it holds numbers as far as its kind says.
  fileprivate var isNumber: Bool {
    switch self {
    case .metric, .took, .leaderboard: true
    default: false
    }
  }
}
