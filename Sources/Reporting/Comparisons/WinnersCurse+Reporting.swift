package import Comparison

extension WinnersCurse {
  /// What to say below a table of which somebody picks the best: how much of its lead is luck, and,
  /// where that can be said, what to expect of it.
  package var lines: [String] {
    let of = questions.map { " on \(Words.count($0, "question"))" } ?? ""
    var lines = [
      "the best of \(count)\(of): a lead of \(WinnersCurse.number(expectedLead)) over the mean is "
        + "expected from chance alone, and it leads by \(WinnersCurse.number(lead)) "
        + "(\(WinnersCurse.probability(pValue)))"
    ]
    if let corrected {
      lines.append(
        "it was picked for its \(WinnersCurse.number(score)): expect "
          + "\(WinnersCurse.number(corrected)) on new questions")
    }
    return lines
  }

  private static func number(_ value: Double) -> String {
    Words.fixed(value, abs(value) < 10 ? 3 : 1)
  }

  private static func probability(_ value: Double) -> String {
    value < 0.001 ? "p < 0.001" : "p = \(Words.fixed(value, value < 0.1 ? 3 : 2))"
  }
}
