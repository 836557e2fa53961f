internal import Documents
internal import Notebook
internal import Reporting
internal import Running
internal import WebPage

/// The pieces of a recipe's page that change while a run goes on, each with the name of its element.
/// The page is made of them, and the server sends them anew.
struct LivePieces {
  struct Piece: Hashable {
    let name: String
    let html: HTML
  }

  let view: RecipeView
  /// Nil where no run is known: then the pieces say what one would do.
  let run: LiveRun?
  /// Whether the page can stop the run.
  let isOwn: Bool
  let formToken: String
  /// In seconds since 1970.
  let now: Double

  func state(of step: String) -> StepState {
    guard let run else { return view.forecast[step]?.state == .cached ? .cached : .waiting }
    guard let live = run.steps[step] else { return run.isEnded ? .skipped : .waiting }
    return switch live.state {
    case .running, .sharing: .running
    case .ended(let status): StepState(status: status)
    }
  }

  /// What is the same for all steps: how the run stands, and the graph.
  var common: [Piece] {
    let graph = view.graph(state)
    return [
      Piece(name: "live-head", html: head),
      Piece(name: "live-counts", html: HTML(text: graph.counts)),
      Piece(name: "live-graph", html: graph.drawing("Steps")),
    ]
  }

  /// Whether the words of a step go on while nothing happens.
  func isMoving(_ step: String) -> Bool { state(of: step) == .running }

  func pieces(of step: String) -> [Piece] {
    [
      Piece(name: CellPiece.anchor(step, "state"), html: stateLine(step)),
      Piece(name: CellPiece.anchor(step, "progress"), html: progress(step)),
      Piece(name: CellPiece.anchor(step, "loss"), html: loss(step)),
      Piece(name: CellPiece.anchor(step, "log"), html: log(step)),
    ]
  }

  // MARK: The run

  private var head: HTML {
    guard let run else { return forecastLine }
    if run.isAbandoned {
      return HTML.notice("The process that ran it is gone; what had finished is kept.")
    }
    let name: HTML = run.experiment.map { " as <code>\(run.recipe)/\($0)</code>" } ?? .nothing
    let problems = run.problems.map { HTML.problem(message: $0.message, hint: $0.hint) }.joined()
    if let end = run.end { return ended(run, end, name) + problems }
    var parts = ["for \(Words.duration(max(0, now - run.startedAt)))"]
    var bar = HTML.nothing
    if let (text, progress) = run.preparation {
      parts.append(text)
      bar = progress.map { amount($0, since: nil) } ?? .nothing
    } else if let plan = run.plan, let done = run.done {
      parts.append("\(done) of \(Words.count(plan.toRun, "step")) done")
      if plan.cached > 0 { parts.append("\(plan.cached) cached") }
      if let left = timeLeft(run) { parts.append("about \(Words.duration(left)) left") }
      bar = """
        <p><progress max="1" value="\(Words.fixed(share(run, done, of: plan.toRun), 4))" aria-label="of the whole run"></progress></p>
        """
    }
    let stop: HTML =
      isOwn
      ? """
      <form method="post" action="\(Address.of(["recipes", view.name, "stop"]))">\
      <input type="hidden" name="form" value="\(formToken)"><button>Stop</button></form>
      """ : "<p class=\"note\">It runs in another process; Ctrl-C stops it there.</p>"
    return """
      <p class="lead goes-on"><span class="running" aria-hidden="true">\(StepState.running.sign)</span> \
      Running\(name) \(parts.joined(separator: ", "))</p>\(bar)\(stop)
      """ + problems
  }

  private var forecastLine: HTML {
    let cached = view.forecast.values.count { $0.state == .cached }
    guard !view.forecast.isEmpty else { return .nothing }
    let toRun = view.forecast.count - cached
    if toRun == 0 {
      return
        "<p class=\"lead\">\(Words.count(cached, "step")), all cached: a run would change nothing.</p>"
    }
    let seconds = view.forecast.values.filter { $0.state != .cached }.compactMap(\.lastSeconds)
      .reduce(0, +)
    return """
      <p class="lead">\(Words.count(view.forecast.count, "step")): \(cached) cached, \(toRun) to run\
      \(seconds >= 1 ? ", at least about \(Words.duration(seconds))" : "").</p>
      """
  }

  private func ended(_ run: LiveRun, _ end: JSON, _ name: HTML) -> HTML {
    func count(_ name: String) -> Int { end[name]?.integer.map { Int($0) } ?? 0 }
    let word: HTML =
      switch end["status"]?.string {
      case "succeeded": "<span class=\"good\">Succeeded</span>"
      case "failed": "<span class=\"bad\">Failed</span>"
      case "interrupted": "<span class=\"warning\">Interrupted</span>"
      case "waiting": "<span class=\"warning\">Waits for evidence</span>"
      default: "<span class=\"bad\">Refused</span>"
      }
    let failed = count("failed") > 0 ? ", \(count("failed")) failed" : ""
    let link: HTML =
      end["run"]?.string.map {
        "; <a href=\"\(Address.of(["runs", $0]))\">run \($0)</a>" as HTML
      } ?? .nothing
    let took = run.endedAt.map { " in \(Words.duration(max(0, $0 - run.startedAt)))" } ?? ""
    if end["status"] == "succeeded", count("ran") == 0 {
      return """
        <p class="lead">\(StepState.cached.html) Nothing to do: all \(count("cached")) steps are cached\(link).</p>
        """
    }
    return """
      <p class="lead">\(word)\(name)\(took): \(count("ran")) ran, \(count("cached")) cached\(failed)\(link).</p>
      """
  }

  /// How much of a run is done, from 0 to 1: by time where it is known how long the rest takes,
  /// otherwise by steps.
  private func share(_ run: LiveRun, _ done: Int, of steps: Int) -> Double {
    guard let left = timeLeft(run), left > 0 else {
      return Double(done) / Double(max(1, steps))
    }
    let passed = max(0, now - run.startedAt)
    return passed / (passed + left)
  }

  /// In seconds, where every step that is left ran here before.
  private func timeLeft(_ run: LiveRun) -> Double? {
    var left = 0.0
    for step in view.steps {
      let name = step.id.text
      switch run.steps[name]?.state {
      case .ended: continue
      case .running, .sharing:
        guard let seconds = remaining(name, run.steps[name]) else { return nil }
        left += seconds
      case nil:
        guard let seconds = view.lastSeconds[name] else { return nil }
        left += seconds
      }
    }
    return left >= 1 ? left : nil
  }

  private func remaining(_ name: String, _ step: LiveRun.Step?) -> Double? {
    guard let step, let start = step.startedAt else { return nil }
    let elapsed = max(0, now - start)
    if let progress = step.progress, let total = progress.total, total > 0 {
      let share = progress.done / total
      if share > 0.02 { return share < 1 ? elapsed / share * (1 - share) : 0 }
    }
    return view.lastSeconds[name].map { max(0, $0 - elapsed) }
  }

  // MARK: A step

  private func stateLine(_ name: String) -> HTML {
    let state = state(of: name)
    guard let run else {
      let entry = view.forecast[name]
      let why: HTML =
        entry.map { $0.state == .cached ? .nothing : " <span class=\"why\">\($0.why)</span>" }
        ?? .nothing
      return state.html + why
    }
    guard let step = run.steps[name] else { return state.html }
    var line = state.html
    if let seconds = step.seconds, seconds > 0 {
      line += " <span>\(Words.duration(seconds))</span>"
    } else if state == .running, let start = step.startedAt {
      line += " <span>\(Words.duration(max(0, now - start)))</span>"
    }
    if step.state == .sharing { line += " <span>waits for another run that makes it</span>" }
    if !step.why.isEmpty, state != .cached, step.problem == nil {
      line +=
        " <span class=\"why\">\(state == .done || state == .running ? "because " : "")\(step.why)</span>"
    }
    return line
  }

  private func progress(_ name: String) -> HTML {
    guard let step = run?.steps[name] else { return .nothing }
    if let problem = step.problem {
      return HTML.problem(message: problem.message, hint: problem.hint)
    }
    guard state(of: name) == .running, let progress = step.progress else { return .nothing }
    return amount(progress, since: step.startedAt)
  }

  /// A bar with how much is done, how fast, and how long it will take.
  private func amount(_ progress: Progress, since start: Double?) -> HTML {
    let isBytes = progress.unit == "bytes"
    func said(_ value: Double) -> String {
      if isBytes { return Words.bytes(Int64(min(max(0, value), 1e18))) }
      return Words.fixed(value, value == value.rounded() ? 0 : 1)
    }
    var parts: [String] = []
    var bar = HTML.nothing
    let elapsed = start.map { max(0, now - $0) } ?? 0
    let unit = isBytes || progress.unit.isEmpty ? "" : " \(progress.unit)"
    if let total = progress.total, total > 0 {
      let share = min(1, max(0, progress.done / total))
      parts.append("\(Int(share * 100)) %, \(said(progress.done)) of \(said(total))\(unit)")
      bar =
        "<progress max=\"1\" value=\"\(Words.fixed(share, 4))\" aria-label=\"progress\"></progress> "
      if elapsed > 1, progress.done > 0 {
        let rate = progress.done / elapsed
        parts.append(
          isBytes ? "\(said(rate))/s" : "\(Words.number(rate, digits: 2))\(unit) a second")
      }
      if share > 0.02, share < 1, elapsed > 0 {
        parts.append("\(Words.duration(elapsed / share * (1 - share))) left")
      }
    } else {
      parts.append(said(progress.done) + unit)
    }
    if !progress.text.isEmpty { parts.append(progress.text) }
    return "<p class=\"small\">\(bar)\(parts.joined(separator: " · "))</p>"
  }

  private func loss(_ name: String) -> HTML {
    guard let step = run?.steps[name], step.losses.count > 1 else { return .nothing }
    let plot = LinePlot(
      [
        .init(
          "training", color: 0, points: step.losses.map { LinePlot.Point($0.step, $0.loss) })
      ], x: "optimizer step", y: "loss, nats a token")
    return """
      <div class="plot"><div class="scroll" role="region" tabindex="0" aria-label="loss">\
      \(plot.drawing("Loss of \(name)"))</div></div>
      """
  }

  private func log(_ name: String) -> HTML {
    guard let step = run?.steps[name], !step.lines.isEmpty else { return .nothing }
    // After a success the whole log is a click away, on the page of the run.
    guard state(of: name) == .running || step.problem != nil else { return .nothing }
    let hidden = step.lineCount - step.lines.count
    return """
      <pre class="log" tabindex="0" aria-label="the last lines of \(name)">\
      \(hidden > 0 ? "… \(Words.count(hidden, "line")) before\n" : "")\
      \(step.lines.map { LivePieces.cut($0) }.joined(separator: "\n"))</pre>
      """
  }

  private static func cut(_ line: String) -> String {
    line.utf8.count > 500 ? "\(line.prefix(400))…" : line
  }
}

extension HTML {
  /// As `problem` shows one, of its words alone.
  static func problem(message: String, hint: String?) -> HTML {
    """
    <div class="problem" role="alert"><p><strong>error:</strong> \(message)</p>\
    \(hint.map { "<p class=\"quiet\">hint: \($0)</p>" as HTML })</div>
    """
  }
}
