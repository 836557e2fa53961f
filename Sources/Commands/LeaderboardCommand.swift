internal import ArgumentParser
internal import BlockingWork
internal import Comparison
internal import Documents
internal import Experiments
internal import History
internal import Problems
internal import Reporting
internal import Running

struct LeaderboardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leaderboard",
    abstract: "Show all submissions, best first, and which differences are more than noise.",
    discussion: """
      EXAMPLES
        larder leaderboard
        larder leaderboard --questions 50 --budget 10
        larder leaderboard --json
      """)

  @OptionGroup var options: GlobalOptions
  @Option(help: "How many questions the leaderboard asks.") var questions = 49
  @Option(help: ArgumentHelp("Hours of training that may be used.", valueName: "hours"))
  var budget: Double?

  func run() async throws {
    guard (1...1_000_000).contains(questions) else {
      throw Problem(
        .user, "questions", "--questions \(questions) is not usable",
        hint: "give a number from 1 on")
    }
    if let budget, !(budget > 0 && budget <= 1_000_000) {
      throw Problem(
        .user, "budget", "--budget \(budget) is not usable", hint: "give hours above 0")
    }
    let repository = try HistoryRepository(at: try options.findKitchen().history)
    let submissions = try await BlockingWork.run { try repository.submissions() }
    let board = Leaderboard(of: submissions, questions: questions)
    let byName = Dictionary(submissions.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    if options.json {
      Console.out(
        .array(
          board.places.compactMap { place in
            byName[place.entry.name].map { LeaderboardJSON.object(place, $0) }
          }))
    } else if submissions.isEmpty {
      Console.note("no submissions yet: larder submit REF --name NAME makes the first\n")
    } else {
      let lines = LeaderboardTable.lines(
        board, runs: byName.mapValues { String($0.run.id.hex.prefix(8)) }, budget: budget,
        style: options.style(forTerminal: Console.outputIsTerminal))
      Console.out(lines.joined(separator: "\n") + "\n")
    }
  }
}
