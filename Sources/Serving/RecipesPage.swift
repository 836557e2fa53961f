internal import Documents
internal import History
internal import Reporting
internal import WebPage

/// The first page: the recipes of the kitchen, and what goes on in it.
struct RecipesPage {
  struct Entry {
    var name: String
    var title: String?
    /// Nil where the recipe has mistakes.
    var steps: Int?
    /// The run that goes on, or ended since the server started.
    var live: LiveRun?
    /// The newest one in the history.
    var last: PastRun?
  }

  let entries: [Entry]
  let now: Moment

  var page: Page {
    Page(title: "Recipes", navigation: Navigation.html(.recipes), body: body)
  }

  private var body: HTML {
    guard !entries.isEmpty else {
      return "<h1>Recipes</h1>\n"
        + HTML.empty("No recipes yet; this makes the first", command: "larder new NAME")
    }
    var table = DataTable([
      .init("recipe", .head), .init("steps", .number), .init("state", .short),
      .init("last run", .short), .init("ended", .short),
    ])
    for entry in entries {
      table.add([
        """
        <a href="\(Address.of(["recipes", entry.name]))">\(entry.title ?? entry.name)</a>\
        \(entry.title.map { $0 == entry.name ? .nothing : " <code>\(entry.name)</code>" as HTML })
        """,
        entry.steps.map { "\($0)" } ?? "<span class=\"bad\">mistakes</span>",
        state(entry),
        entry.last.map {
          "<a href=\"\(Address.of(["runs", $0.id.hex]))\">\($0.branch.description)</a>"
        } ?? "none yet",
        entry.last.map { .time(Moment(seconds: $0.time), now: now) } ?? .nothing,
      ])
    }
    return "<h1>Recipes</h1>\n\(table.html)"
  }

  private func state(_ entry: Entry) -> HTML {
    if let live = entry.live, !live.isEnded {
      guard let plan = live.plan, let done = live.done else { return StepState.running.html }
      return StepState.running.html + " \(done) of \(plan.toRun)"
    }
    return entry.last.map { RunsPage.state($0.status) } ?? StepState.waiting.html
  }
}
