internal import Digests
internal import Documents
internal import Reporting

/// A JSON document as facts and tables; what is too deep for that as text.
enum JSONPiece {
  private static let mostFacts = 60
  private static let mostRows = 100

  static func html(_ value: JSON) -> HTML {
    if let list = value.array { return table(list) ?? code(value) }
    guard let members = value.object else { return code(value) }
    if members.isEmpty { return "<p class=\"note\">an empty document</p>" }
    var facts: [(name: String, value: HTML)] = []
    var tables = HTML.nothing
    collect(value, [], &facts, &tables)
    guard facts.count <= mostFacts else { return HTML.folded("the document", code(value)) + tables }
    return (facts.isEmpty ? .nothing : HTML.facts(facts)) + tables
  }

  private static func collect(
    _ value: JSON, _ path: [String], _ facts: inout [(name: String, value: HTML)],
    _ tables: inout HTML
  ) {
    let members = value.object ?? [:]
    for name in JSON.canonicalOrder(members.keys) {
      guard let member = members[name] else { continue }
      let whole = path + [name]
      if let inner = member.object, !inner.isEmpty, whole.count < 4 {
        collect(member, whole, &facts, &tables)
      } else if let list = member.array, let table = table(list) {
        tables += HTML.folded(
          "\(whole.joined(separator: ".")), \(Words.entries(list.count))",
          table)
      } else {
        facts.append((whole.joined(separator: "."), text(member)))
      }
    }
  }

  /// A value in one line.
  static func text(_ value: JSON) -> HTML {
    if let digest = value.digest { return .digest(digest) }
    if let text = value.string {
      return text.isEmpty ? "<span class=\"quiet\">empty</span>" : HTML(text: RowTable.cut(text))
    }
    if value.isNull { return "<span class=\"quiet\">none</span>" }
    if let list = value.array, list.allSatisfy({ $0.array == nil && $0.object == nil }) {
      let shown = list.prefix(40).map { $0.string ?? $0.canonicalText }.joined(separator: ", ")
      return HTML(
        text: list.isEmpty
          ? "none" : shown + (list.count > 40 ? ", and \(list.count - 40) more" : ""))
    }
    return HTML(text: RowTable.cut(value.canonicalText))
  }

  /// A list of objects as a table; nil for another list.
  private static func table(_ list: [JSON]) -> HTML? {
    guard !list.isEmpty, list.allSatisfy({ $0.object?.isEmpty == false }) else { return nil }
    var names: Set<String> = []
    for entry in list.prefix(mostRows) { names.formUnion((entry.object ?? [:]).keys) }
    guard names.count <= 12 else { return nil }
    let columns = JSON.canonicalOrder(names).sorted { $0 == "name" && $1 != "name" }
    var table = DataTable(
      columns.map { name in
        let isNumber = list.prefix(mostRows).allSatisfy {
          $0[name].map { $0.number != nil } ?? true
        }
        return .init(name, isNumber ? .number : .text)
      })
    for entry in list.prefix(mostRows) {
      table.add(columns.map { name in entry[name].map { text($0) } ?? .nothing })
    }
    let more = list.count - mostRows
    return table.html + (more > 0 ? "<p class=\"note\">and \(more) more</p>" : .nothing)
  }

  private static func code(_ value: JSON) -> HTML { .code(text(of: value), language: "json") }

  /// The document as text: indented as long as that helps to read it, at most so many characters.
  static func text(of value: JSON, limit: Int = OutputReader.textLimit) -> String {
    RowTable.cut(isDeeper(than: 12, value) ? value.canonicalText : value.indentedText, limit)
  }

  private static func isDeeper(than limit: Int, _ value: JSON) -> Bool {
    if limit == 0 { return true }
    if let list = value.array { return list.contains { isDeeper(than: limit - 1, $0) } }
    return value.object?.values.contains { isDeeper(than: limit - 1, $0) } ?? false
  }
}
