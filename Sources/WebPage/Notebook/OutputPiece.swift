internal import Documents
internal import Experiments
internal import Foundation
internal import Reporting
internal import Rows

/// An output of a step as a piece of a page.
struct OutputPiece {
  let output: ExecutedOutput
  /// One of the eight colours of the stylesheet: that of the run.
  let color: Int
  /// Whether rows are shown at once; what a step gives besides its first rows is a click away.
  let isFirst: Bool

  var html: HTML {
    """
    <section class="output">
    <h4>\(output.origin.name) <span class="quiet">\(Words.bytes(output.size))\
    \(output.origin.digest.map { ", \(HTML.digest($0))" as HTML })</span></h4>
    \(content)
    </section>

    """
  }

  private var content: HTML {
    switch output.content {
    case .report(let report): ReportPiece(report: report, origin: output.origin).html
    case .metrics(let metrics):
      MetricsPiece(metrics: metrics, origin: output.origin, color: color).html
    case .losses(let curve): LossPiece(curve: curve, origin: output.origin, color: color).html
    case .rows(let lines, let summary): rows(lines, summary)
    case .json(let document): JSONPiece.html(document)
    case .table(let records, let isWhole): table(records) + cutRemark(isWhole)
    case .markdown(let text, let isWhole):
      Markdown.html(text, headingsFrom: 4) + cutRemark(isWhole)
    case .text(let text, let isWhole):
      text.isEmpty
        ? "<p class=\"note\">empty</p>"
        : "<pre class=\"log\" tabindex=\"0\">\(text)</pre>\(cutRemark(isWhole))"
    case .image(let type, let bytes): image(type, bytes)
    case .folder(let entries, let count): folder(entries, count)
    case .bytes(let why):
      "<p class=\"note\">\(output.size == 0 ? "empty" : why); <code>larder get \(output.origin.target) -o FILE</code> writes it</p>"
    case .missing(let problem): .problem(problem)
    }
  }

  private func cutRemark(_ isWhole: Bool) -> HTML {
    isWhole
      ? .nothing
      : rest(
        "all of it", "larder cat \(output.origin.target)",
        after: "the beginning of \(Words.bytes(output.size)); ")
  }

  /// Where the rest is: on a page of the server, or what to type.
  private func rest(_ name: String, _ command: String, after text: String = "") -> HTML {
    let place: HTML =
      output.origin.link.map { "<a href=\"\($0)\">\(name)</a>" }
      ?? "the rest: <code>\(command)</code>"
    return "<p class=\"note\">\(text)\(place)</p>"
  }

  private func rows(_ lines: [RowFile.Line], _ summary: RowSummary) -> HTML {
    guard summary.count > 0 else { return "<p class=\"note\">no rows</p>" }
    let table = RowTable(lines)
    var pieces = RowSetPiece(summary: summary, origin: output.origin).html
    pieces += HTML.folded(
      summary.count > lines.count
        ? "the first \(lines.count) of \(summary.count) rows" : "\(Words.rows(summary.count))",
      table.html()
        + (summary.count > lines.count
          ? rest("all rows", "larder head \(output.origin.target) -n \(min(100, summary.count))")
          : .nothing),
      isOpen: isFirst)
    return pieces
  }

  private func table(_ records: [[String]]) -> HTML {
    var table = DataTable((records.first ?? []).map { .init(RowTable.cut($0, 60)) })
    for record in records.dropFirst() { table.add(record.map { RowTable.cut($0) }) }
    return table.html
  }

  private func image(_ type: String, _ bytes: [UInt8]) -> HTML {
    // Also an SVG: as an image it can neither run anything nor ask for anything.
    """
    <p><img src="data:\(type);base64,\(Data(bytes).base64EncodedString())" alt="\(output.path), an image that the step drew"></p>
    """
  }

  private func folder(_ entries: [OutputContent.FolderEntry], _ count: Int) -> HTML {
    let items = entries.map { entry -> HTML in
      "<li><code>\(entry.name)</code>\(entry.size.map { " <span class=\"quiet\">\(Words.bytes($0))</span>" as HTML })</li>"
    }
    let more = count - entries.count
    return HTML.folded(
      "\(Words.entries(count)) in this folder",
      "<ul class=\"files\">\(items.joined())</ul>"
        + (more > 0 ? "<p class=\"note\">and \(more) more</p>" : .nothing), isOpen: count <= 6)
  }
}

extension Words {
  /// As in `1 row`, `242 rows`.
  static func rows(_ count: Int) -> String { Words.count(count, "row") }

  /// As in `1 entry`, `24 entries`.
  static func entries(_ count: Int) -> String { count == 1 ? "1 entry" : "\(count) entries" }
}

/// What is in a set of rows: counts, the histogram of lengths, duplicates, reasons.
struct RowSetPiece {
  let summary: RowSummary
  let origin: Origin?
  /// Whether the histogram is shown at once.
  var isOpen = false

  var html: HTML {
    var facts = [Words.rows(summary.count)]
    if summary.duplicates > 0 { facts.append("\(summary.duplicates) said before, byte for byte") }
    if summary.unreadable > 0 { facts.append("\(summary.unreadable) that cannot be read as rows") }
    if !summary.isWhole { facts.append("looked into the first \(summary.examined)") }
    var pieces: HTML = "<p class=\"note\">\(facts.joined(separator: "; "))</p>"
    if !summary.reasons.isEmpty {
      let bars = summary.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { BarChart.Bar($0.key, Double($0.value)) }
      pieces += BarChart(bars, label: "rows").figure("Rows by reason", origin: nil).html
    }
    if let histogram = Histogram(lengthsOf: summary), summary.count >= 12 {
      pieces += HTML.folded(
        "how long they are",
        histogram.figure("Length of \(summary.measured ?? "rows")", origin: origin).html,
        isOpen: isOpen)
    }
    return pieces
  }
}

/// The report of a library step: how many rows went in and came out, what was dropped and why, then
/// everything else that it says.
struct ReportPiece {
  let report: JSON
  let origin: Origin

  var html: HTML {
    var pieces = HTML.nothing
    if let reading = report["overfit"]?["reading"]?.string {
      let suggestion = report["overfit"]?["suggestion"]?.string ?? ""
      pieces += .notice("<strong>\(reading)</strong>: \(suggestion)")
    }
    if let input = report["in"]?.integer, let output = report["out"]?.integer {
      let rejected = report["rejected"]?.integer.map { ", \($0) rejected" } ?? ""
      pieces += "<p>\(String(input)) rows in, \(String(output)) out\(rejected)</p>"
    }
    let dropped = (report["dropped"]?.object ?? [:]).compactMapValues(\.number)
      .filter { $0.value > 0 }
    if !dropped.isEmpty {
      let bars = dropped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { BarChart.Bar($0.key, $0.value) }
      pieces +=
        BarChart(bars, label: "rows dropped").figure("Dropped, by reason", origin: origin)
        .html
    }
    let rest = (report.object ?? [:]).filter {
      !["in", "out", "dropped", "rejected"].contains($0.key)
    }
    if rest.isEmpty { return pieces }
    let isShort = rest.count <= 8 && rest.values.allSatisfy { $0.object == nil }
    return pieces
      + (isShort
        ? JSONPiece.html(.object(rest))
        : HTML.folded("all that it says", JSONPiece.html(report)))
  }
}

/// The metrics of a `score` step as a table and as dots and bars.
struct MetricsPiece {
  let metrics: JSON
  let origin: Origin
  let color: Int

  /// The colour of the untouched model.
  private static let baseColor = 7

  var html: HTML {
    let table = MetricsTable.table(metrics)
    var data = DataTable(
      table.header.enumerated().map { index, name in
        .init(name, index == 0 ? .head : name == "reading" ? .short : .number)
      },
      caption: MetricsTable.count(metrics).map { "over \(Words.count(Int($0), "question"))" })
    for row in table.rows { data.add(row) }
    return data.html + plots
  }

  private var plots: HTML {
    let base = metrics["base"]?.object ?? [:]
    let names = MetricsTable.order(base.keys)
    var shares: [IntervalPlot.Row] = []
    var others: [IntervalPlot.Row] = []
    for name in names {
      var marks: [IntervalPlot.Mark] = []
      for (model, color) in [("base", MetricsPiece.baseColor), ("tuned", color)] {
        guard let entry = metrics[model]?[name], let value = entry["value"]?.number else {
          continue
        }
        marks.append(
          .init(
            value, low: entry["low"]?.number, high: entry["high"]?.number, color: color,
            name: model))
      }
      guard !marks.isEmpty else { continue }
      let isShare = marks.allSatisfy { mark in
        [mark.value, mark.low, mark.high].compactMap(\.self).allSatisfy { (0...1).contains($0) }
      }
      let row = IntervalPlot.Row(
        name, marks, text: marks.map { Words.fixed($0.value, 3) }.joined(separator: " → "))
      if isShare { shares.append(row) } else { others.append(row) }
    }
    let count = MetricsTable.count(metrics).map {
      "over \(Words.count(Int($0), "question")), with 95 % intervals"
    }
    var pieces = HTML.nothing
    if !shares.isEmpty {
      pieces +=
        IntervalPlot(shares, label: "value, from 0 to 1", showsZero: true)
        .figure("Metrics from 0 to 1", remark: count ?? "", origin: origin).html
    }
    if !others.isEmpty {
      pieces +=
        IntervalPlot(others, label: "value", showsZero: true)
        .figure("Other metrics", remark: count ?? "", origin: origin).html
    }
    return pieces
  }
}

/// The losses of a training as curves.
struct LossPiece {
  let curve: LossCurve
  let origin: Origin
  let color: Int

  var html: HTML {
    if let problem = curve.problem {
      return "<p class=\"note\">the log cannot be read: \(problem)</p>"
    }
    let series = [
      LinePlot.Series("training", color: color, points: points(curve.training, \.training)),
      LinePlot.Series(
        "validation", color: color, isDashed: true, points: points(curve.validation, \.validation)),
    ].filter { !$0.points.isEmpty }
    guard !series.isEmpty else { return "<p class=\"note\">no losses in this log</p>" }
    var remark = ""
    if let best = curve.best, let loss = best.validation {
      remark = "The lowest validation loss is \(Words.number(loss))"
      if let epoch = best.epoch { remark += ", after epoch \(Words.number(epoch))" }
      remark += "."
    }
    if curve.holes > 0 { remark += " \(curve.holes) entries of the log hold no number." }
    return LinePlot(series, x: curve.isByStep ? "step" : "epoch", y: "loss, nats a token")
      .figure("Loss", remark: remark, origin: origin).html
  }

  private func points(
    _ points: [LossCurve.Point], _ value: (LossCurve.Point) -> Double?
  ) -> [LinePlot.Point] {
    points.compactMap { point in
      guard let x = point.place(byStep: curve.isByStep), let y = value(point) else { return nil }
      return LinePlot.Point(x, y)
    }
  }
}
