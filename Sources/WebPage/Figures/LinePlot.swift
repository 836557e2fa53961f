internal import Reporting

/// Lines over a common axis, each labelled where it ends: loss curves, and whatever else grows by
/// steps.
package struct LinePlot: Sendable {
  package struct Series: Hashable, Sendable {
    package var name: String
    /// One of the eight colours of the stylesheet.
    package var color: Int
    /// A second line of the same run, such as its validation loss.
    package var isDashed: Bool
    /// In ascending order of `x`. A point that is not finite breaks the line.
    package var points: [Point]

    package init(_ name: String, color: Int, isDashed: Bool = false, points: [Point]) {
      self.name = name
      self.color = color
      self.isDashed = isDashed
      self.points = points
    }
  }

  package struct Point: Hashable, Sendable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  package var series: [Series]
  /// With their units, as in `step` and `loss, nats a token`.
  package var xLabel: String
  package var yLabel: String
  package var isLogarithmic: Bool

  package init(_ series: [Series], x: String, y: String, isLogarithmic: Bool = false) {
    self.series = series
    xLabel = x
    yLabel = y
    self.isLogarithmic = isLogarithmic
  }

  /// How many points of a line are drawn at most, and how many rows its table has.
  static let mostPoints = 500
  static let mostRows = 200

  private static let width = 680.0
  private static let height = 272.0

  /// The plot as a figure with its numbers.
  package func figure(_ title: String, remark: String = "", origin: Origin? = nil) -> Figure {
    Figure(
      title, remark: remark, drawing: drawing(title), numbers: numbers, origin: origin)
  }

  /// The drawing alone.
  package func drawing(_ title: String) -> HTML {
    let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
    let labelWidth = min(160, Double(series.map(\.name.count).max() ?? 0) * 7 + 16)
    let (left, right) = (56.0, LinePlot.width - labelWidth)
    let (top, bottom) = (24.0, LinePlot.height - 40)
    let x = Axis(points.map(\.x), from: left, to: right, count: 6)
    let y = Axis(
      points.map(\.y), from: bottom, to: top, isLogarithmic: isLogarithmic,
      includesZero: !isLogarithmic && (points.map(\.y).min() ?? 0) >= 0)
    var drawing = Drawing(
      width: LinePlot.width, height: LinePlot.height, title: title, summary: summary)
    for tick in y.ticks {
      drawing.line(left, y.place(tick.value), right, y.place(tick.value), "axis")
      drawing.text(tick.label, left - 8, y.place(tick.value) + 4, .end, "label")
    }
    for tick in x.ticks {
      drawing.line(x.place(tick.value), bottom, x.place(tick.value), bottom + 4, "axis")
      drawing.text(tick.label, x.place(tick.value), bottom + 18, .middle, "label")
    }
    drawing.text(yLabel + (y.isLogarithmic ? " (logarithmic)" : ""), 8, 12, .start, "label")
    drawing.text(xLabel, right, bottom + 36, .end, "label")
    for line in series { draw(line, x, y, in: &drawing) }
    for (line, place) in labels(y, top: top, bottom: bottom) {
      drawing.text(line.name, right + 8, place + 4, .start, "f\(line.color)", limit: 20)
    }
    return drawing.html
  }

  private func draw(_ line: Series, _ x: Axis, _ y: Axis, in drawing: inout Drawing) {
    let look = "curve s\(line.color)\(line.isDashed ? " dashed" : "")"
    var commands = ""
    var isOpen = false
    let points = LinePlot.thinned(line.points)
    for point in points {
      guard point.x.isFinite, point.y.isFinite else {
        isOpen = false
        continue
      }
      let place = "\(Drawing.length(x.place(point.x))) \(Drawing.length(y.place(point.y)))"
      commands += "\(isOpen ? "L" : "M")\(place)"
      isOpen = true
    }
    if !commands.isEmpty { drawing.path(commands, look) }
    // A few measurements are shown as such.
    if points.count <= 24 {
      for point in points where point.x.isFinite && point.y.isFinite {
        drawing.circle(
          x.place(point.x), y.place(point.y), 2.5, "f\(line.color)",
          title: "\(line.name): \(Words.number(point.y)) at \(Words.number(point.x))")
      }
    }
  }

  /// The lines with the height of their labels: where they end, pushed apart where they would touch.
  private func labels(_ y: Axis, top: Double, bottom: Double) -> [(Series, Double)] {
    var labels = series.compactMap { line -> (Series, Double)? in
      line.points.last { $0.x.isFinite && $0.y.isFinite }.map { (line, y.place($0.y)) }
    }
    labels.sort { $0.1 < $1.1 }
    for index in labels.indices.dropFirst() {
      labels[index].1 = max(labels[index].1, labels[index - 1].1 + 16)
    }
    var limit = bottom
    for index in labels.indices.reversed() {
      labels[index].1 = min(labels[index].1, limit)
      limit = labels[index].1 - 16
    }
    return labels
  }

  /// At most `mostPoints` points that show the same line: of each stretch the lowest and the highest.
  static func thinned(_ points: [Point]) -> [Point] {
    guard points.count > mostPoints else { return points }
    let stretch = (points.count + mostPoints / 2 - 1) / (mostPoints / 2)
    var result: [Point] = []
    for start in stride(from: 0, to: points.count, by: stretch) {
      let piece = points[start..<min(points.count, start + stretch)]
      let finite = piece.indices.filter { points[$0].y.isFinite }
      guard let low = finite.min(by: { points[$0].y < points[$1].y }),
        let high = finite.max(by: { points[$0].y < points[$1].y })
      else {
        result.append(piece[piece.startIndex])
        continue
      }
      result.append(points[min(low, high)])
      if low != high { result.append(points[max(low, high)]) }
    }
    return result
  }

  private var summary: String {
    series.map { line in
      let finite = line.points.filter { $0.y.isFinite }
      guard let first = finite.first, let last = finite.last else {
        return "\(line.name): no value"
      }
      return "\(line.name) from \(Words.number(first.y)) to \(Words.number(last.y))"
    }.joined(separator: "; ")
  }

  private var numbers: DataTable {
    let places = Set(series.flatMap { $0.points.map(\.x) }).filter(\.isFinite).sorted()
    let stretch = max(1, (places.count + LinePlot.mostRows - 1) / LinePlot.mostRows)
    var table = DataTable(
      [DataTable.Column(xLabel, .number)] + series.map { .init($0.name, .number) },
      caption: stretch > 1 ? "\(yLabel); each \(stretch)th of \(places.count) points" : yLabel)
    let values = series.map { line in
      Dictionary(line.points.map { ($0.x, $0.y) }, uniquingKeysWith: { _, last in last })
    }
    for (index, place) in places.enumerated()
    where index % stretch == 0 || index == places.count - 1 {
      table.add([Words.number(place)] + values.map { $0[place].map { Words.number($0) } ?? "" })
    }
    return table
  }
}
