internal import Digests
internal import Documents
internal import Reporting
package import Rows

/// Some rows of a JSON Lines file as a table: a column for each field.
package struct RowTable: Sendable {
  /// More fields than these are named, not shown.
  static let mostColumns = 8
  /// A longer text is cut, in characters; the row page has it whole.
  package static let longestText = 240

  /// The fields that are columns, and those that are not.
  package let columns: [String]
  package let hidden: [String]
  package let lines: [RowFile.Line]
  private let rows: [[String: JSON]?]

  package init(_ lines: [RowFile.Line]) {
    self.lines = lines
    rows = lines.map { $0.isWhole ? (try? JSON(parsing: $0.bytes))?.object : nil }
    let names = RowTable.order(rows.compactMap(\.self))
    columns = Array(names.prefix(RowTable.mostColumns))
    hidden = Array(names.dropFirst(RowTable.mostColumns))
  }

  /// The id first, then what the row is about in the order in which it is read, then the rest.
  private static func order(_ rows: [[String: JSON]]) -> [String] {
    var all: Set<String> = []
    for row in rows { all.formUnion(row.keys) }
    let shape = rows.first.flatMap { RowShape(of: $0) }
    let first =
      ["id", "reason", "question"] + (shape?.fields ?? []) + ["instruction", "prompt", "response"]
    var names: [String] = []
    for name in first + JSON.canonicalOrder(all) where all.contains(name) && !names.contains(name) {
      names.append(name)
    }
    return names
  }

  /// What a cell says; nil for a field that the row lacks.
  package func text(_ row: Int, _ column: String) -> String? {
    guard let value = rows[row]?[column] else { return nil }
    return RowTable.text(value)
  }

  static func text(_ value: JSON) -> String {
    if let text = value.string { return text }
    // A small mapping reads better without its marks.
    if let members = value.object, members.count <= 12,
      members.values.allSatisfy({ $0.object == nil && $0.array == nil })
    {
      return JSON.canonicalOrder(members.keys).map { name in
        "\(name): \(members[name]?.string ?? members[name]?.canonicalText ?? "")"
      }.joined(separator: "\n")
    }
    return value.canonicalText
  }

  /// How a column is set, by what stands in it.
  private func kind(of column: String) -> DataTable.Column.Kind {
    let values = rows.compactMap { $0?[column] }
    if !values.isEmpty, values.allSatisfy({ $0.number != nil || $0.isNull }) { return .number }
    let isShort = values.allSatisfy { value in
      value.string.map { $0.utf8.count <= 20 || value.digest != nil } ?? value.isNull
    }
    return isShort ? .short : .text
  }

  /// What is said of a line that is no row.
  package func remark(_ row: Int) -> String? {
    let line = lines[row]
    if !line.isWhole { return "a line of \(Words.bytes(Int64(line.length))), too long to show" }
    return rows[row] == nil
      ? "no JSON object: \(RowTable.cut(String(decoding: line.bytes, as: UTF8.self)))" : nil
  }

  package static func cut(_ text: String, _ limit: Int = longestText) -> String {
    let head = text.prefix(limit)
    return head.endIndex == text.endIndex ? text : "\(head)…"
  }

  /// - Parameter caption: above the table.
  package func html(caption: String? = nil) -> HTML {
    var table = DataTable(
      [.init("row", .number)]
        + (columns.isEmpty ? [.init("text")] : columns.map { .init($0, kind(of: $0)) }),
      caption: caption)
    for (index, line) in lines.enumerated() {
      let number: HTML = "\(line.number)"
      if let remark = remark(index) {
        table.add(
          [number, "<span class=\"quiet\">\(remark)</span>"]
            + Array(repeating: .nothing, count: max(0, columns.count - 1)))
      } else if columns.isEmpty {
        table.add([number, "<span class=\"quiet\">no fields</span>"])
      } else {
        table.add(
          [number]
            + columns.map { column in
              guard let value = rows[index]?[column] else {
                return "<span class=\"quiet\">–</span>"
              }
              if let digest = value.digest { return .digest(digest) }
              return HTML(text: RowTable.cut(RowTable.text(value)))
            })
      }
    }
    let more: HTML =
      hidden.isEmpty
      ? .nothing
      : "<p class=\"note\">and \(Words.count(hidden.count, "field")) more: \(hidden.prefix(30).joined(separator: ", "))</p>"
    return table.html + more
  }
}

extension Histogram {
  /// The lengths of a field of the rows, in about thirty ranges; nil for too few rows.
  package init?(lengthsOf summary: RowSummary) {
    guard let field = summary.measured, summary.lengths.count > 1,
      let low = summary.lengths.min(), let high = summary.lengths.max(), high > low
    else { return nil }
    // A few very long rows must not press all others into one bar: the last bar takes them.
    let sorted = summary.lengths.sorted()
    let usual = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
    let top = max(low + 1, high > usual * 3 ? usual : high)
    let width = max(1, (top - low + 29) / 30)
    var bins = stride(from: low, through: top, by: width).map {
      Bin(low: Double($0), high: Double($0 + width), count: 0)
    }
    for length in summary.lengths { bins[min(bins.count - 1, (length - low) / width)].count += 1 }
    let beyond = summary.lengths.count { $0 >= low + bins.count * width }
    self.init(
      bins,
      label: "characters of `\(field)`"
        + (beyond > 0 ? "; the last bar holds \(beyond) longer ones, up to \(high)" : ""))
  }
}
