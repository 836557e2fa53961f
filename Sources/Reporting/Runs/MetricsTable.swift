package import Documents

/// The table of base against tuned that a `score` step gives.
package enum MetricsTable {
  /// The lines of the table, from a `metrics.json`.
  package static func lines(_ document: JSON) -> [String] {
    let (header, rows) = table(document)
    var table = TextTable(
      header,
      header.map { ["metric", "95 %", "interval", "reading"].contains($0) ? .left : .right })
    for row in rows { table.add(row) }
    return table.lines
  }

  /// The cells of the table, from a `metrics.json`.
  package static func table(_ document: JSON) -> (header: [String], rows: [[String]]) {
    let base = document["base"]?.object ?? [:]
    let tuned = document["tuned"]?.object
    let difference = document["difference"]?.object ?? [:]
    let header =
      tuned == nil
      ? ["metric", "base", "95 %"]
      : ["metric", "base", "tuned", "difference", "interval", "reading"]
    let rows = order(base.keys).map { name -> [String] in
      let before = text(base[name]?["value"])
      guard let tuned else { return [name, before, interval(base[name])] }
      let change = difference[name]
      return [
        name, before, text(tuned[name]?["value"]), signed(change?["value"]), interval(change),
        change?["reading"]?.string ?? "",
      ]
    }
    return (header, rows)
  }

  /// The value of each metric, of the tuned answers where there are such; nil where it has none.
  static func values(_ document: JSON) -> [(name: String, value: Double?)] {
    let answers = document["tuned"]?.object ?? document["base"]?.object ?? [:]
    return order(answers.keys).map { ($0, answers[$0]?["value"]?.number) }
  }

  /// How many questions the metrics are over.
  package static func count(_ document: JSON) -> Int64? { document["n"]?.integer }

  /// The names of metrics, those that say most first.
  package static func order(_ names: some Sequence<String>) -> [String] {
    let preferred = ["loss", "perplexity", "f1", "rouge_l", "quasi_exact_match", "exact_match"]
    return names.sorted {
      let (a, b) = (preferred.firstIndex(of: $0) ?? 99, preferred.firstIndex(of: $1) ?? 99)
      return a == b ? $0 < $1 : a < b
    }
  }

  private static func text(_ value: JSON?) -> String {
    value?.number.map { Words.fixed($0, 3) } ?? "n/a"
  }

  private static func signed(_ value: JSON?) -> String {
    value?.number.map { Words.signed($0) } ?? "n/a"
  }

  private static func interval(_ value: JSON?) -> String {
    guard let low = value?["low"]?.number, let high = value?["high"]?.number else { return "" }
    return "[\(Words.fixed(low, 3)), \(Words.fixed(high, 3))]"
  }
}
