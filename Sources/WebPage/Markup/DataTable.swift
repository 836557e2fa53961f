/// A table of a page. It scrolls inside its own box where it is wider than the page.
package struct DataTable: Sendable {
  package struct Column: Hashable, Sendable {
    package var name: String
    package var kind: Kind

    package enum Kind: Hashable, Sendable {
      /// Right-aligned, never broken.
      case number
      /// Never broken.
      case short
      /// Broken where it is long.
      case text
      /// Names its row.
      case head
    }

    package init(_ name: String, _ kind: Kind = .text) {
      self.name = name
      self.kind = kind
    }
  }

  package var columns: [Column]
  package private(set) var rows: [[HTML]] = []
  /// Above the table; nil for none.
  package var caption: String?

  package init(_ columns: [Column], caption: String? = nil) {
    self.columns = columns
    self.caption = caption
  }

  package mutating func add(_ cells: [HTML]) { rows.append(cells) }

  package mutating func add(_ cells: [String]) { rows.append(cells.map { HTML(text: $0) }) }

  /// The same without the columns in which no row says anything.
  package var withoutEmptyColumns: DataTable {
    let kept = columns.indices.filter { column in
      rows.contains { column < $0.count && $0[column] != .nothing }
    }
    var table = DataTable(kept.map { columns[$0] }, caption: caption)
    for row in rows { table.add(kept.map { $0 < row.count ? row[$0] : .nothing }) }
    return table
  }

  /// The table in its box.
  package var html: HTML {
    let label: HTML = "\(caption ?? columns.map(\.name).joined(separator: ", "))"
    return """
      <div class="scroll" role="region" tabindex="0" aria-label="\(label)"><table>\
      \(caption.map { "<caption>\($0)</caption>" as HTML })\
      <thead><tr>\(columns.map(head).joined())</tr></thead>
      <tbody>\(rows.map(row).joined())</tbody></table></div>
      """
  }

  private func head(_ column: Column) -> HTML {
    "<th scope=\"col\"\(column.kind == .number ? " class=\"number\"" : HTML.nothing)>\(column.name)</th>"
  }

  private func row(_ cells: [HTML]) -> HTML {
    let cells = zip(columns, cells).map { column, cell -> HTML in
      switch column.kind {
      case .number: "<td class=\"number\">\(cell)</td>"
      case .short: "<td class=\"short\">\(cell)</td>"
      case .text: "<td class=\"text\">\(cell)</td>"
      case .head: "<th scope=\"row\">\(cell)</th>"
      }
    }
    return "<tr>\(cells.joined())</tr>\n"
  }
}
