package import Comparison
package import History

extension Leaderboard {
  /// The submissions of a kitchen side by side; among equals the older comes first.
  package init(of submissions: [Submission], questions: Int) {
    let entries = submissions.sorted { ($0.time, $0.name) < ($1.time, $1.name) }.map { submission in
      Entry(
        name: submission.name,
        scores: submission.scores.map {
          LeagueScore(value: $0.value, winRate: $0.winRate, rating: $0.rating)
        },
        // A submission is trained once, however often it is scored.
        hours: submission.scores.compactMap(\.hours).max())
    }
    self.init(entries, questions: questions)
  }
}
