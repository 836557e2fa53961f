internal import Reporting

/// Values with their intervals, as dots and bars on one axis.
package struct IntervalPlot: Sendable {
  package struct Row: Hashable, Sendable {
    package var name: String
    package var marks: [Mark]
    /// At the row's end; by default its values with their intervals.
    package var text: String

    package init(_ name: String, _ marks: [Mark], text: String? = nil) {
      self.name = name
      self.marks = marks
      self.text = text ?? marks.map(\.text).joined(separator: "  ")
    }
  }

  package struct Mark: Hashable, Sendable {
    package var value: Double
    /// Both nil where there is no interval.
    package var low: Double?
    package var high: Double?
    /// One of the eight colours of the stylesheet.
    package var color: Int
    /// Whose value it is, as in `tuned`.
    package var name: String

    package init(
      _ value: Double, low: Double? = nil, high: Double? = nil, color: Int = 0, name: String = ""
    ) {
      self.value = value
      self.low = low
      self.high = high
      self.color = color
      self.name = name
    }

    /// As in `0.927 [0.890, 0.955]`.
    var text: String {
      guard let low, let high else { return Words.fixed(value, 3) }
      return "\(Words.fixed(value, 3)) [\(Words.fixed(low, 3)), \(Words.fixed(high, 3))]"
    }
  }

  package var rows: [Row]
  /// With its unit.
  package var label: String
  /// Whether zero is on the axis, with a line: for differences always.
  package var showsZero: Bool

  package init(_ rows: [Row], label: String, showsZero: Bool = false) {
    self.rows = rows
    self.label = label
    self.showsZero = showsZero
  }

  private static let width = 680.0

  package func figure(_ title: String, remark: String = "", origin: Origin? = nil) -> Figure {
    Figure(title, remark: remark, drawing: drawing(title), numbers: numbers, origin: origin)
  }

  package func drawing(_ title: String) -> HTML {
    let names = min(176, Double(rows.map(\.name.count).max() ?? 0) * 7.5 + 16)
    let texts = min(248, Double(rows.map(\.text.count).max() ?? 0) * 7 + 16)
    let (left, right) = (names, IntervalPlot.width - texts)
    let most = rows.map(\.marks.count).max() ?? 1
    let step = 24.0 + Double(max(0, most - 1)) * 10
    let top = most > 1 ? 24.0 : 8
    let bottom = top + step * Double(rows.count)
    let axis = Axis(
      rows.flatMap { $0.marks.flatMap { [$0.value, $0.low ?? $0.value, $0.high ?? $0.value] } },
      from: left, to: right, includesZero: showsZero, count: 4)
    var drawing = Drawing(
      width: IntervalPlot.width, height: bottom + 48, title: title,
      summary: rows.prefix(12).map { "\($0.name) \($0.text)" }.joined(separator: "; "))
    for tick in axis.ticks {
      let x = axis.place(tick.value)
      drawing.line(x, top, x, bottom + 4, tick.value == 0 && showsZero ? "zero" : "axis")
      drawing.text(tick.label, x, bottom + 20, .middle, "label")
    }
    drawing.text(label, (left + right) / 2, bottom + 40, .middle, "label")
    if most > 1 { key(left, in: &drawing) }
    for (index, row) in rows.enumerated() {
      let middle = top + step * (Double(index) + 0.5)
      drawing.text(row.name, 0, middle + 4, .start, "", limit: 23)
      drawing.text(row.text, IntervalPlot.width, middle + 4, .end, "label", limit: 34)
      for (number, mark) in row.marks.enumerated() where mark.value.isFinite {
        let offset = (Double(number) - Double(row.marks.count - 1) / 2) * 12
        draw(mark, axis, middle + offset, in: &drawing)
      }
    }
    return drawing.html
  }

  private func draw(_ mark: Mark, _ axis: Axis, _ y: Double, in drawing: inout Drawing) {
    let look = "s\(mark.color)"
    if let low = mark.low, let high = mark.high, low.isFinite, high.isFinite {
      drawing.line(axis.place(low), y, axis.place(high), y, "bar-of-interval \(look)")
    }
    drawing.circle(
      axis.place(mark.value), y, 4.5, "f\(mark.color)",
      title: "\(mark.name.isEmpty ? "" : "\(mark.name): ")\(mark.text)")
  }

  /// Whose marks are which, above the first row.
  private func key(_ left: Double, in drawing: inout Drawing) {
    guard let row = rows.max(by: { $0.marks.count < $1.marks.count }) else { return }
    var x = left
    for mark in row.marks where !mark.name.isEmpty {
      drawing.circle(x + 5, 9, 4.5, "f\(mark.color)")
      drawing.text(mark.name, x + 14, 13, .start, "f\(mark.color)", limit: 24)
      x += Double(min(24, mark.name.count)) * 7.5 + 32
    }
  }

  private var numbers: DataTable {
    let isNamed = rows.contains { $0.marks.count > 1 }
    var table = DataTable(
      [.init("", .head)] + (isNamed ? [.init("of", .short)] : [])
        + [.init(label, .number), .init("low", .number), .init("high", .number)])
    for row in rows {
      for mark in row.marks {
        table.add(
          [row.name] + (isNamed ? [mark.name] : []) + [
            Words.number(mark.value), mark.low.map { Words.number($0) } ?? "",
            mark.high.map { Words.number($0) } ?? "",
          ])
      }
    }
    return table
  }
}
