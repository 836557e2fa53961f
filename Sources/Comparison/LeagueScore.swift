/// What a league's judge said of one submission, once: the score is the win rate in percent plus
/// 0.3 times the mean rating (0–10), so at most 103.
package struct LeagueScore: Hashable, Sendable {
  /// In percent; nil where only the score is known.
  package let winRate: Double?
  /// 0–10; nil where only the score is known.
  package let rating: Double?
  /// 0–103.
  package let value: Double

  package static let highest = 103.0

  /// - Precondition: the numbers are in their ranges.
  package init(value: Double, winRate: Double? = nil, rating: Double? = nil) {
    precondition((0...LeagueScore.highest).contains(value), "a score is within 0–103")
    self.value = value
    self.winRate = winRate
    self.rating = rating
  }

  /// - Precondition: the numbers are in their ranges.
  package init(winRate: Double, rating: Double) {
    self.init(
      value: LeagueScore.value(winRate: winRate, rating: rating), winRate: winRate, rating: rating)
  }

  /// The sum in decimal arithmetic, exact for numbers of at most six digits after the point: 62.5
  /// and 7.2 give 64.66, which sums of binary fractions miss.
  package static func value(winRate: Double, rating: Double) -> Double {
    let (wins, ratings) = ((winRate * 1e6).rounded(), (rating * 1e6).rounded())
    // Both are whole numbers below 2⁵³, and one division rounds once.
    return (wins * 10 + ratings * 3) / 1e7
  }
}
