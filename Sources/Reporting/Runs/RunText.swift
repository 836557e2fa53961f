internal import Documents
internal import Notebook
internal import Problems
package import Running
internal import Store
internal import Synchronization
package import SystemPackage

/// A run on a terminal or in a log: one line for each step that ends, and where the terminal allows
/// it a live area below with what is running.
package final class RunText: Sendable {
  /// What is shown while the run goes on.
  package enum ProgressMode: String, Sendable { case live, plain, none }

  private struct Running {
    var since: ContinuousClock.Instant
    var progress: Progress?
    var line: String?
    var isWaiting = false
  }

  private struct State {
    var recipe = ""
    var total = 0
    var done = 0
    var running: [(id: StepID, state: Running)] = []
    var preparing: (text: String, progress: Progress?)?
    var lastPreparation = ""
    var liveLines = 0
    var lastDrawn: ContinuousClock.Instant?
    var width = 80
  }

  private let style: Style
  private let mode: ProgressMode
  private let explains: Bool
  private let folder: FilePath
  private let write: @Sendable (String) -> Void
  private let width: @Sendable () -> Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - explains: whether to say why each step runs.
  ///   - folder: the working folder, to which shown paths are relative where they are inside.
  ///   - width: the columns of the terminal.
  ///   - write: takes text for standard error.
  package init(
    style: Style, mode: ProgressMode, explains: Bool, folder: FilePath,
    width: @escaping @Sendable () -> Int, write: @escaping @Sendable (String) -> Void
  ) {
    self.style = style
    self.mode = mode
    self.explains = explains
    self.folder = folder
    self.width = width
    self.write = write
  }

  /// Shows an event.
  package func show(_ event: Event) {
    state.withLock { state in
      var lines: [String] = []
      var isUrgent = true
      switch event {
      case .preparing(let text, let progress):
        state.preparing = (text, progress)
        if text != state.lastPreparation {
          state.lastPreparation = text
          if mode == .plain { lines.append(style("  \(text)", .quiet)) }
        } else {
          isUrgent = false
        }
      case .planned(let recipe, let steps, let cached, let toRun):
        state.preparing = nil
        state.recipe = recipe
        state.total = toRun
        if mode != .none {
          lines.append(
            "\(style(recipe, .strong)): \(Words.count(steps, "step")), \(cached) cached, \(toRun) to run"
          )
        }
      case .started(let id, let why):
        state.running.append((id, Running(since: .now)))
        if explains {
          lines.append("\(style("◐", .accent)) \(id): runs because \(why)")
        } else if mode == .plain {
          lines.append("\(style("◐", .accent)) \(id)")
        }
      case .waiting(let id): change(id, &state) { $0.isWaiting = true }
      case .line(let id, let line):
        change(id, &state) { $0.line = line }
        isUrgent = false
      case .progress(let id, let progress):
        change(id, &state) { $0.progress = progress }
        isUrgent = false
      case .finished(let report):
        state.running.removeAll { $0.id == report.step }
        if report.status != .cached { state.done += 1 }
        lines += finished(report)
      case .ended(let summary):
        state.running = []
        state.preparing = nil
        lines += ended(summary)
      }
      draw(lines, isUrgent: isUrgent, &state)
    }
  }

  /// Draws the live area again, so that times go on while nothing happens.
  package func tick() {
    guard mode == .live else { return }
    state.withLock { draw([], isUrgent: false, &$0) }
  }

  /// Removes the live area, before something else is written.
  package func clear() {
    state.withLock { state in
      if state.liveLines > 0 { write(erase(&state)) }
    }
  }

  // MARK: Lines

  private func finished(_ report: StepReport) -> [String] {
    switch report.status {
    case .cached:
      guard explains || mode == .plain && report.why == "another run made it" else { return [] }
      return ["\(style("◆", .quiet)) \(report.step): cached, \(report.why)"]
    case .ran:
      guard mode != .none else { return [] }
      let outputs =
        report.outputs.count == 1
        ? report.outputs.values.map { Words.bytes($0.size) }.first ?? ""
        : report.outputs.sorted { $0.key < $1.key }
          .map { "\($0.key) \(Words.bytes($0.value.size))" }.joined(separator: ", ")
      return [
        "\(style("●", .good)) \(report.step)  \(Words.duration(report.seconds))  \(style(outputs, .quiet))"
      ]
    case .waiting:
      return ["\(style("?", .warning)) \(report.step): \(report.why)"]
        + (report.problem?.hint.map { ["hint: \($0)"] } ?? [])
    case .skipped:
      return mode == .none ? [] : [style("○ \(report.step): skipped, \(report.why)", .quiet)]
    case .failed:
      var lines = ["\(style("✕", .bad)) \(report.step)  \(Words.duration(report.seconds))"]
      if let problem = report.problem {
        if !report.logTail.isEmpty {
          lines += report.logTail.map { "  \(style("│", .quiet)) \(printable($0))" }
        }
        lines += problem.description.split(separator: "\n").map(String.init)
      }
      if let kept = report.keptFolder {
        lines.append("its folder is kept: \(Kitchen.shown(kept, from: folder))")
      }
      return lines
    }
  }

  private func ended(_ summary: RunSummary) -> [String] {
    var lines: [String] = []
    for (step, document) in summary.metrics where summary.status == .succeeded {
      let count = MetricsTable.count(document).map { " over \(Words.count(Int($0), "question"))" }
      lines.append("")
      lines.append("\(style(step.text, .strong))\(count ?? "")")
      lines += MetricsTable.lines(document)
      lines.append("")
    }
    guard mode != .none || summary.status != .succeeded else { return lines }
    let counts =
      "\(summary.ran) ran, \(summary.cached) cached"
      + (summary.failed > 0 ? ", \(summary.failed) failed" : "")
      + (summary.skipped > 0 ? ", \(summary.skipped) skipped" : "")
    let head =
      switch summary.status {
      case .succeeded: style("done", .good)
      case .failed: style("failed", .bad)
      case .interrupted: style("interrupted", .warning)
      case .waiting: style("waiting for evidence", .warning)
      case .refused: style("refused", .bad)
      }
    var line = "\(head) in \(Words.duration(summary.seconds)): \(counts)"
    if let run = summary.run {
      line += summary.isNew ? "; run \(run)" : "; nothing changed since run \(run)"
    }
    lines.append(line)
    if summary.status == .succeeded, summary.ran > 0 {
      lines.append("results: \(Kitchen.shown(summary.results, from: folder))")
    }
    return lines
  }

  // MARK: The live area

  private func change(_ id: StepID, _ state: inout State, _ body: (inout Running) -> Void) {
    guard let index = state.running.firstIndex(where: { $0.id == id }) else { return }
    body(&state.running[index].state)
  }

  private func draw(_ lines: [String], isUrgent: Bool, _ state: inout State) {
    guard mode == .live else {
      if !lines.isEmpty { write(lines.map { $0 + "\n" }.joined()) }
      return
    }
    let now = ContinuousClock.now
    if !isUrgent, let last = state.lastDrawn, now - last < .milliseconds(100) { return }
    state.lastDrawn = now
    state.width = max(20, width())
    var text = erase(&state)
    text += lines.map { $0 + "\n" }.joined()
    let live = liveLines(state, now)
    text += live.map { clip($0, state.width) + "\n" }.joined()
    state.liveLines = live.count
    if !text.isEmpty { write(text) }
  }

  private func erase(_ state: inout State) -> String {
    defer { state.liveLines = 0 }
    return state.liveLines > 0 ? "\u{1B}[\(state.liveLines)A\u{1B}[J" : ""
  }

  private func liveLines(_ state: State, _ now: ContinuousClock.Instant) -> [String] {
    if let (text, progress) = state.preparing {
      return ["◐ \(text)\(progress.map { "  " + bar($0, nil) } ?? "")"]
    }
    var lines = state.running.prefix(6).map { entry -> String in
      let elapsed = now - entry.state.since
      let seconds =
        Double(elapsed.components.seconds)
        + Double(elapsed.components.attoseconds) / 1e18
      var line = "◐ \(entry.id)  \(Words.duration(seconds))"
      if entry.state.isWaiting { return line + "  waits for another run that makes it" }
      if let progress = entry.state.progress {
        line += "  " + bar(progress, seconds)
      } else if let last = entry.state.line {
        line += "  \(last)"
      }
      return line
    }
    if state.running.count > 6 { lines.append("  and \(state.running.count - 6) more") }
    if !state.running.isEmpty, state.total > 1 {
      lines.append("  \(state.done) of \(state.total) steps done")
    }
    return lines
  }

  private func bar(_ progress: Progress, _ seconds: Double?) -> String {
    guard let total = progress.total, total > 0 else {
      return "\(amount(progress.done, progress.unit)) \(progress.text)"
    }
    let share = min(1, max(0, progress.done / total))
    let filled = Int(share * 16)
    var text = String(repeating: "━", count: filled) + String(repeating: "╌", count: 16 - filled)
    text += " \(Int(share * 100)) %"
    if progress.unit == "bytes" {
      text += " of \(Words.bytes(Int64(total)))"
    } else {
      text += " \(amount(progress.done, ""))/\(amount(total, progress.unit))"
    }
    if let seconds, share > 0.02, share < 1 {
      text += "  \(Words.duration(seconds / share * (1 - share))) left"
    }
    return progress.text.isEmpty ? text : text + "  \(progress.text)"
  }

  private func amount(_ value: Double, _ unit: String) -> String {
    if unit == "bytes" { return Words.bytes(Int64(value)) }
    let number = Words.fixed(value, value == value.rounded() ? 0 : 1)
    return unit.isEmpty ? number : "\(number) \(unit)"
  }

  /// Cuts a line to the terminal's width; live lines carry no colour, so characters are columns.
  private func clip(_ line: String, _ width: Int) -> String {
    let text = printable(line)
    return text.count < width ? text : String(text.prefix(width - 2)) + "…"
  }

  /// A step's words without what would move the cursor or set a colour.
  private func printable(_ line: String) -> String {
    String(
      String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
  }
}
