internal import ArgumentParser
internal import BlockingWork
internal import Comparison
internal import Documents
internal import Files
internal import History
internal import Problems
internal import Reporting
internal import Running

struct ScoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Note what the leaderboard said of a submission, as often as it was asked.",
    discussion: """
      The score is the win rate in percent plus 0.3 times the mean rating.

      EXAMPLES
        larder score first --win-rate 62.5 --rating 7.2
        larder score first --score 64.66 --at 2026-11-24T14:05:00Z --hours 1.5
        larder score first --win-rate 57 --rating 7 --remark "asked again"
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The submission, with or without `submission/`.") var name: String
  @Option(help: ArgumentHelp("The win rate in percent, 0 to 100.", valueName: "percent"))
  var winRate: String?
  @Option(help: "The mean rating, 0 to 10.") var rating: String?
  @Option(help: "The score, 0 to 103, where win rate and rating are not known.") var score: String?
  @Option(help: ArgumentHelp("What the leaderboard calls it.", valueName: "uuid")) var id: String?
  @Option(
    help: ArgumentHelp(
      "When it was said, in ISO 8601, as 2026-11-24T14:05:00Z; otherwise now.", valueName: "time"))
  var at: String?
  @Option(help: "A remark, kept with the score.") var remark: String?
  @Option(help: "Hours of the training budget that the submission used.") var hours: String?

  func run() async throws {
    let now = FileStamp.now() / 1_000_000_000
    let score = try read(now: now)
    let repository = try HistoryRepository(at: try options.findKitchen().history)
    let name = name
    let (submission, isNew) = try await BlockingWork.run {
      try repository.note(score, on: name, time: now)
    }
    if options.json {
      Console.out([
        "name": .string(submission.name), "new": .bool(isNew),
        "score": LeaderboardJSON.score(score),
      ])
    }
    let value = JSON.number(score.value).canonicalText
    Console.note(
      isNew
        ? "\(submission.reference): score \(value), "
          + "\(Words.count(submission.scores.count, "score")) so far\ncompare: larder leaderboard\n"
        : "nothing to do: the score \(value) of \(submission.reference) is noted already\n")
  }

  /// The score that the options state.
  private func read(now: Int64) throws -> Score {
    let value: LeagueScore
    switch (winRate, rating, score) {
    case (let winRate?, let rating?, nil):
      value = LeagueScore(
        winRate: try number(winRate, "--win-rate", 0...100),
        rating: try number(rating, "--rating", 0...10))
    case (nil, nil, let score?):
      value = LeagueScore(value: try number(score, "--score", 0...LeagueScore.highest))
    case (nil, nil, nil): throw wrong("there is no score", "score-missing")
    case (_, _, nil):
      throw wrong(
        "\(winRate == nil ? "--rating" : "--win-rate") is given without "
          + "\(winRate == nil ? "--win-rate" : "--rating")", "score-missing")
    default:
      throw wrong("--score is given beside --win-rate or --rating", "score-twice")
    }
    guard
      let score = Score(
        winRate: value.winRate, rating: value.rating, value: value.value, time: try time(now),
        id: try identifier(), remark: remark.flatMap { $0.isEmpty ? nil : $0 },
        hours: try hours.map { try number($0, "--hours", 0...1_000_000) })
    else { throw wrong("the numbers are out of their ranges", "score-range") }
    return score
  }

  private func wrong(_ reason: String, _ code: Problem.Code) -> Problem {
    Problem(
      .user, code, "cannot note a score of `\(name)`: \(reason)",
      hint: "give --win-rate and --rating, or --score alone")
  }

  /// A plain decimal number.
  private func number(_ text: String, _ option: String, _ range: ClosedRange<Double>) throws
    -> Double
  {
    let ends =
      range.upperBound >= 1_000_000
      ? "from 0 on" : "from 0 to \(Int(range.upperBound))"
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let isPlain =
      (1...2).contains(parts.count) && parts.allSatisfy { !$0.isEmpty }
      && parts.allSatisfy { $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }
    guard isPlain, parts.count == 1 || parts[1].count <= 6, let value = Double(text),
      range.contains(value)
    else {
      throw Problem(
        .user, "score-number", "cannot note a score of `\(name)`: \(option) is `\(text)`",
        hint: "give a number \(ends), with at most six digits after the point, as in 7.2")
    }
    return value
  }

  private func time(_ now: Int64) throws -> Moment {
    guard let at else { return Moment(seconds: now) }
    guard let time = Moment(at) else {
      throw Problem(
        .user, "score-time", "cannot note a score of `\(name)`: --at `\(at)` is no time",
        hint: "write it as 2026-11-24T14:05:00Z or 2026-11-24T14:05:00+02:00")
    }
    return time
  }

  /// A UUID, in small letters.
  private func identifier() throws -> String? {
    guard let id else { return nil }
    let parts = id.lowercased().split(separator: "-", omittingEmptySubsequences: false)
    let isUUID =
      parts.map(\.count) == [8, 4, 4, 4, 12]
      && parts.allSatisfy { $0.utf8.allSatisfy("0123456789abcdef".utf8.contains) }
    guard isUUID else {
      throw Problem(
        .user, "score-id", "cannot note a score of `\(name)`: --id `\(id)` is no UUID",
        hint: "write it as 123e4567-e89b-12d3-a456-426614174000, or leave it out")
    }
    return id.lowercased()
  }
}
