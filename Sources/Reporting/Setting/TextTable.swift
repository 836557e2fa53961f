/// A table in plain text.
package struct TextTable {
  package enum Alignment { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// - Parameter alignments: one for each column.
  package init(_ header: [String], _ alignments: [Alignment]) {
    self.alignments = alignments
    rows = [header]
  }

  package mutating func add(_ row: [String]) { rows.append(row) }

  /// The lines: header, rule, rows; columns two spaces apart, no trailing white space.
  package var lines: [String] {
    let count = alignments.count
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      var line = cells.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
    var lines: [String] = []
    for (number, row) in rows.enumerated() {
      let cells = (0..<count).map { column in
        let text = column < row.count ? row[column] : ""
        let padding = String(repeating: " ", count: widths[column] - text.count)
        return alignments[column] == .left ? text + padding : padding + text
      }
      lines.append(line(cells))
      if number == 0 { lines.append(line(widths.map { String(repeating: "─", count: $0) })) }
    }
    return lines
  }
}
