internal import Comparison
internal import Digests
package import Experiments
internal import History
internal import Notebook

/// What `larder lineage` found, in plain text.
package struct LineageText {
  /// How many ids of found rows, and reasons of dropped ones, are named.
  private static let shownIDs = 5
  private static let shownReasons = 3
  /// What stands before the words of a line about a run.
  private static let gap = 16

  private let style: Style
  private let width: Int

  /// - Parameter width: in columns.
  package init(style: Style, width: Int) {
    self.style = style
    self.width = max(40, width)
  }

  // MARK: Rows

  /// - Parameters:
  ///   - needle: what was looked for.
  ///   - looked: how many runs were looked at.
  package func lines(_ needle: Needle, _ traces: [RowTrace], looked: Int) -> [String] {
    let title =
      switch needle {
      case .id(let id): "row `\(id)`"
      case .text(let text): "text \"\(text.count > 60 ? text.prefix(57) + "…" : text[...])\""
      }
    var lines = Words.wrapped(
      style(title, .strong) + ": " + reach(traces.map { ($0.subject, $0.uses) }, looked),
      width: width)
    for group in LineageText.groups(traces, { $0.isSame(as: $1) }) {
      lines +=
        [""] + group.map { head($0.subject) } + body(group[0], needle, isAlone: group.count == 1)
    }
    return lines
  }

  /// Runs in which the same happened, in order.
  private static func groups<Trace>(
    _ traces: [Trace], _ isSame: (Trace, Trace) -> Bool
  ) -> [[Trace]] {
    var groups: [[Trace]] = []
    for trace in traces {
      let same = groups.firstIndex { isSame($0[0], trace) }
      if let same { groups[same].append(trace) } else { groups.append([trace]) }
    }
    return groups
  }

  private func body(_ trace: RowTrace, _ needle: Needle, isAlone: Bool) -> [String] {
    var lines: [String] = []
    let isOne = if case .id = needle { true } else { false }
    for use in trace.uses {
      let count = use.rows ?? 0
      let what = isOne && count == 1 ? "" : "\(Words.count(count, "row")) of \(use.set): "
      lines += labelled(
        LineageText.word(use.role), what + chain(use.chain, isAlone ? trace.subject : nil))
    }
    if trace.uses(.trained).isEmpty { lines += labelled("not trained on", "") }
    for change in trace.changes {
      let texts = change.differences.map { $0.text(name: $0.field) }
      lines += labelled("changed", "by \(change.step): " + texts.joined(separator: "; "))
    }
    for rejection in trace.rejections {
      let detail = rejection.detail.map { ": \($0)" } ?? ""
      let count = rejection.reasons.values.reduce(0, +)
      let text =
        count == 1
        ? (rejection.reasons.keys.first ?? "") + detail
        : "\(Words.count(count, "row")): \(LineageText.reasons(rejection.reasons))"
      lines += labelled("rejected", "by \(rejection.step): \(text)")
    }
    if !trace.ends.isEmpty {
      lines += labelled(
        "not passed on", "by " + trace.ends.map(\.text).joined(separator: ", "))
    }
    let shown = Set(trace.uses.flatMap(\.chain))
    let others = trace.places.filter { !$0.isDropped && !shown.contains($0.label) }
    if !others.isEmpty {
      let texts = others.map { place in
        isOne && place.findings.matches == 1
          ? place.label : "\(place.label) (\(place.findings.matches))"
      }
      lines += labelled("also in", texts.joined(separator: ", "))
    }
    if !isOne { lines += labelled("such as", LineageText.examples(trace)) }
    return lines
  }

  /// The first of the rows that were found, by id or by place.
  private static func examples(_ trace: RowTrace) -> String {
    let trained = Set(trace.uses(.trained).map(\.set))
    let place =
      trace.places.first { trained.contains($0.label) }
      ?? trace.places.first { $0.findings.first.contains { $0.id != nil } } ?? trace.places.first
    guard let place else { return "" }
    let named = place.findings.first.prefix(shownIDs).map { match in
      match.id ?? [match.file ?? place.label, "line \(match.line)"].joined(separator: " ")
    }
    let rest = place.findings.matches - named.count
    return named.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
      + " of \(place.label)"
  }

  // MARK: Sources

  /// - Parameters:
  ///   - title: what was looked for.
  ///   - looked: how many runs were looked at.
  package func lines(_ title: String, _ traces: [SourceTrace], looked: Int) -> [String] {
    var sources: [DataSource] = []
    for source in traces.flatMap(\.sources) where !sources.contains(source) {
      sources.append(source)
    }
    var lines = Words.wrapped(
      style(title, .strong) + ": \(Words.count(sources.count, "source")); "
        + reach(traces.map { ($0.subject, $0.uses) }, looked), width: width)
    lines += sources.flatMap { self.source($0, hasStep: false) }
    for group in LineageText.groups(traces, { $0.isSame(as: $1) }) {
      let trace = group[0]
      lines += [""] + group.map { head($0.subject) }
      for use in trace.uses {
        lines += labelled(
          LineageText.word(use.role),
          LineageText.derived(use) + " " + chain(use.chain, trace.subject))
      }
      if trace.uses.isEmpty {
        lines += labelled(
          "not trained on",
          "\(Words.count(trace.derived, "output")) derived from it, none for training")
      }
    }
    if traces.contains(where: { !$0.uses.isEmpty }) {
      let honest =
        "rows \"may derive\" by the flow of data from step to step; only a row's own field `source` "
        + "shows that it does"
      lines += [""] + Words.wrapped(honest, width: width).map { style($0, .quiet) }
    }
    return lines
  }

  /// In what way a set came from a source.
  private static func derived(_ use: Lineage.Use) -> String {
    guard use.role != .based else { return "\(use.set):" }
    guard let rows = use.rows else { return "\(use.set), which may derive from it:" }
    if let shown = use.shown {
      return "\(shown) of \(Words.count(rows, "row")) of \(use.set) say so, all may derive from it:"
    }
    return "\(use.set), whose \(Words.count(rows, "row")) may derive from it:"
  }

  // MARK: Back

  package func lines(_ ancestry: Ancestry) -> [String] {
    let output = ancestry.output.map { "\($0.step).\($0.name) of " } ?? ""
    var lines = [style("what reached ", .strong) + output + head(ancestry.subject)]
    lines += ["", "sources"]
    let sources = ancestry.allSources
    lines += sources.isEmpty ? ["  none"] : sources.flatMap { source($0, hasStep: true) }
    let flows = ancestry.flows.filter { flow in
      (flow.read + flow.given).contains { ($0.rows ?? 0) > 0 }
    }
    if !flows.isEmpty { lines += [""] + table(flows) }
    if !ancestry.uses.isEmpty {
      lines.append("")
      for use in ancestry.uses {
        let rows = use.rows.map { "\(Words.count($0, "row")) of \(use.set):" } ?? "\(use.set):"
        lines += labelled(LineageText.word(use.role), rows + " " + chain(use.chain, nil))
      }
    }
    for past in ancestry.past {
      let run = past.ancestry.first.map { ", of " + head($0.subject) } ?? ", a run that is not here"
      lines += ["", "run:\(past.target)" + run]
      for one in past.ancestry {
        let flows = one.flows.filter { ($0.read + $0.given).contains { ($0.rows ?? 0) > 0 } }
        if !flows.isEmpty { lines += table(flows) }
      }
    }
    return lines
  }

  private func table(_ flows: [Ancestry.Flow]) -> [String] {
    var table = TextTable(
      ["step", "rows read", "rows given", "dropped"], [.left, .right, .left, .left])
    for flow in flows {
      let read = flow.read.compactMap(\.rows).filter { $0 > 0 }.map(String.init)
      let given = flow.given.filter { !$0.isDropped && $0.rows != nil }
      let names = given.map { part in
        given.count == 1 ? String(part.rows ?? 0) : "\(part.rows ?? 0) \(part.name)"
      }
      table.add([
        flow.step.text, read.joined(separator: " + "), names.joined(separator: ", "),
        flow.reasons.values.reduce(0, +) > 0
          ? "\(flow.reasons.values.reduce(0, +))" : "",
      ])
    }
    var lines = table.lines
    for flow in flows where !flow.reasons.isEmpty {
      lines += labelled(
        "dropped", "by \(flow.step): \(LineageText.reasons(flow.reasons))")
    }
    return lines
  }

  // MARK: Parts

  /// How far it came, in one clause.
  private func reach(_ found: [(Lineage.Subject, [Lineage.Use])], _ looked: Int) -> String {
    let trained = found.filter { $0.1.contains { $0.role == .trained || $0.role == .based } }
    let names = trained.flatMap(\.0.submissions)
    let asked = found.count { $0.1.contains { $0.role == .evaluated } }
    var clauses = ["in \(found.count) of the \(Words.count(looked, "run")) looked at"]
    clauses.append(
      trained.isEmpty
        ? "never trained on"
        : "trained on in \(trained.count)"
          + (names.isEmpty ? "" : ", submitted as \(names.joined(separator: ", "))"))
    if asked > 0 { clauses.append("evaluated on in \(asked)") }
    return clauses.joined(separator: "; ")
  }

  private func head(_ subject: Lineage.Subject) -> String {
    let run = "run \(subject.run.id.hex.prefix(8)) of \(subject.run.branch)"
    let names = subject.submissions.map { "submission/\($0)" }.joined(separator: ", ")
    let status =
      switch subject.run.status {
      case .succeeded: ""
      case .until: ", run as far as asked"
      case .failed, .interrupted, .waiting: ", \(subject.run.status.rawValue)"
      }
    return (names.isEmpty ? run : style(names, .accent) + ": " + run) + status
  }

  private func source(_ source: DataSource, hasStep: Bool) -> [String] {
    let parts = [
      source.title, source.licence ?? "licence not known",
      source.digest.map { "sha256 \($0.short)" }, source.size.map(Words.bytes), source.revision,
    ].compactMap(\.self)
    let step = hasStep && source.entrance != .file ? "\(source.steps[0]): " : ""
    return Words.wrapped(
      step + parts.joined(separator: " · "), width: width, first: "  ", rest: "    ")
  }

  private func chain(_ labels: [String], _ subject: Lineage.Subject?) -> String {
    let names = subject?.submissions.map { "submission/\($0)" } ?? []
    let ends = names.isEmpty ? [] : [names.joined(separator: ", ")]
    return (labels + ends).joined(separator: " → ")
  }

  private static func word(_ role: Lineage.Role) -> String {
    switch role {
    case .trained: "trained on"
    case .validated: "validated on"
    case .evaluated: "evaluated on"
    case .based: "based on"
    }
  }

  private static func reasons(_ reasons: [String: Int]) -> String {
    let sorted = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let rest = sorted.dropFirst(shownReasons).reduce(0) { $0 + $1.value }
    let shown = sorted.prefix(shownReasons).map { "\($0.value) \($0.key)" }
    return shown.joined(separator: ", ") + (rest > 0 ? ", \(rest) for other reasons" : "")
  }

  private func labelled(_ label: String, _ text: String) -> [String] {
    let gap = LineageText.gap
    let first = "  " + label + String(repeating: " ", count: max(2, gap - 2 - label.count))
    return Words.wrapped(
      text, width: width, first: first, rest: String(repeating: " ", count: gap))
  }
}

extension SourceTrace {
  /// Whether the same happened in another run.
  fileprivate func isSame(as other: SourceTrace) -> Bool {
    sources == other.sources && uses == other.uses && derived == other.derived
      && subject.submissions.isEmpty && other.subject.submissions.isEmpty
  }
}

extension RowTrace {
  /// Whether the same happened in another run.
  fileprivate func isSame(as other: RowTrace) -> Bool {
    uses == other.uses && changes == other.changes && rejections == other.rejections
      && ends == other.ends && subject.submissions.isEmpty && other.subject.submissions.isEmpty
      && places.map(\.label) == other.places.map(\.label)
      && places.map(\.findings.matches) == other.places.map(\.findings.matches)
  }
}
