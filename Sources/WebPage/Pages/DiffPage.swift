internal import Comparison
internal import Documents
package import Experiments
internal import History
internal import Notebook
internal import Reporting
internal import Rows
internal import Running
internal import Store

/// What differs between two runs, as a page: one sentence, what it did, what changed, and examples.
///
/// It shows the same value as the text and the JSON of `larder diff`.
package struct DiffPage: Sendable {
  /// How many changed rows of a set, answers and tensors the page holds; the rest is named.
  private static let most = 20

  private let comparison: RunComparison
  private let links: Links
  private let colorA: Int
  private let colorB: Int

  /// Where other pages are, for a page that a server sends.
  package struct Links: Sendable {
    /// The address of a run's page by its commit.
    package var run: @Sendable (String) -> String?

    package init(run: @escaping @Sendable (String) -> String? = { _ in nil }) { self.run = run }
  }

  package init(_ comparison: RunComparison, links: Links = Links()) {
    self.comparison = comparison
    self.links = links
    let ids = [comparison.a, comparison.b].map { $0.run?.record.run.id.hex ?? $0.name }
    let colors = RunColors(ids)
    colorA = colors.color(of: ids[0])
    colorB = colors.color(of: ids[1])
  }

  /// The page, for a file or a server.
  package func page(navigation: HTML = .nothing) -> Page {
    Page(
      title: "\(comparison.a.name) against \(comparison.b.name)", navigation: navigation,
      body: body)
  }

  private var body: HTML {
    var body: HTML = """
      <h1>What changed from \(comparison.a.name) to \(comparison.b.name)</h1>
      <p class="lead">\(comparison.sentence)</p>
      \(HTML.facts([("A", side(comparison.a, colorA)), ("B", side(comparison.b, colorB))]))

      """
    if let warning = comparison.warning { body += HTML.notice(HTML(text: warning)) }
    for (title, content) in [
      ("What it did", metrics), ("Parameters", parameters), ("Cells", cells),
      ("Environment", list(comparison.environment.texts)), ("Sources", sources),
      ("Rows", rows), ("Examples", examples), ("Steps", steps), ("Losses", losses),
      ("Weights", weights), ("Not read", list(comparison.problems)),
    ] where content != .nothing {
      body += "<section><h2>\(title)</h2>\n\(content)</section>\n" as HTML
    }
    return body
  }

  private func side(_ side: ComparedSide, _ color: Int) -> HTML {
    let name: HTML = "<strong class=\"c\(color)\">\(side.name)</strong>"
    guard let run = side.run?.record.run else { return "\(name) \(side.description)" }
    let id: HTML = HTML.digestText(run.id.hex)
    let shown: HTML = links.run(run.id.hex).map { "<a href=\"\($0)\">\(id)</a>" } ?? id
    return """
      \(name) run \(shown), \(run.branch.description), \(run.status.rawValue), \
      \(HTML.time(Moment(seconds: run.time)))\(run.note.map { ", \($0)" as HTML })
      """
  }

  private func list(_ texts: [String]) -> HTML {
    if texts.isEmpty { return .nothing }
    return "<ul>\(texts.map { "<li>\($0)</li>" as HTML }.joined())</ul>"
  }

  /// A list of which the page holds the beginning.
  private func left(_ count: Int, _ noun: String) -> HTML {
    guard count > 0 else { return .nothing }
    let sides = [comparison.a, comparison.b].map { $0.run?.record.run.id.short ?? $0.name }
    return """
      <p class="note">and \(count) more \(noun): \
      <code>larder diff \(sides.joined(separator: " ")) --rows</code></p>
      """
  }

  // MARK: What it did

  private var metrics: HTML {
    let all = comparison.metrics
    if all.isEmpty { return .nothing }
    let names = MetricNames(all)
    // The perplexity says the same as the loss, on a scale of its own.
    let drawn = all.filter { $0.interval != nil && $0.name != "perplexity" }
    var content = HTML.nothing
    if !drawn.isEmpty {
      let plot = IntervalPlot(
        drawn.map { metric in
          let interval = metric.interval ?? Interval(value: 0, low: 0, high: 0)
          return IntervalPlot.Row(
            names.name(of: metric),
            [
              .init(
                interval.value, low: interval.low, high: interval.high, color: colorB, name: "B − A"
              )
            ],
            text:
              "\(Words.signed(interval.value)) \(metric.reading?.rawValue ?? "")")
        }, label: "difference, B − A", showsZero: true)
      content +=
        plot.figure(
          "Differences with their intervals at 95 %", remark: "less is better of loss"
        ).html
    }
    var table = DataTable([
      .init("metric", .head), .init("A", .number), .init("B", .number),
      .init("difference", .number), .init("95 %", .short), .init("reading", .short),
    ])
    for metric in all {
      table.add([
        HTML(text: names.name(of: metric)),
        HTML(text: metric.a.map { Words.fixed($0, 3) } ?? "n/a"),
        HTML(text: metric.b.map { Words.fixed($0, 3) } ?? "n/a"),
        HTML(text: metric.delta.map { Words.signed($0) } ?? "n/a"),
        HTML(
          text: metric.interval.map {
            "[\(Words.fixed($0.low, 3)), \(Words.fixed($0.high, 3))]"
          } ?? ""), reading(metric.reading),
      ])
    }
    return content + table.html
      + comparison.metricRemarks.map { "<p class=\"note\">\($0)</p>" as HTML }.joined()
  }

  private func reading(_ reading: Reading?) -> HTML {
    switch reading {
    case .better?: "<span class=\"good\">▲ better</span>"
    case .worse?: "<span class=\"bad\">▼ worse</span>"
    case .withinNoise?: "<span class=\"quiet\">≈ within noise</span>"
    case nil: .nothing
    }
  }

  // MARK: What changed

  private var parameters: HTML {
    if comparison.parameters.isEmpty { return .nothing }
    var table = DataTable([.init("parameter", .head), .init("A"), .init("B")])
    for parameter in comparison.parameters {
      table.add([parameter.name, parameter.was, parameter.now])
    }
    return table.html
  }

  private var cells: HTML {
    let cells = comparison.cells.map { cell -> HTML in
      guard cell.kind == .changed else { return "<p>\(cell.heading)</p>" }
      let difference: HTML =
        cell.isData
        ? "<pre><code>\(marked(cell.words.excerpt(context: 60)))</code></pre>"
        : "<pre><code>\(cell.lines.hunks.map(hunk).joined("⋯\n"))</code></pre>"
      return HTML.folded(HTML(text: cell.heading), difference, isOpen: cell.effect == .work)
    }
    let prose =
      comparison.prose.isEmpty
      ? HTML.nothing
      : "<p class=\"note\">prose changed in \(comparison.prose.joined(separator: ", "))</p>"
    return cells.joined() + prose
  }

  /// Lines of a program; a line that replaces another has its words marked.
  private func hunk(_ hunk: LineDifference.Hunk) -> HTML {
    hunk.rows.map { row -> HTML in
      switch row {
      case .equal(let text): "  \(text)\n"
      case .removed(let text): "- <del>\(text)</del>\n"
      case .added(let text): "+ <ins>\(text)</ins>\n"
      case .replaced(let old, let new): "~ \(marked(WordDifference(old, new).spans))\n"
      }
    }.joined()
  }

  private func marked(_ spans: [WordDifference.Span]) -> HTML {
    spans.map { span -> HTML in
      switch span.kind {
      case .equal: HTML(text: span.text)
      case .removed: "<del>\(span.text)</del>"
      case .added: "<ins>\(span.text)</ins>"
      case .omitted: " ⋯ "
      }
    }.joined()
  }

  private var sources: HTML {
    list(
      comparison.sources.map { "\($0.source): \($0.changes.joined(separator: "; "))" }
        + comparison.licences.texts)
  }

  private var rows: HTML {
    comparison.rows.map { set -> HTML in
      let heading: HTML = "<code>\(set.name)</code> \(set.summary)"
      if set.changes.isEmpty { return "<p>\(heading)</p>\n" }
      let shown = set.changes.prefix(DiffPage.most)
      let content = shown.map(row).joined()
      return """
        <p>\(heading)</p>
        \(HTML.folded("the rows", content + left((set.counts?.changes ?? 0) - shown.count, "rows"), isOpen: shown.count <= 5))

        """
    }.joined()
  }

  private func row(_ change: RowSetDifference.Change) -> HTML {
    let content = change.content
    let place = (change.place.new ?? change.place.old).map { "line \($0.line)" } ?? ""
    let name = content.key.map { $0.string ?? $0.canonicalText } ?? place
    let title: HTML = "<strong>\(name.excerpt(60))</strong> \(change.place.kind.rawValue)"
    var fields: [(name: String, value: HTML)] = []
    switch change.place.kind {
    case .changed:
      fields = content.fields.prefix(12).map { field in
        let old = field.old.map { $0.string ?? $0.canonicalText } ?? ""
        let new = field.new.map { $0.string ?? $0.canonicalText } ?? ""
        return (field.field, marked(WordDifference(old, new).excerpt(context: 80)))
      }
    case .added: fields = telling(content.new ?? [:])
    case .removed: fields = telling(content.old ?? [:])
    case .moved: break
    }
    return "<p class=\"small\">\(title)</p>\(fields.isEmpty ? .nothing : HTML.facts(fields))"
  }

  /// The fields of a row that say most.
  private func telling(_ row: [String: JSON]) -> [(name: String, value: HTML)] {
    let names = RowShape(of: row)?.fields.filter { row[$0] != nil } ?? JSON.canonicalOrder(row.keys)
    return names.prefix(4).map { name in
      let text = row[name].map { $0.string ?? $0.canonicalText } ?? ""
      return (name, HTML(text: text.excerpt(400)))
    }
  }

  // MARK: Examples

  private var examples: HTML {
    comparison.answers.map { answers -> HTML in
      let shown = answers.examples.prefix(DiffPage.most)
      return """
        <p><code>\(answers.step.text)</code> \(answers.summary)</p>
        \(shown.map(example).joined())\(left(answers.changed - shown.count, "answers"))
        """
    }.joined()
  }

  private func example(_ example: AnswerDifference) -> HTML {
    var facts: [(name: String, value: HTML)] = [
      ("A to B", marked(example.words.spans)), ("A", HTML(text: example.a)),
      ("B", HTML(text: example.b)),
    ]
    if let reference = example.reference { facts.append(("right", HTML(text: reference))) }
    let rows = example.rows.map { row -> HTML in
      "<p class=\"small\">\(row.heading)</p><p class=\"small\">\(marked(row.words.spans))</p>"
    }
    let near: HTML =
      rows.isEmpty
      ? .nothing
      : HTML.folded(
        "\(Words.count(rows.count, "changed training row")) nearest to it", rows.joined(),
        isOpen: false)
    return """
      <article><h3>\(example.question)</h3><p class="note">\(example.worth)</p>
      \(HTML.facts(facts))\(near)</article>

      """
  }

  // MARK: Steps, losses and weights

  private var steps: HTML {
    if comparison.steps.isEmpty { return .nothing }
    var table = DataTable([
      .init("step", .head), .init("", .short), .init("because"), .init("outputs that differ"),
    ])
    for step in comparison.steps {
      let outputs = step.outputs.keys.sorted().map { name in
        "\(name) \(step.outputs[name]?.b.map { Words.bytes($0.size) } ?? "gone")"
      }
      table.add([
        step.step.text, step.status.rawValue, step.because.joined(separator: "; "),
        outputs.joined(separator: ", "),
      ])
    }
    let same = comparison.sameSteps
    return table.html
      + (same > 0 ? "<p class=\"note\">\(Words.count(same, "step")) the same</p>" : .nothing)
  }

  private var losses: HTML {
    comparison.curves.map { a, b -> HTML in
      let byStep = a.isByStep || b.isByStep
      func points(_ curve: LossCurve, _ points: [LossCurve.Point], validation: Bool)
        -> [LinePlot.Point]
      {
        points.compactMap { point in
          guard let x = point.place(byStep: byStep),
            let y = validation ? point.validation : point.training
          else { return nil }
          return LinePlot.Point(x, y)
        }
      }
      var series: [LinePlot.Series] = []
      for (name, curve, color) in [("A", a, colorA), ("B", b, colorB)] {
        series.append(
          .init(
            "\(name) train", color: color, points: points(curve, curve.training, validation: false))
        )
        series.append(
          .init(
            "\(name) validation", color: color, isDashed: true,
            points: points(curve, curve.validation, validation: true)))
      }
      let plot = LinePlot(
        series.filter { !$0.points.isEmpty }, x: byStep ? "step" : "epoch",
        y: "loss, nats a token")
      var table = DataTable(
        [byStep ? "step" : "epoch", "train A", "train B", "validation A", "validation B"].map {
          .init($0, .number)
        })
      for row in LossTable(a, b).rows {
        table.add(
          [Words.fixed(row.place, row.place == row.place.rounded() ? 0 : 2)]
            + [row.trainingA, row.trainingB, row.validationA, row.validationB].map {
              $0.map { Words.fixed($0, 3) } ?? ""
            })
      }
      return plot.figure("Losses of \(b.step)", remark: "of each step, and of whole epochs").html
        + table.html
    }.joined()
  }

  private var weights: HTML {
    comparison.weights.map { difference -> HTML in
      guard let weights = difference.comparison else {
        return "<p><code>\(difference.name)</code> \(difference.problem ?? "not compared")</p>"
      }
      var table = DataTable([
        .init("tensor", .head), .init("‖B−A‖/‖A‖", .number), .init("cosine", .number),
      ])
      let shown = weights.largest.prefix(200)
      for tensor in shown { table.add([tensor.name, tensor.relativeText, tensor.cosineText]) }
      return "<p><code>\(difference.name)</code> \(weights.summary)</p>"
        + HTML.folded("the tensors, the farthest first", table.html)
        + left(weights.largest.count - shown.count, "tensors")
    }.joined()
  }
}
