internal import Digests
internal import Notebook
package import Replay

/// A replay in words: a line for each step, then where the first difference is and why.
package struct ReplayText {
  private let style: Style

  package init(style: Style) { self.style = style }

  /// The lines that end the command.
  package func lines(_ summary: ReplaySummary) -> [String] {
    var table = TextTable(["step", "how", "verdict", "time"], [.left, .left, .left, .right])
    for step in summary.steps {
      table.add([
        step.step.text, step.how.rawValue, "\(sign(step.verdict)) \(step.verdict.rawValue)",
        step.verdict == .notExecuted ? "" : Words.duration(step.seconds),
      ])
    }
    var lines = table.lines + [""]
    for step in summary.steps where step.verdict == .differs || step.verdict == .withinTolerance {
      lines += details(step)
    }
    for step in summary.steps where step.verdict == .notExecuted {
      lines.append("\(style("○", .warning)) \(step.step) was not executed: \(step.why ?? "")")
    }
    return lines + [end(summary)]
  }

  private func details(_ step: StepVerdict) -> [String] {
    let isClose = step.verdict == .withinTolerance
    let mark = isClose ? style("≈", .warning) : style("✕", .bad)
    var lines = ["\(mark) \(step.step) \(isClose ? "is within its tolerance" : "differs")"]
    if let place = step.place { lines.append("  where: \(place)") }
    if let why = step.why { lines.append("  why:   \(why)") }
    return lines
  }

  private func end(_ summary: ReplaySummary) -> String {
    if summary.isInterrupted { return style("interrupted", .warning) }
    let count = Words.count(summary.steps.count, "step")
    let took =
      "in \(Words.duration(summary.seconds)) (the run took \(Words.duration(summary.firstSeconds)))"
    switch summary.verdict {
    case .identical:
      return "\(style("identical", .good)): \(count) of run \(summary.run), every byte, \(took)"
    case .withinTolerance:
      return "\(style("within tolerance", .good)): \(count) of run \(summary.run) \(took)"
    case .differs, .follows:
      guard let first = summary.steps.first(where: { $0.verdict == .differs }) else {
        return "\(style("differs", .bad)): the result trees of run \(summary.run) differ"
      }
      let following = summary.steps.count { $0.verdict == .follows }
      return "\(style("differs", .bad)): first at `\(first.step)`"
        + (following > 0 ? ", and \(Words.count(following, "step")) after it" : "") + "; \(took)"
    case .notExecuted:
      let missing = summary.steps.count { $0.verdict == .notExecuted }
      return "\(style("not executed", .warning)): \(missing) of \(count); the others are identical"
    }
  }

  private func sign(_ verdict: Verdict) -> String {
    switch verdict {
    case .identical: "="
    case .withinTolerance: "≈"
    case .differs: "≠"
    case .follows: "↳"
    case .notExecuted: "○"
    }
  }
}
