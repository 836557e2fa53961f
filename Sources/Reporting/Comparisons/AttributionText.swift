internal import Comparison
package import Experiments
internal import Notebook
internal import Running

/// What each change between two runs is worth, in plain text.
package struct AttributionText {
  private let style: Style
  private let width: Int

  package init(style: Style, width: Int = 80) {
    self.style = style
    self.width = width
  }

  package func lines(_ attribution: Attribution) -> [String] {
    var lines: [String] = []
    if let main = attribution.main {
      lines += Words.wrapped(
        "\(attribution.recipe) \(attribution.a) → \(attribution.b): \(main.name) of the "
          + "\(attribution.answerer.rawValue) answers, \(number(main.a)) → \(number(main.b)), "
          + Words.count(main.shares.questions, "question"), width: width, rest: "  ")
      lines.append("")
      lines += table(main, attribution)
    } else {
      lines.append("\(attribution.recipe) \(attribution.a) → \(attribution.b)")
    }
    if !attribution.corners.isEmpty { lines += [""] + corners(attribution) }
    if !attribution.notes.isEmpty {
      lines += [""] + attribution.notes.map { style($0, .quiet) }
    }
    return lines
  }

  // MARK: Shares

  private func table(_ metric: Attribution.Metric, _ attribution: Attribution) -> [String] {
    let percent = Words.fixed(metric.confidence * 100, 1).replacing(".0", with: "")
    var table = TextTable(
      ["change", "share", "\(percent) %", "reading"], [.left, .right, .left, .left])
    for (group, share) in zip(attribution.groups, metric.shares.shares) {
      table.add([
        group.name, signed(share.effect.value), interval(share.effect),
        metric.reading(of: share.effect).rawValue,
      ])
    }
    let total = metric.shares.total
    table.add([
      "total", signed(total.value), interval(total), metric.reading(of: total).rawValue,
    ])
    let interaction = metric.shares.interaction
    if let interaction {
      table.add(["interaction", signed(interaction.value), interval(interaction), ""])
    }
    var lines = table.lines
    let below = lines.suffix(interaction == nil ? 1 : 2)
    lines.removeLast(below.count)
    lines.append(lines.count > 1 ? lines[1] : "")
    lines += below.enumerated().map { style($0.element, $0.offset == 0 ? .strong : .quiet) }
    var remarks: [String] = []
    if interaction != nil {
      remarks.append("interaction: what the changes do only together; it is in the shares")
    }
    if metric.lowerIsBetter { remarks.append("lower is better") }
    if attribution.isSequential, metric.shares.shares.count > 1 {
      remarks.append("one order only: each share is what the change did after those above it")
    }
    return lines + remarks.map { style($0, .quiet) } + [""]
      + changes(attribution.groups.flatMap { group in group.changes.map { (group.name, $0.text) } })
  }

  /// What belongs to each change, the names in a column of their own.
  private func changes(_ changes: [(name: String, text: String)]) -> [String] {
    let column = (changes.map(\.name.count).max() ?? 0) + 2
    var last = ""
    return changes.flatMap { name, text -> [String] in
      defer { last = name }
      let shown = name == last ? "" : name
      return Words.wrapped(
        text, width: width,
        first: shown + String(repeating: " ", count: column - shown.count),
        rest: String(repeating: " ", count: column))
    }
  }

  private func signed(_ value: Double) -> String { Words.signed(value, digits(value)) }

  private func number(_ value: Double) -> String { Words.fixed(value, digits(value)) }

  private func digits(_ value: Double) -> Int { abs(value) < 100 ? 3 : 1 }

  private func interval(_ interval: Interval) -> String {
    "[\(signed(interval.low)), \(signed(interval.high))]"
  }

  // MARK: Combinations

  private func corners(_ attribution: Attribution) -> [String] {
    var table = TextTable(
      ["from \(attribution.b)", "state", "steps run", "time", "run"],
      [.left, .left, .right, .right, .left])
    for corner in attribution.corners {
      let isMade = corner.status == .cached || corner.status == .ran
      table.add([
        AttributionText.name(corner.fromB), AttributionText.words(corner.status),
        isMade ? String(corner.ran) : "", isMade ? Words.duration(corner.seconds) : "",
        corner.run.map { String($0.prefix(8)) } ?? "",
      ])
    }
    return table.lines
      + attribution.corners.compactMap { corner in
        corner.why.map {
          style("\(AttributionText.name(corner.fromB)): \($0)", .warning)
        }
      }
  }

  private static func words(_ status: Attribution.Corner.Status) -> String {
    switch status {
    case .cached: "from the store"
    case .ran: "ran"
    case .failed: "failed"
    case .impossible: "cannot be made"
    }
  }

  private static func name(_ fromB: [Factor]) -> String {
    fromB.isEmpty ? "nothing" : Attribution.Group.name(fromB)
  }

  // MARK: The plan

  package func lines(_ plan: AttributionPlan) -> [String] {
    var lines = [
      "\(plan.recipe) \(plan.a) → \(plan.b): what \(plan.metric) of `\(plan.step)` rests on", "",
    ]
    if !plan.changes.isEmpty {
      lines += changes(plan.changes.map { ($0.factor.rawValue, $0.text) }) + [""]
    }
    if plan.corners.isEmpty {
      lines.append("no hybrid is needed: both runs are there")
    } else {
      var table = TextTable(
        ["from \(plan.b)", "cached", "to run", "at most", "steps"],
        [.left, .right, .right, .right, .left])
      for corner in plan.corners {
        let toRun = corner.toRun
        let seconds = toRun.compactMap(\.lastSeconds)
        table.add([
          AttributionText.name(corner.fromB),
          corner.why == nil ? String(corner.steps.count - toRun.count) : "",
          corner.why == nil ? String(toRun.count) : "cannot be made",
          seconds.isEmpty ? "" : Words.duration(seconds.reduce(0, +)),
          toRun.map(\.step.id.text).joined(separator: ", "),
        ])
      }
      lines += table.lines
      for corner in plan.corners {
        if let why = corner.why {
          lines.append(style("\(AttributionText.name(corner.fromB)): \(why)", .warning))
        }
      }
      let unknown = plan.corners.flatMap(\.toRun).count { $0.lastSeconds == nil }
      lines += [
        "",
        style(
          "at most \(Words.duration(plan.estimatedSeconds)) by the last durations"
            + (unknown > 0 ? "; \(Words.count(unknown, "step")) never ran" : ""), .quiet),
      ]
    }
    return lines + plan.notes.map { style($0, .quiet) }
  }
}
