internal import Comparison
internal import Documents
internal import Experiments
internal import History
internal import Replay
internal import Reporting
internal import WebPage

/// What the world said: submissions best first, with intervals, and which differences are more than
/// noise.
struct LeaderboardPage {
  let submissions: [Submission]
  /// By run: how much of it is known to come out again.
  let replayStates: [ObjectID: ReplayState]
  /// How many questions the leaderboard asks.
  let questions: Int
  /// Hours of training that may be used; nil where nobody said.
  let budget: Double?
  let now: Moment

  static let usualQuestions = 49

  var page: Page {
    Page(title: "Leaderboard", navigation: Navigation.html(.leaderboard), body: body)
  }

  private var body: HTML {
    guard !submissions.isEmpty else {
      return "<h1>Leaderboard</h1>\n"
        + HTML.empty(
          "No submissions yet; this makes the first", command: "larder submit REF --name NAME")
    }
    let board = Leaderboard(of: submissions, questions: questions)
    let byName = Dictionary(submissions.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    return """
      <h1>Leaderboard</h1>
      \(LeaderboardTable.notes(board, budget: budget).map { "<p class=\"note\">\($0)</p>" as HTML }.joined())
      \(plot(board))
      \(table(board, byName))
      <form method="get" action="\(Address.of(["leaderboard"]))">
      <label>questions asked <input type="number" name="questions" min="1" max="1000000" value="\(questions)"></label>
      <label>hours that may be used <input name="budget" size="6" inputmode="decimal" value="\(budget.map { Words.number($0) } ?? "")"></label>
      <button>Show</button></form>
      """
  }

  private func table(_ board: Leaderboard, _ byName: [String: Submission]) -> HTML {
    let rows = LeaderboardTable.cells(board)
    var table = DataTable([
      .init("submission", .head), .init("run", .short), .init("score", .number),
      .init("95 %", .short), .init("win rate", .number), .init("rating", .number),
      .init("scores", .number), .init("hours", .number), .init("to the best", .short),
      .init("to the one above", .short), .init("comes out again"), .init("submitted", .short),
      .init("said"),
    ])
    for (place, cells) in zip(board.places, rows) {
      let submission = byName[place.entry.name]
      let run: HTML =
        submission.map {
          "<a href=\"\(Address.of(["runs", $0.run.id.hex]))\"><code>\($0.run.id.hex.prefix(8))</code></a>"
        } ?? .nothing
      let remarks = submission?.scores.compactMap(\.remark) ?? []
      table.add(
        [HTML(text: place.entry.name), run] + cells.map { HTML(text: $0) } + [
          HTML(text: submission.flatMap { replayStates[$0.run.id]?.text } ?? ""),
          submission.map { .time(Moment(seconds: $0.time), now: now) } ?? .nothing,
          HTML(text: remarks.joined(separator: "; ")),
        ])
    }
    return table.withoutEmptyColumns.html
  }

  private func plot(_ board: Leaderboard) -> HTML {
    let rows = board.places.compactMap { place in
      place.estimate.map { estimate in
        IntervalPlot.Row(
          place.entry.name,
          [.init(estimate.score.value, low: estimate.score.low, high: estimate.score.high)])
      }
    }
    guard rows.count > 1 else { return .nothing }
    return IntervalPlot(rows, label: "score, 0 to 103").figure("Scores with their intervals").html
  }
}
