internal import Reporting

/// How many values lie in each of some ranges of equal width.
package struct Histogram: Hashable, Sendable {
  package struct Bin: Hashable, Sendable {
    package var low: Double
    package var high: Double
    package var count: Int

    package init(low: Double, high: Double, count: Int) {
      self.low = low
      self.high = high
      self.count = count
    }
  }

  package var bins: [Bin]
  /// What is counted along the axis, with its unit, as in `characters`.
  package var label: String
  /// What is counted, in the plural, as in `rows`.
  package var noun: String

  package init(_ bins: [Bin], label: String, noun: String = "rows") {
    self.bins = bins
    self.label = label
    self.noun = noun
  }

  private static let width = 680.0
  private static let height = 208.0

  package func figure(_ title: String, remark: String = "", origin: Origin? = nil) -> Figure {
    var numbers = DataTable([.init(label, .short), .init(noun, .number)])
    for bin in bins {
      numbers.add(["\(Words.number(bin.low)) to \(Words.number(bin.high))", "\(bin.count)"])
    }
    return Figure(title, remark: remark, drawing: drawing(title), numbers: numbers, origin: origin)
  }

  package func drawing(_ title: String) -> HTML {
    let (left, right, top, bottom) = (56.0, Histogram.width - 24, 24.0, Histogram.height - 40)
    let x = Axis(bins.flatMap { [$0.low, $0.high] }, from: left, to: right, count: 6)
    let y = Axis(
      bins.map { Double($0.count) }, from: bottom, to: top, includesZero: true, count: 3)
    var drawing = Drawing(
      width: Histogram.width, height: Histogram.height, title: title, summary: summary)
    for tick in y.ticks where tick.value == tick.value.rounded() {
      drawing.line(left, y.place(tick.value), right, y.place(tick.value), "axis")
      drawing.text(tick.label, left - 8, y.place(tick.value) + 4, .end, "label")
    }
    for bin in bins where bin.count > 0 {
      let (from, to) = (x.place(bin.low), x.place(bin.high))
      drawing.rectangle(
        from + 0.5, y.place(Double(bin.count)), to - from - 1, bottom - y.place(Double(bin.count)),
        "mark",
        title:
          "\(Words.number(bin.low)) to \(Words.number(bin.high)) \(label): \(bin.count) \(noun)")
    }
    drawing.line(left, bottom, right, bottom, "axis")
    for tick in x.ticks {
      drawing.text(tick.label, x.place(tick.value), bottom + 18, .middle, "label")
    }
    drawing.text(noun, 8, 12, .start, "label")
    drawing.text(label, right, bottom + 36, .end, "label")
    return drawing.html
  }

  private var summary: String {
    guard let most = bins.max(by: { $0.count < $1.count }) else { return "no values" }
    return "most \(noun), \(most.count), have \(Words.number(most.low)) to "
      + "\(Words.number(most.high)) \(label)"
  }
}
