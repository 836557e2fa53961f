internal import Reporting

/// A line as small as a word, for a cell of a table.
package enum Sparkline {
  /// - Parameters:
  ///   - values: in their order; those that are not finite are left out.
  ///   - color: one of the eight of the stylesheet.
  package static func html(_ values: [Double], color: Int = 0, name: String) -> HTML {
    let finite = values.filter(\.isFinite)
    guard let first = finite.first, let last = finite.last, finite.count > 1 else {
      return .nothing
    }
    let points = LinePlot.thinned(
      finite.enumerated().map { LinePlot.Point(Double($0.offset), $0.element) })
    let (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    let (width, height) = (96.0, 20.0)
    let commands = points.map { point in
      let x = 2 + point.x / Double(finite.count - 1) * (width - 4)
      let share = high > low ? (point.y - low) / (high - low) : 0.5
      return "\(Drawing.length(x)) \(Drawing.length(height - 2 - share * (height - 4)))"
    }
    let line = "M" + commands.joined(separator: "L")
    return """
      <svg class="spark" viewBox="0 0 96 20" width="96" height="20" role="img" \
      aria-label="\(name): \(Words.number(first)) to \(Words.number(last))">\
      <path d="\(line)" class="curve s\(color)"/></svg>
      """
  }

  /// A value and its interval as a mark on an axis that the column shares.
  ///
  /// - Parameter range: what the axis covers in every row.
  package static func interval(
    _ value: Double, low: Double, high: Double, in range: ClosedRange<Double>, color: Int = 0
  ) -> HTML {
    guard value.isFinite, low.isFinite, high.isFinite, range.upperBound > range.lowerBound else {
      return .nothing
    }
    func place(_ value: Double) -> Double {
      let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
      return 4 + max(0, min(1, share)) * 112
    }
    return """
      <svg class="spark" viewBox="0 0 120 20" width="120" height="20" role="img" \
      aria-label="\(Words.number(value)), \(Words.number(low)) to \(Words.number(high))">\
      <line x1="4" y1="10" x2="116" y2="10" class="axis"/>\
      <line x1="\(Drawing.length(place(low)))" y1="10" x2="\(Drawing.length(place(high)))" y2="10" class="bar-of-interval s\(color)"/>\
      <circle cx="\(Drawing.length(place(value)))" cy="10" r="4" class="f\(color)"/></svg>
      """
  }
}
