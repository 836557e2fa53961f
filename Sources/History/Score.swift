package import Documents

/// What a leaderboard said of a submission, once.
package struct Score: Hashable, Sendable {
  /// In percent, 0–100; nil where only the score is known.
  package let winRate: Double?
  /// The mean rating, 0–10; nil where only the score is known.
  package let rating: Double?
  /// 0–103.
  package let value: Double
  /// When the leaderboard said it.
  package let time: Moment
  /// The leaderboard's own name of what it scored.
  package let id: String?
  package let remark: String?
  /// Hours of the training budget that the submission used.
  package let hours: Double?

  /// - Returns: nil where a number is out of its range, or one of win rate and rating is missing.
  package init?(
    winRate: Double? = nil, rating: Double? = nil, value: Double, time: Moment, id: String? = nil,
    remark: String? = nil, hours: Double? = nil
  ) {
    guard (0...103).contains(value), (winRate == nil) == (rating == nil),
      winRate.map((0...100).contains) ?? true, rating.map((0...10).contains) ?? true,
      hours.map({ $0 >= 0 && $0.isFinite }) ?? true
    else { return nil }
    self.winRate = winRate
    self.rating = rating
    self.value = value
    self.time = time
    self.id = id
    self.remark = remark
    self.hours = hours
  }

  /// The line of a note: members that say nothing are left out.
  var document: JSON {
    var members: [String: JSON] = [
      "larder": .string(Score.form), "score": .number(value), "at": .string(time.description),
    ]
    members["win_rate"] = winRate.map { .number($0) }
    members["rating"] = rating.map { .number($0) }
    members["hours"] = hours.map { .number($0) }
    members["id"] = id.map { .string($0) }
    members["remark"] = remark.map { .string($0) }
    return .object(members)
  }

  /// Reads a line of a note; nil where it is no score of this form.
  init?(_ document: JSON) {
    guard document["larder"]?.string == Score.form, let value = document["score"]?.number,
      let time = document["at"]?.string.flatMap({ Moment($0) })
    else { return nil }
    self.init(
      winRate: document["win_rate"]?.number, rating: document["rating"]?.number, value: value,
      time: time, id: document["id"]?.string, remark: document["remark"]?.string,
      hours: document["hours"]?.number)
  }

  private static let form = "score/1"
}
