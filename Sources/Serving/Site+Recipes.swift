internal import BlockingWork
internal import Documents
internal import Files
internal import Foundation
internal import History
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import WebPage

extension Site {
  func recipesPage() async throws -> Page {
    let (kitchen, live) = (kitchen, live)
    let entries = try await history { history in
      // The newest run of each recipe, of whichever experiment.
      var last: [String: PastRun] = [:]
      for branch in try history.branches() {
        guard let run = try? history.tip(branch) else { continue }
        if run.time >= last[branch.recipe]?.time ?? .min { last[branch.recipe] = run }
      }
      return RecipeFile.names(in: kitchen).map { name in
        let file = try? RecipeFile(name, in: kitchen)
        let passages = Passage.all(of: (try? file?.text) ?? "")
        return RecipesPage.Entry(
          name: name, title: RecipeTitle.find(in: passages),
          steps: (try? file?.read())?.steps.count,
          live: live.run(of: name), last: last[name])
      }
    }
    return RecipesPage(entries: entries, now: now).page
  }

  func recipePage(_ name: String) async throws -> Page {
    let view = try await RecipeView(name, in: kitchen, store: store)
    return RecipePage(view: view, pieces: pieces(view, view.run(in: live))).page
  }

  private func pieces(_ view: RecipeView, _ run: LiveRun?) -> LivePieces {
    LivePieces(
      view: view, run: run, isOwn: run.map { live.isOwn($0.id) } ?? false,
      formToken: gate.formToken, now: RunJournal.now())
  }

  func events(_ name: String, _ request: Request) async throws -> Response {
    let view = try await RecipeView(name, in: kitchen, store: store)
    let stream = EventStream(
      view: view, live: live, formToken: gate.formToken,
      since: EventStream.Position(
        request[header: "last-event-id"] ?? request[query: "since"] ?? ""))
    return Response(
      200, [("Content-Type", "text/event-stream; charset=utf-8")],
      body: .pieces(length: nil) { try await stream.write($0) })
  }

  func start(_ name: String, _ request: Request) async throws -> Response {
    func field(_ name: String) -> String? {
      let text = request.form.first { $0.name == name }?.value
        .trimmingCharacters(in: .whitespacesAndNewlines)
      return text == "" ? nil : text
    }
    let wish = RunStarter.Wish(
      assignments: (field("set") ?? "").split(whereSeparator: \.isNewline)
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty },
      experiment: field("name"), note: field("note"))
    try await starter.start(name, wish)
    return .elsewhere(Address.of(["recipes", name]))
  }
}
