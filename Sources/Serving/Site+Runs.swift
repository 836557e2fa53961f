internal import BlockingWork
internal import Documents
internal import Experiments
internal import Foundation
internal import History
internal import Notebook
internal import Problems
internal import Replay
internal import Reporting
internal import Running
internal import Store
internal import WebPage

extension Site {
  /// The number of a page that is asked for.
  static func number(_ request: Request, _ name: String) -> Int {
    min(1_000_000, max(1, request[query: name].flatMap { Int($0) } ?? 1))
  }

  func runsPage(_ request: Request) async throws -> Page {
    let number = Site.number(request, "page")
    let recipe = request[query: "recipe"]
    let now = now
    return try await history { history in
      let end = number * RunsPage.size
      var runs: [PastRun]
      if let recipe {
        runs = try history.branches().filter { $0.recipe == recipe }
          .flatMap { try history.runs(of: $0, limit: end + 1) }
          .sorted { ($1.time, $1.id.hex) < ($0.time, $0.id.hex) }
      } else {
        runs = try history.runs(limit: end + 1)
      }
      let hasNext = runs.count > end
      runs = Array(runs.prefix(end).dropFirst(end - RunsPage.size))
      return RunsPage(
        runs: runs, number: number, hasNext: hasNext, recipe: recipe,
        submissions: try history.submissionNamesByRun(), now: now
      ).page
    }
  }

  /// The run that an address names: by its whole commit, or as on the command line.
  func openedRun(_ reference: String, _ history: HistoryRepository) throws -> OpenedRun {
    // A path is a bundle on the command line; a page opens no file.
    guard !reference.hasPrefix("/"), !reference.hasPrefix(".") else {
      throw Problem(.user, "no-run", "there is no run `\(reference)`", hint: "see the list of runs")
    }
    return try OpenedRun(try history.resolve(reference), in: history, store: store)
  }

  func leaderboardPage(_ request: Request) async throws -> Page {
    let questions =
      request[query: "questions"].flatMap { Int($0) }
      .flatMap { (1...1_000_000).contains($0) ? $0 : nil } ?? LeaderboardPage.usualQuestions
    let budget = request[query: "budget"].flatMap { Double($0) }
      .flatMap { $0 > 0 && $0 <= 1_000_000 ? $0 : nil }
    let store = store
    let (submissions, states) = try await history { history in
      let submissions = try history.submissions()
      let states = try Dictionary(
        submissions.map(\.run).map { run in
          (run.id, try ReplayState(of: RunRecord(run, in: history), in: store))
        }, uniquingKeysWith: { first, _ in first })
      return (submissions, states)
    }
    return LeaderboardPage(
      submissions: submissions, replayStates: states, questions: questions, budget: budget, now: now
    ).page
  }

  func experimentsPage(_ request: Request) async throws -> Page {
    let sort = request[query: "sort"]
    let references = request.query.filter { $0.name == "of" }.map(\.value)
    let store = store
    return try await history { history in
      let tables = try ExperimentTable.all(references, sort: sort, history, store)
      let links = ExperimentsPage.Links(
        run: { Address.of(["runs", $0]) }, diff: Address.of(["diff"]),
        sort: { Address.of(["experiments"], [("sort", $0)]) })
      return ExperimentsPage(
        tables, curves: ExperimentReader.lossCurves(of: tables), sorted: sort, links: links
      ).page(navigation: Navigation.html(.experiments))
    }
  }

  /// Two runs side by side: `a` and `b`, or two of the name `run` as a list of check boxes sends them,
  /// the older first.
  func diffPage(_ request: Request) async throws -> Page {
    let picked = request.query.filter { $0.name == "run" }.map(\.value)
    let (a, b) = (request[query: "a"], request[query: "b"])
    return try await history { history in
      let runs: [OpenedRun]
      if let a, let b {
        runs = try [a, b].map { try openedRun($0, history) }
      } else {
        guard picked.count == 2 else {
          throw Problem(
            .user, "pick-two", "two runs are compared, and \(picked.count) are picked",
            hint: "pick two in the list of runs")
        }
        runs = try picked.map { try openedRun($0, history) }
          .sorted { $0.record.run.time < $1.record.run.time }
      }
      return try compare(runs[0], runs[1])
    }
  }

  private func compare(_ a: OpenedRun, _ b: OpenedRun) throws -> Page {
    let sides = try [a, b].map { run in
      try ComparedSide(run, name: "\(run.record.run.branch) (\(run.record.run.id.hex.prefix(8)))")
    }
    let links = DiffPage.Links(run: { Address.of(["runs", $0]) })
    return DiffPage(RunComparison(sides[0], sides[1]), links: links)
      .page(navigation: Navigation.html(.runs))
  }
}
