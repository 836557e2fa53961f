internal import Documents
internal import History
internal import WebPage

/// The runs of the kitchen, newest first, of which two can be picked to see what changed.
struct RunsPage {
  static let size = 50

  let runs: [PastRun]
  /// From 1.
  let number: Int
  let hasNext: Bool
  /// Only those of this recipe; nil for all.
  let recipe: String?
  let submissions: [ObjectID: [String]]
  let now: Moment

  var page: Page { Page(title: "Runs", navigation: Navigation.html(.runs), body: body) }

  private var body: HTML {
    let title: HTML = recipe.map { "<h1>Runs of \($0)</h1>\n" } ?? "<h1>Runs</h1>\n"
    guard !runs.isEmpty else {
      return title
        + HTML.empty(
          number > 1 ? "No more runs" : "No runs yet; this makes the first",
          command: number > 1 ? nil : "larder run \(recipe ?? "RECIPE")")
    }
    var table = DataTable([
      .init("pick", .short), .init("run", .head), .init("ended", .short), .init("branch"),
      .init("state", .short), .init("result", .short), .init(""),
    ])
    for run in runs {
      let short = String(run.id.hex.prefix(8))
      let remarks =
        (submissions[run.id] ?? []).map { "submission/\($0)" } + (run.note.map { [$0] } ?? [])
      table.add([
        "<input type=\"checkbox\" name=\"run\" value=\"\(run.id.hex)\" aria-label=\"pick run \(short)\">",
        "<a href=\"\(Address.of(["runs", run.id.hex]))\"><code>\(short)</code></a>",
        .time(Moment(seconds: run.time), now: now),
        "<a href=\"\(Address.of(["runs"], [("recipe", run.branch.recipe)]))\">\(run.branch.recipe)</a>/\(run.branch.experiment)",
        RunsPage.state(run.status), .digestText(run.resultTree.hex),
        HTML(text: remarks.joined(separator: "  ")),
      ])
    }
    return title
      + """
      <form method="get" action="\(Address.of(["diff"]))">
      <p class="note">Pick two and see what changed between them: the older is the first.</p>
      <p><button>Compare</button></p>
      \(table.html)
      </form>
      \(Navigation.pages(number, hasNext: hasNext) { number in
        Address.of(
          ["runs"], [("page", "\(number)")] + (recipe.map { [("recipe", $0)] } ?? []))
      })
      """
  }

  /// How a run ended, as a step's state.
  static func state(_ status: RunContent.Status) -> HTML {
    switch status {
    case .succeeded: "<span class=\"state done\"><i aria-hidden=\"true\">●</i> succeeded</span>"
    case .until: "<span class=\"state done\"><i aria-hidden=\"true\">●</i> as far as asked</span>"
    case .failed: StepState.failed.html
    case .interrupted: "<span class=\"state asks\"><i aria-hidden=\"true\">○</i> interrupted</span>"
    case .waiting: StepState.asks.html
    }
  }
}
