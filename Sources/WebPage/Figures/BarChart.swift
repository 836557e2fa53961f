internal import Reporting

/// Horizontal bars with their names and numbers.
package struct BarChart: Hashable, Sendable {
  package struct Bar: Hashable, Sendable {
    package var name: String
    package var value: Double
    /// What is written at its end; the number where nothing else is said.
    package var text: String

    package init(_ name: String, _ value: Double, text: String? = nil) {
      self.name = name
      self.value = value
      self.text = text ?? Words.number(value)
    }
  }

  package var bars: [Bar]
  /// What the numbers are, with their unit.
  package var label: String

  package init(_ bars: [Bar], label: String) {
    self.bars = bars
    self.label = label
  }

  private static let width = 680.0
  /// How many bars are drawn; the table has the others too.
  private static let most = 40

  package func figure(_ title: String, remark: String = "", origin: Origin? = nil) -> Figure {
    var numbers = DataTable([.init("", .head), .init(label, .number)])
    for bar in bars { numbers.add([bar.name, bar.text]) }
    return Figure(title, remark: remark, drawing: drawing(title), numbers: numbers, origin: origin)
  }

  package func drawing(_ title: String) -> HTML {
    let shown = bars.prefix(BarChart.most)
    let left = min(232, Double(shown.map(\.name.count).max() ?? 0) * 7.5 + 16)
    let right = BarChart.width - min(160, Double(shown.map(\.text.count).max() ?? 0) * 7 + 16)
    let most = shown.map(\.value).filter(\.isFinite).max() ?? 0
    let isCut = bars.count > shown.count
    var drawing = Drawing(
      width: BarChart.width, height: 24 * Double(shown.count) + (isCut ? 32 : 8), title: title,
      summary: shown.prefix(12).map { "\($0.name) \($0.text)" }.joined(separator: "; "))
    for (index, bar) in shown.enumerated() {
      let y = 24 * Double(index) + 4
      let value = bar.value.isFinite ? max(0, bar.value) : 0
      let length = most > 0 ? value / most * (right - left) : 0
      drawing.text(bar.name, 0, y + 14, .start, "", limit: 30)
      drawing.rectangle(left, y + 3, length, 12, "mark")
      drawing.text(bar.text, left + length + 8, y + 14, .start, "label", limit: 22)
    }
    if isCut {
      drawing.text(
        "and \(bars.count - shown.count) more", left, 24 * Double(shown.count) + 16, .start, "label"
      )
    }
    return drawing.html
  }
}
