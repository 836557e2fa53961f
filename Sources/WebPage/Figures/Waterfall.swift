internal import Reporting

/// When each step ran and how long: one bar a step on a common axis of time.
package struct Waterfall: Hashable, Sendable {
  package struct Bar: Hashable, Sendable {
    package var name: String
    /// In seconds from the beginning.
    package var start: Double
    /// In seconds.
    package var duration: Double
    package var state: StepState

    package init(_ name: String, start: Double, duration: Double, state: StepState) {
      self.name = name
      self.start = start
      self.duration = duration
      self.state = state
    }
  }

  package var bars: [Bar]

  package init(_ bars: [Bar]) { self.bars = bars }

  private static let width = 680.0
  /// How many bars are drawn: the longest, in the order of their beginnings.
  static let most = 60

  package func figure(_ title: String, remark: String = "") -> Figure {
    var numbers = DataTable([
      .init("step", .head), .init("state", .short), .init("began after", .number),
      .init("took", .number),
    ])
    for bar in bars.prefix(1_000) {
      numbers.add([
        HTML(text: bar.name), bar.state.html, HTML(text: Words.duration(bar.start)),
        HTML(text: Words.duration(bar.duration)),
      ])
    }
    let hidden = bars.count - Waterfall.most
    return Figure(
      title,
      remark: remark + (hidden > 0 ? " The \(Waterfall.most) longest of \(bars.count) steps." : ""),
      drawing: drawing(title), numbers: numbers)
  }

  package func drawing(_ title: String) -> HTML {
    var shown = bars
    if shown.count > Waterfall.most {
      let longest = bars.sorted { $0.duration > $1.duration }.prefix(Waterfall.most)
      shown = longest.sorted { ($0.start, $0.name) < ($1.start, $1.name) }
    }
    let left = min(200, Double(shown.map(\.name.count).max() ?? 0) * 7.5 + 16)
    let right = Waterfall.width - 88
    let end = shown.map { $0.start + $0.duration }.filter(\.isFinite).max() ?? 0
    let axis = Axis([0, max(end, 0.001)], from: left, to: right, includesZero: true, count: 5)
    let bottom = 24 * Double(shown.count) + 4
    var drawing = Drawing(
      width: Waterfall.width, height: bottom + 44, title: title,
      summary: shown.sorted { $0.duration > $1.duration }.prefix(5)
        .map { "\($0.name) \(Words.duration($0.duration))" }.joined(separator: "; "))
    for tick in axis.ticks {
      drawing.line(axis.place(tick.value), 0, axis.place(tick.value), bottom + 4, "axis")
      drawing.text(tick.label, axis.place(tick.value), bottom + 20, .middle, "label")
    }
    drawing.text("seconds", right, bottom + 38, .end, "label")
    for (index, bar) in shown.enumerated() {
      let y = 24 * Double(index)
      let (from, to) = (axis.place(bar.start), axis.place(bar.start + bar.duration))
      drawing.text(bar.name, 0, y + 17, .start, "", limit: 26)
      drawing.rectangle(from, y + 7, max(1.5, to - from), 12, "fill-\(bar.state.name)")
      drawing.text(
        Words.duration(bar.duration), max(to, from + 1.5) + 6, y + 17, .start, "label")
    }
    return drawing.html
  }
}
