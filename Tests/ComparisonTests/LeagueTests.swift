import Comparison
import Testing

@Suite struct LeagueTests {
  /// Wins, questions and ends: Newcombe 1998 (*Two-sided confidence intervals for the single
  /// proportion*, table I, method 3), and `scipy.stats.binomtest(…).proportion_ci(method='wilson')`.
  @Test(arguments: [
    (81.0, 263.0, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
    (1, 29, 0.0061, 0.1718), (29, 29, 0.8830, 1), (24.5, 49, 0.3652, 0.6348),
  ])
  func knownWilsonIntervals(wins: Double, count: Double, low: Double, high: Double) {
    let interval = WilsonInterval.of(wins / count, count: count)
    #expect(abs(interval.low - low) < 0.00006)
    #expect(abs(interval.high - high) < 0.00006)
    #expect(interval.low <= interval.value && interval.value <= interval.high)
  }

  @Test(arguments: [
    (62.5, 7.2, 64.66), (0, 0, 0), (100, 10, 103), (33.3, 3.3, 34.29), (57.14, 6.85, 59.195),
    (0.1, 0.2, 0.16), (12.345678, 9.999999, 15.3456777),
  ])
  func scoresAreExactOnDecimals(winRate: Double, rating: Double, score: Double) {
    #expect(LeagueScore(winRate: winRate, rating: rating).value == score)
  }

  private func estimate(_ scores: [LeagueScore], questions: Int = 49) throws -> LeagueEstimate {
    try #require(LeagueEstimate(scores, questions: questions))
  }

  @Test func oneScoreHasTheIntervalsOfItsParts() throws {
    let one = try estimate([LeagueScore(winRate: 50, rating: 5)])
    #expect(one.score == Interval(value: 51.5, low: 37.614295, high: 65.385705))
    #expect(one.winRate == 50 && one.rating == 5 && one.count == 1)
    let whole = try estimate([LeagueScore(value: 51.5)])
    #expect(whole.score == one.score, "the same share of the highest score")
    #expect(whole.winRate == nil && whole.rating == nil)
    let more = try estimate([LeagueScore(winRate: 50, rating: 5)], questions: 490)
    #expect(more.score.high - more.score.low < 0.35 * (one.score.high - one.score.low))
    #expect(LeagueEstimate([], questions: 49) == nil)
  }

  @Test(arguments: [0.0, 103])
  func theEndsStayWithinTheScale(value: Double) throws {
    let end = try estimate([LeagueScore(value: value)]).score
    #expect(end.value == value && end.low >= 0 && end.high <= 103 && end.low < end.high)
  }

  @Test func repeatsThatAgreeNarrowNothing() throws {
    let one = try estimate([LeagueScore(value: 60)])
    let five = try estimate(Array(repeating: LeagueScore(value: 60), count: 5))
    #expect(five.score == one.score, "the questions are the same")
    #expect(five.count == 5)
  }

  @Test func repeatsThatDifferALittleNarrowALittle() throws {
    let one = try estimate([LeagueScore(value: 60)]).score
    let two = try estimate([57, 63].map { LeagueScore(value: $0) }).score
    let six = try estimate([54, 66, 58, 62, 55, 65].map { LeagueScore(value: $0) }).score
    #expect(two.value == 60 && six.value == 60)
    func width(_ interval: Interval) -> Double { interval.high - interval.low }
    #expect(width(two) < width(one) && width(two) > 0.9 * width(one))
    #expect(width(six) < width(two) && width(six) > width(one) / 2)
  }

  @Test func repeatsThatDifferMoreThanQuestionsDoWiden() throws {
    let one = try estimate([LeagueScore(value: 50)]).score
    let two = try estimate([20, 80].map { LeagueScore(value: $0) }).score
    #expect(two.value == 50)
    #expect(two.low < one.low && two.high > one.high)
  }

  /// Newcombe 1998 (*Interval estimation for the difference between independent proportions*, table
  /// II, method 10, of two groups of 10: 9/10 − 3/10), on the scale of percent.
  @Test func aKnownDifferenceOfTwoProportions() throws {
    let high = try estimate([LeagueScore(value: 0.9 * 103)], questions: 10)
    let low = try estimate([LeagueScore(value: 0.3 * 103)], questions: 10)
    let difference = high.difference(from: low).mapped { $0 / 103 }
    #expect(abs(difference.value - 0.6) < 1e-6)
    #expect(abs(difference.low - 0.1705) < 0.0001)
    #expect(abs(difference.high - 0.8090) < 0.0001)
  }

  @Test(arguments: [
    (60.0, 53.5, 49, Reading.withinNoise), (60, 20, 49, .better), (20, 60, 49, .worse),
    (60, 53.5, 1000, .better), (60, 60, 49, .withinNoise), (103, 0, 5, .withinNoise),
  ])
  func readingsOfDifferences(a: Double, b: Double, questions: Int, reading: Reading) throws {
    let new = try estimate([LeagueScore(value: a)], questions: questions)
    let old = try estimate([LeagueScore(value: b)], questions: questions)
    #expect(new.reading(against: old) == reading)
  }

  @Test func theBestIsFirstAndTheUnscoredLast() {
    func entry(_ name: String, _ values: [Double], hours: Double? = nil) -> Leaderboard.Entry {
      .init(name: name, scores: values.map { LeagueScore(value: $0) }, hours: hours)
    }
    let board = Leaderboard(
      [
        entry("none", [], hours: 0.5), entry("low", [10]), entry("same", [60, 50], hours: 1.5),
        entry("best", [61], hours: 0.1), entry("equal", [55]), entry("nothing", []),
      ], questions: 49)
    #expect(
      board.places.map(\.entry.name) == ["best", "same", "equal", "low", "none", "nothing"])
    #expect(
      board.places.map { $0.toBest?.reading }
        == [nil, .withinNoise, .withinNoise, .worse, nil, nil])
    #expect(board.places[2].toPrevious?.interval.value == 0)
    #expect(board.places[3].toPrevious?.reading == .worse)
    #expect(board.places[0].toPrevious == nil && board.places[4].estimate == nil)
    #expect(board.hours == 2.1)
  }
}
