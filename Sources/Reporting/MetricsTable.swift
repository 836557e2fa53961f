package import Documents

/// The table of base against tuned that a `score` step gives.
package enum MetricsTable {
  /// The lines of the table, from a `metrics.json`.
  package static func lines(_ document: JSON) -> [String] {
    let base = document["base"]?.object ?? [:]
    let tuned = document["tuned"]?.object
    let difference = document["difference"]?.object ?? [:]
    var table =
      tuned == nil
      ? TextTable(["metric", "base", "95 %"], [.left, .right, .left])
      : TextTable(
        ["metric", "base", "tuned", "difference", "interval", "reading"],
        [.left, .right, .right, .right, .left, .left])
    for name in order(base.keys) {
      let before = text(base[name]?["value"])
      guard let tuned else {
        table.add([name, before, interval(base[name])])
        continue
      }
      let change = difference[name]
      table.add([
        name, before, text(tuned[name]?["value"]), signed(change?["value"]), interval(change),
        change?["reading"]?.string ?? "",
      ])
    }
    return table.lines
  }

  /// The value of each metric, of the tuned answers where there are such; nil where it has none.
  static func values(_ document: JSON) -> [(name: String, value: Double?)] {
    let answers = document["tuned"]?.object ?? document["base"]?.object ?? [:]
    return order(answers.keys).map { ($0, answers[$0]?["value"]?.number) }
  }

  /// How many questions the metrics are over.
  package static func count(_ document: JSON) -> Int64? { document["n"]?.integer }

  private static func order(_ names: some Sequence<String>) -> [String] {
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
    value?.number.map { ($0 > 0 ? "+" : "") + Words.fixed($0, 3) } ?? "n/a"
  }

  private static func interval(_ value: JSON?) -> String {
    guard let low = value?["low"]?.number, let high = value?["high"]?.number else { return "" }
    return "[\(Words.fixed(low, 3)), \(Words.fixed(high, 3))]"
  }
}
