internal import Comparison
internal import Documents
package import Rows

/// What differs between two files of rows, in words: one sentence, then change after change with
/// its fields, in 80 columns.
package struct RowDifferenceText {
  /// How many characters that stayed are shown around each change.
  private static let context = 30
  /// How many lines a value takes at most.
  private static let mostLines = 8
  /// How many fields of a row that is added or removed are shown.
  private static let mostFields = 3

  private let style: Style
  private let width: Int

  package init(style: Style, width: Int = 80) {
    self.style = style
    self.width = max(40, width)
  }

  /// The counts in one sentence, and what is to be known about them.
  package func summary(_ comparison: RowComparison) -> [String] {
    let counts = comparison.counts
    var parts: [String] = []
    for (count, what) in [
      (counts.changed, "changed"), (counts.added, "added"), (counts.removed, "removed"),
      (counts.moved, "moved"),
    ] where count > 0 { parts.append("\(count) \(what)") }
    let rows =
      counts.old == counts.new
      ? Words.count(counts.new, "row") : "\(Words.count(counts.new, "row")), were \(counts.old)"
    let written =
      counts.reformatted > 0 ? " (\(counts.reformatted) of them written differently)" : ""
    if parts.isEmpty { return ["no row differs: \(rows)\(written)"] }
    var lines = [
      "\(rows): \(parts.joined(separator: ", ")), \(counts.same) the same\(written)"
    ]
    lines += notes(comparison).map { style($0, .quiet) }
    return lines
  }

  private func notes(_ comparison: RowComparison) -> [String] {
    var notes: [String] = []
    switch comparison.matching {
    case .key(let path): notes.append("rows paired by `\(path)`")
    case .id: notes.append("rows paired by `id`")
    case .similarity where comparison.counts.changed > 0: notes.append("rows paired by similarity")
    case .similarity: break
    }
    let keyless = comparison.keyless
    if keyless.old + keyless.new > 0 {
      notes.append(
        "of the rows that differ, \(keyless.old) of the old and \(keyless.new) of the new file "
          + "have no such key: paired by similarity")
    }
    let duplicates = comparison.duplicates
    if duplicates.old + duplicates.new > 0 {
      notes.append(
        "keys that several of the rows that differ have, paired in order: \(duplicates.old) in the "
          + "old, \(duplicates.new) in the new file")
      notes += duplicates.examples.map { "  " + MarkedText.visible($0) }
    }
    return notes
  }

  /// One change: its place, and what it says.
  package func lines(
    _ change: RowComparison.Change, _ content: RowComparison.Content
  ) -> [String] {
    [heading(change, content)] + body(change, content)
  }

  private func heading(_ change: RowComparison.Change, _ content: RowComparison.Content) -> String {
    let key = content.key.map {
      " (\(MarkedText.visible(RowDifferenceText.plain($0)).excerpt(40)))"
    }
    let old = change.old.map { "line \($0.line)" } ?? ""
    let new = change.new.map { "line \($0.line)" } ?? ""
    let was = change.old?.line == change.new?.line ? "" : ", was \(old)"
    return switch change.kind {
    case .changed: style("~ \(new)\(key ?? "")\(was)", .accent)
    case .moved: style("> \(new)\(key ?? "")\(was)", .quiet)
    case .added: style("+ \(new)\(key ?? "")", .good)
    case .removed: style("- \(old)\(key ?? "") is gone", .bad)
    }
  }

  private func body(_ change: RowComparison.Change, _ content: RowComparison.Content) -> [String] {
    switch change.kind {
    case .moved: return []
    case .changed:
      if content.fields.isEmpty { return ["    the same values, names written differently"] }
      let shown = content.fields.prefix(12)
      var lines = shown.flatMap { field($0) }
      if content.fields.count > shown.count {
        lines.append("    … and \(content.fields.count - shown.count) more fields")
      }
      return lines
    case .added: return excerpt(of: content.new ?? [:])
    case .removed: return excerpt(of: content.old ?? [:])
    }
  }

  private func field(_ field: ValueDifference) -> [String] {
    var text = MarkedText()
    switch (field.old, field.new) {
    case (.string(let old)?, .string(let new)?):
      text = MarkedText(WordDifference(old, new).excerpt(context: RowDifferenceText.context))
    case (let old?, let new?):
      text.add("[-\(RowDifferenceText.plain(old))-]", .bad)
      text.add("{+\(RowDifferenceText.plain(new))+}", .good)
    case (let old?, nil): text.add("[-\(RowDifferenceText.plain(old))-]", .bad)
    case (nil, let new?): text.add("{+\(RowDifferenceText.plain(new))+}", .good)
    case (nil, nil): break
    }
    return named(field.field, text, most: RowDifferenceText.mostLines)
  }

  /// The fields that say most, a line each.
  private func excerpt(of row: [String: JSON]) -> [String] {
    let names = RowShape(of: row)?.fields.filter { row[$0] != nil } ?? JSON.canonicalOrder(row.keys)
    let telling = names.filter { row[$0] != .string("") }
    var lines: [String] = []
    for name in telling.prefix(RowDifferenceText.mostFields) {
      var text = MarkedText()
      text.add(String(RowDifferenceText.plain(row[name] ?? .null).prefix(2 * width)))
      lines += named(name, text, most: 1)
    }
    return lines
  }

  /// The field's name, and its text behind it where one line is enough, otherwise below.
  private func named(_ name: String, _ text: MarkedText, most: Int) -> [String] {
    let name = MarkedText.visible(name)
    let left = width - name.count - 6
    let lines = text.lines(width: width - 6, style: style)
    if lines.count <= 1 || most == 1, left >= 30 {
      let behind = text.lines(width: left, most: 1, style: style)
      if most == 1 || behind == text.lines(width: left, style: style) {
        return ["    \(style(name, .strong))  \(behind.first ?? "")"]
      }
    }
    let shown = text.lines(width: width - 6, most: most, style: style)
    return ["    \(style(name, .strong))"] + shown.map { "      \($0)" }
  }

  private static func plain(_ value: JSON) -> String { value.string ?? value.canonicalText }
}
