/// What is known of a metric by its name alone.
package enum MetricName {
  /// The order in which a table shows metrics; the first that is there ranks it, unless it asks for
  /// another.
  private static let preferred = [
    "score", "win_rate", "f1", "accuracy", "quasi_exact_match", "exact_match", "rouge_l", "loss",
    "perplexity",
  ]

  /// Endings of names of metrics that fall when answers get better.
  private static let errors: Set<String> = [
    "loss", "perplexity", "error", "wer", "cer", "ter", "mae", "mse", "rmse", "distance",
    "levenshtein",
  ]

  /// Whether less is better. A name may have a step before it and words before the last: `score.loss`,
  /// `validation_loss`.
  package static func lowerIsBetter(_ name: String) -> Bool {
    errors.contains(lastWord(name))
  }

  /// Names in the order in which a table shows them.
  package static func ordered(_ names: some Sequence<String>) -> [String] {
    names.sorted { (rank($0), $0) < (rank($1), $1) }
  }

  private static func rank(_ name: String) -> Int {
    preferred.firstIndex(of: String(name.split(separator: ".").last ?? "")) ?? preferred.count
  }

  private static func lastWord(_ name: String) -> String {
    name.lowercased().split(whereSeparator: { "._-/ ".contains($0) }).last.map(String.init) ?? ""
  }
}
