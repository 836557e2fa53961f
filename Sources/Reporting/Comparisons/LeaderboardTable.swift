package import Comparison

/// The leaderboard in plain text.
package enum LeaderboardTable {
  /// The lines of the table and what to read from it.
  ///
  /// - Parameters:
  ///   - runs: the run of each submission, for people, by name.
  ///   - budget: hours of training that may be used, or nil.
  package static func lines(
    _ board: Leaderboard, runs: [String: String], budget: Double?, style: Style
  ) -> [String] {
    var table = TextTable(
      [
        "submission", "run", "score", "95 %", "win rate", "rating", "scores", "hours",
        "to the best",
        "to the one above",
      ], [.left, .left, .right, .left, .right, .right, .right, .right, .left, .left])
    for (place, cells) in zip(board.places, cells(board)) {
      table.add([place.entry.name, runs[place.entry.name] ?? ""] + cells)
    }
    var lines = table.lines
    let notes = notes(board, budget: budget)
    if !notes.isEmpty { lines += [""] + notes.map { style($0, .quiet) } }
    return lines
  }

  /// What stands after each submission's name and run, in the order of the places.
  package static func cells(_ board: Leaderboard) -> [[String]] {
    board.places.map { place in
      let estimate = place.estimate
      return [
        estimate.map { number($0.score.value) } ?? "",
        estimate.map { interval($0.score) } ?? "no score yet",
        estimate?.winRate.map { "\(number($0)) %" } ?? "", estimate?.rating.map(number) ?? "",
        estimate.map { String($0.count) } ?? "", place.entry.hours.map(number) ?? "",
        difference(place.toBest), difference(place.toPrevious),
      ]
    }
  }

  /// What to read from the table.
  package static func notes(_ board: Leaderboard, budget: Double?) -> [String] {
    var notes: [String] = []
    let scored = board.places.filter { $0.estimate != nil }
    if !scored.isEmpty {
      notes.append(
        "intervals at 95 % over \(Words.count(board.questions, "question")); "
          + "questions asked again are the same and add none")
    }
    if scored.count > 1 {
      let equal = scored.dropFirst().count { $0.toBest?.reading == .withinNoise }
      notes.append(
        equal == 0
          ? "the best is better than every other by more than noise"
          : "\(Words.count(equal, "submission")) cannot be told from the best: within noise")
    }
    if let budget {
      let left = budget - board.hours
      notes.append(
        "training: \(number(board.hours)) of \(number(budget)) hours used, "
          + (left < 0 ? "\(number(-left)) too many" : "\(number(left)) left"))
    }
    return notes
  }

  /// With at most two digits after the point.
  private static func number(_ value: Double) -> String {
    var text = Words.fixed(value, 2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  private static func interval(_ interval: Interval) -> String {
    "[\(Words.fixed(interval.low, 1)), \(Words.fixed(interval.high, 1))]"
  }

  private static func difference(_ difference: Leaderboard.Difference?) -> String {
    guard let difference else { return "" }
    let delta = difference.interval.value
    return "\(delta > 0 ? "+" : "")\(number(delta)) \(difference.reading.rawValue)"
  }
}
