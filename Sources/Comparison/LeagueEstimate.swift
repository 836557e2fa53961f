/// What the scores of one submission say together: their means, and the interval at 95 % in which
/// the score would lie over questions drawn anew.
///
/// **One score.** The win rate is a proportion of the questions, the mean rating a mean within 0–10;
/// each gets Wilson's interval over that many questions (for the rating, and for ties, which count
/// half, that is too wide rather than too narrow). The score's ends are those of both parts
/// together, as if they always erred to the same side. A score whose parts are not known is taken
/// for a mean within 0–103 in the same way.
///
/// **Several scores.** They are of the same questions, so they add none: the choice of questions
/// stays as uncertain as it was, and only the judge's own noise is averaged out. How large that
/// noise is the repeats tell by their variance s², but few repeats tell it badly, so no more of it is
/// taken off than a one-sided bound at 97.5 % says is there (χ² by Wilson and Hilferty, 1931). Where
/// repeats differ by more than the questions explain, the mean is as uncertain as s²/k makes it, and
/// the interval widens. Both act through the number of questions that Wilson's formula is given.
package struct LeagueEstimate: Hashable, Sendable {
  /// The mean score with its interval, in points.
  package let score: Interval
  /// The mean of the win rates that are known, in percent, or nil.
  package let winRate: Double?
  /// The mean of the ratings that are known, or nil.
  package let rating: Double?
  /// How many scores there are.
  package let count: Int
  package let questions: Int

  /// - Parameters:
  ///   - scores: of one submission.
  ///   - questions: how many the leaderboard asks, above 0.
  /// - Returns: nil where there is no score.
  package init?(_ scores: [LeagueScore], questions: Int) {
    guard !scores.isEmpty else { return nil }
    precondition(questions > 0, "a score rests on questions")
    let values = scores.map(\.value)
    let winRates = scores.compactMap(\.winRate)
    let ratings = scores.compactMap(\.rating)
    let mean = Sample.rounded(Sample.mean(values))
    let trials = LeagueEstimate.trials(values, questions: questions)
    let hasParts = winRates.count == scores.count && ratings.count == scores.count
    count = scores.count
    self.questions = questions
    winRate = winRates.isEmpty ? nil : Sample.rounded(Sample.mean(winRates))
    rating = ratings.isEmpty ? nil : Sample.rounded(Sample.mean(ratings))
    if hasParts {
      let wins = WilsonInterval.of(min(1, Sample.mean(winRates) / 100), count: trials)
      let rated = WilsonInterval.of(min(1, Sample.mean(ratings) / 10), count: trials)
      score = Interval(
        value: mean, low: min(mean, Sample.rounded(100 * wins.low + 3 * rated.low)),
        high: max(mean, Sample.rounded(100 * wins.high + 3 * rated.high)))
    } else {
      let highest = LeagueScore.highest
      score = WilsonInterval.of(min(1, Sample.mean(values) / highest), count: trials)
        .mapped { Sample.rounded($0 * highest) }
    }
  }

  /// How many questions the mean is worth: as many as there are, more where repeats show noise that
  /// they average out, fewer where they differ by more than the questions explain.
  private static func trials(_ values: [Double], questions: Int) -> Double {
    let (count, questions) = (Double(values.count), Double(questions))
    let mean = Sample.mean(values)
    let single = mean * (LeagueScore.highest - mean) / questions
    guard values.count > 1, single > 0 else { return questions }
    let degrees = count - 1
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / degrees
    let spread = 2 / (9 * degrees)
    let root = 1 - spread + WilsonInterval.z * spread.squareRoot()
    let surely = min(single, degrees * variance / (degrees * root * root * root))
    let narrowed = single - (1 - 1 / count) * surely
    return questions * single / max(narrowed, variance / count)
  }

  /// This minus another, over as many questions, at 95 %.
  ///
  /// The interval is Newcombe's hybrid of the two (*Interval estimation for the difference between
  /// independent proportions*, 1998, method 10). It takes the two for independent. They answered the
  /// same questions, and what is hard for one is mostly hard for the other, so the truth varies
  /// less: but how much less cannot be known without the answers.
  package func difference(from other: LeagueEstimate) -> Interval {
    let (new, old) = (score, other.score)
    let delta = new.value - old.value
    func length(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
    return Interval(
      value: Sample.rounded(delta),
      low: Sample.rounded(delta - length(new.value - new.low, old.high - old.value)),
      high: Sample.rounded(delta + length(new.high - new.value, old.value - old.low)))
  }

  /// Whether this is better than another by more than noise.
  package func reading(against other: LeagueEstimate) -> Reading {
    Reading(of: difference(from: other), pairs: min(questions, other.questions))
  }
}
