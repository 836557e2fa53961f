internal import BlockingWork
internal import Documents
internal import Experiments
internal import Files
internal import Foundation
internal import History
internal import Problems
internal import Reporting
package import Running
package import Store
internal import WebPage

/// The pages of a kitchen, by their addresses.
package struct Site: Sendable {
  let kitchen: Kitchen
  let store: any Store
  let gate: Gate
  let live: LiveRuns
  let starter: RunStarter
  let rowFiles = RowFiles()

  package init(kitchen: Kitchen, store: any Store, gate: Gate) {
    self.kitchen = kitchen
    self.store = store
    self.gate = gate
    live = LiveRuns(kitchen)
    starter = RunStarter(kitchen, live)
  }

  /// Follows what other processes run, until the task is cancelled.
  package func follow() async throws { try await live.follow() }

  /// Stops the runs that were started here, and waits until they have stopped.
  package func stop() async { await starter.stopAll() }

  /// Answers a request, whatever comes of it.
  package func respond(_ request: Request) async -> Response {
    switch gate.judge(request) {
    case .refused(let status, let sentence): return .text(sentence, status: status)
    case .welcomed(let address, let byPage):
      var response =
        byPage
        ? page(
          Page(
            title: "Larder",
            body: "<h1>Larder</h1>\n<p><a href=\"\(address)\">Open the kitchen</a></p>"))
        : Response.elsewhere(address)
      response.headers.append(
        (name: gate.cookieHeader.0, value: gate.cookieHeader.1))
      if byPage { response.headers.append((name: "Refresh", value: "0; url=\(address)")) }
      return response
    case .admitted: break
    }
    do {
      return try await answer(request)
    } catch {
      return failure(Problems.all(of: error))
    }
  }

  private func answer(_ request: Request) async throws -> Response {
    let path = request.path
    if request.method == .post {
      guard path.count == 3, path[0] == "recipes" else { throw notFound(path) }
      switch path[2] {
      case "run": return try await start(path[1], request)
      case "stop":
        starter.stop(path[1])
        return .elsewhere(Address.of(["recipes", path[1]]))
      default: throw notFound(path)
      }
    }
    switch (path.first, path.count) {
    case (nil, _): return page(try await recipesPage())
    case ("page.css", 1): return file(Stylesheet.text, "text/css")
    case ("live.js", 1):
      return file(String(decoding: PackageResources.live_js, as: UTF8.self), "text/javascript")
    case ("recipes", 2): return page(try await recipePage(path[1]))
    case ("recipes", 3) where path[2] == "events": return try await events(path[1], request)
    case ("runs", 1): return page(try await runsPage(request))
    case ("runs", 2): return page(try await runPage(path[1]))
    case ("runs", 4...) where path[2] == "output":
      return page(try await output(of: path[1], Array(path[3...]), request))
    case ("runs", 4...) where path[2] == "download":
      return try await download(of: path[1], Array(path[3...]))
    case ("runs", 4...) where path[2] == "log":
      return page(try await logPage(of: path[1], Array(path[3...]), request))
    case ("diff", 1): return page(try await diffPage(request))
    case ("experiments", 1): return page(try await experimentsPage(request))
    case ("leaderboard", 1): return page(try await leaderboardPage(request))
    default: throw notFound(path)
    }
  }

  // MARK: Answers

  func page(_ page: Page, status: Int = 200) -> Response {
    Response(
      status, [("Content-Type", "text/html; charset=utf-8")],
      body: .bytes(
        Array(page.text(.served(stylesheet: "/page.css", script: "/live.js")).utf8)))
  }

  private func file(_ text: String, _ type: String) -> Response {
    Response(200, [("Content-Type", "\(type); charset=utf-8")], body: .bytes(Array(text.utf8)))
  }

  private func notFound(_ path: [String]) -> Problem {
    Problem(
      .user, "no-page", "there is no page \(Address.of(path))",
      hint: "begin at the recipes, above")
  }

  /// The same texts as on the command line.
  private func failure(_ problems: [Problem]) -> Response {
    let first = problems.first ?? Problem(.fault, "unknown", "something went wrong")
    let status: Int
    switch first.tier {
    case .user:
      status =
        first.code.text == "runs-already" ? 409 : first.code.text.hasPrefix("no-") ? 404 : 422
    default: status = 500
    }
    return page(
      Page(
        title: "Not shown", navigation: Navigation.html(nil),
        body: "<h1>That cannot be shown</h1>\n"
          + problems.map { HTML.problem(describing: $0) }.joined()), status: status)
  }

  var now: Moment { Moment(seconds: Int64(RunJournal.now())) }

  /// Opens the history anew: other processes write to it.
  func history<Value: Sendable>(
    _ body: @escaping @Sendable (HistoryRepository) throws -> Value
  ) async throws -> Value {
    let path = kitchen.history
    return try await BlockingWork.run { try body(HistoryRepository(at: path)) }
  }
}
