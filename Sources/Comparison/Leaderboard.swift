/// Submissions side by side, best first.
package struct Leaderboard: Hashable, Sendable {
  /// A submission as it enters.
  package struct Entry: Hashable, Sendable {
    package let name: String
    package let scores: [LeagueScore]
    /// Hours of the training budget that it used, where that was said.
    package let hours: Double?

    package init(name: String, scores: [LeagueScore], hours: Double? = nil) {
      self.name = name
      self.scores = scores
      self.hours = hours
    }
  }

  /// How far one submission is from another.
  package struct Difference: Hashable, Sendable {
    package let interval: Interval
    package let reading: Reading
  }

  package struct Place: Hashable, Sendable {
    package let entry: Entry
    /// Nil where there is no score.
    package let estimate: LeagueEstimate?
    /// From the best; nil for the best itself and without a score.
    package let toBest: Difference?
    /// From the place above; nil as for the best.
    package let toPrevious: Difference?
  }

  package let places: [Place]
  package let questions: Int
  /// Of all submissions together.
  package let hours: Double

  /// - Parameters:
  ///   - entries: in any order; those with one score keep theirs, those without come last.
  ///   - questions: how many the leaderboard asks, above 0.
  package init(_ entries: [Entry], questions: Int) {
    let estimated = entries.map { ($0, LeagueEstimate($0.scores, questions: questions)) }
    // The place in the list decides among equals: `sorted` alone promises no order of them.
    let order = estimated.indices.sorted { a, b in
      let (first, second) = (estimated[a].1?.score.value, estimated[b].1?.score.value)
      return first == second ? a < b : (first ?? -1) > (second ?? -1)
    }
    let best = order.first.flatMap { estimated[$0].1 }
    var above: LeagueEstimate?
    var places: [Place] = []
    for index in order {
      let (entry, estimate) = estimated[index]
      func difference(from other: LeagueEstimate?) -> Difference? {
        guard let estimate, let other, above != nil else { return nil }
        return Difference(
          interval: estimate.difference(from: other), reading: estimate.reading(against: other))
      }
      places.append(
        Place(
          entry: entry, estimate: estimate, toBest: difference(from: best),
          toPrevious: difference(from: above)))
      above = estimate
    }
    self.places = places
    self.questions = questions
    hours = Sample.rounded(entries.reduce(0) { $0 + ($1.hours ?? 0) })
  }
}
