internal import Comparison
package import Experiments
internal import Notebook
internal import Running

/// What each change between two runs is worth, in plain text.
package struct AttributionText {
  private let style: Style

  package init(style: Style) { self.style = style }

  package func lines(_ attribution: Attribution) -> [String] {
    var lines: [String] = []
    if let main = attribution.main {
      lines += [
        "\(attribution.recipe) \(attribution.a) → \(attribution.b): \(main.name) of the "
          + "\(attribution.answerer.rawValue) answers, "
          + Words.count(main.shares.questions, "question"),
        "",
      ]
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
      ["change", "share", "\(percent) %", "reading", "what"], [.left, .right, .left, .left, .left])
    for (group, share) in zip(attribution.groups, metric.shares.shares) {
      let texts = group.changes.map(\.text)
      table.add([
        group.name, signed(share.effect.value), interval(share.effect),
        metric.reading(of: share.effect).rawValue, texts.first ?? "",
      ])
      for text in texts.dropFirst() { table.add(["", "", "", "", text]) }
    }
    let total = metric.shares.total
    table.add([
      "total", signed(total.value), interval(total), metric.reading(of: total).rawValue,
      "\(number(metric.a)) → \(number(metric.b))",
    ])
    let interaction = metric.shares.interaction
    if let interaction {
      table.add([
        "interaction", signed(interaction.value), interval(interaction), "",
        "what they do only together; in the shares",
      ])
    }
    var lines = table.lines
    let below = lines.suffix(interaction == nil ? 1 : 2)
    lines.removeLast(below.count)
    lines.append(lines.count > 1 ? lines[1] : "")
    lines += below.enumerated().map { style($0.element, $0.offset == 0 ? .strong : .quiet) }
    var remarks: [String] = []
    if metric.lowerIsBetter { remarks.append("lower is better") }
    if attribution.isSequential, metric.shares.shares.count > 1 {
      remarks.append("one order only: each share is what the change did after those above it")
    }
    return lines + (remarks.isEmpty ? [] : [""] + remarks.map { style($0, .quiet) })
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
      var changes = TextTable(["change", "what"], [.left, .left])
      for change in plan.changes { changes.add([change.factor.rawValue, change.text]) }
      lines += changes.lines + [""]
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
