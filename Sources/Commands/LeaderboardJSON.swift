internal import Comparison
internal import Documents
internal import History

/// The documents of `larder leaderboard --json` and `larder score --json`.
enum LeaderboardJSON {
  /// One submission.
  static func object(_ place: Leaderboard.Place, _ submission: Submission) -> JSON {
    let run = submission.run.id.hex
    return [
      "name": .string(submission.name), "run": .string(String(run.prefix(8))),
      "commit": .string(run), "scores": .array(submission.scores.map(score)),
      "score": place.estimate.map { .number($0.score.value) } ?? .null,
      "interval": place.estimate.map { ends($0.score) } ?? .null,
      "hours": place.entry.hours.map { .number($0) } ?? .null,
      "reading": place.toBest.map { .string($0.reading.rawValue) } ?? .null,
      "to_best": difference(place.toBest), "to_previous": difference(place.toPrevious),
    ]
  }

  static func score(_ score: Score) -> JSON {
    [
      "win_rate": score.winRate.map { .number($0) } ?? .null,
      "rating": score.rating.map { .number($0) } ?? .null, "score": .number(score.value),
      "id": score.id.map { .string($0) } ?? .null, "at": .string(score.time.description),
      "remark": score.remark.map { .string($0) } ?? .null,
      "hours": score.hours.map { .number($0) } ?? .null,
    ]
  }

  private static func ends(_ interval: Interval) -> JSON {
    [.number(interval.low), .number(interval.high)]
  }

  private static func difference(_ difference: Leaderboard.Difference?) -> JSON {
    guard let difference else { return .null }
    return [
      "delta": .number(difference.interval.value), "interval": ends(difference.interval),
      "reading": .string(difference.reading.rawValue),
    ]
  }
}
