internal import Comparison
internal import Documents
package import Experiments
internal import Notebook
internal import Rows

/// What differs between two runs, in 80 columns: one sentence, then what it did, what changed, and
/// examples.
package struct DiffText {
  private let style: Style
  private let width: Int
  /// How many changed rows, answers and tensors are shown of each list.
  private let few: Int

  /// - Parameters:
  ///   - few: how many items of a long list are shown.
  package init(style: Style, width: Int = 80, few: Int = 5) {
    self.style = style
    self.width = max(60, min(100, width))
    self.few = few
  }

  /// All lines.
  package func lines(_ comparison: RunComparison) -> [String] {
    var lines = sides(comparison) + [""]
    lines += wrapped(comparison.sentence).map { style($0, .strong) }
    let sections = [
      ("", metrics(comparison)), ("Parameters", parameters(comparison)),
      ("Cells", cells(comparison)), ("Environment", environment(comparison)),
      ("Sources", sources(comparison)), ("Steps", steps(comparison)), ("Rows", rows(comparison)),
      ("Answers", answers(comparison)), ("Weights", weights(comparison)),
      ("Losses", curves(comparison)), ("Not read", comparison.problems.flatMap { item($0) }),
    ]
    for (title, content) in sections where !content.isEmpty {
      lines.append("")
      if !title.isEmpty { lines.append(style(title, .accent)) }
      lines += content
    }
    return lines
  }

  // MARK: The two sides

  private func sides(_ comparison: RunComparison) -> [String] {
    let sides = [("A", comparison.a), ("B", comparison.b)]
    let wide = sides.map { $0.1.name.count }.max() ?? 0
    return sides.map { letter, side in
      let name = MarkedText.visible(side.name)
      let padding = String(repeating: " ", count: wide - side.name.count)
      return style("\(letter)  \(name)\(padding)  \(side.description)", .quiet)
    }
  }

  // MARK: What it did

  private func metrics(_ comparison: RunComparison) -> [String] {
    if comparison.metrics.isEmpty { return [] }
    let rows = comparison.metrics
    let names = MetricNames(rows)
    var table = TextTable(
      ["metric", "A", "B", "difference", "95 %", ""],
      [.left, .right, .right, .right, .left, .left])
    for metric in rows {
      table.add([
        names.name(of: metric), metric.a.map { Words.fixed($0, 3) } ?? "n/a",
        metric.b.map { Words.fixed($0, 3) } ?? "n/a",
        metric.delta.map { Words.signed($0) } ?? "n/a",
        metric.interval.map {
          "[\(Words.fixed($0.low, 3)), \(Words.fixed($0.high, 3))]"
        } ?? "",
        metric.reading?.rawValue ?? "",
      ])
    }
    var lines = table.lines
    for remark in comparison.metricRemarks {
      lines += wrapped(remark).map { style($0, .quiet) }
    }
    if let warning = comparison.warning { lines += wrapped(warning).map { style($0, .warning) } }
    return lines
  }

  // MARK: What changed

  private func parameters(_ comparison: RunComparison) -> [String] {
    let all = comparison.parameters
    let wide = all.map(\.name.count).max() ?? 0
    return all.flatMap { parameter -> [String] in
      let name = parameter.name + String(repeating: " ", count: wide - parameter.name.count)
      return item("\(name)  \(parameter.was) → \(parameter.now)")
    }
  }

  private func cells(_ comparison: RunComparison) -> [String] {
    var lines: [String] = []
    for cell in comparison.cells {
      lines += item("\(sign(cell.kind)) \(cell.heading)")
      guard cell.kind == .changed else { continue }
      if cell.isData {
        let text = MarkedText(cell.words.excerpt(context: 30))
        lines += text.lines(width: width - 8, most: 4 * few, style: style).map { "      \($0)" }
      } else {
        let shown = cell.lines.hunks.flatMap(hunk)
        lines += shown.prefix(8 * few)
        if shown.count > 8 * few { lines.append("      … \(shown.count - 8 * few) more lines") }
      }
    }
    if !comparison.prose.isEmpty {
      lines += item("prose changed in \(comparison.prose.joined(separator: ", "))")
    }
    return lines
  }

  /// Changed lines; one that replaces another with its words marked.
  private func hunk(_ hunk: LineDifference.Hunk) -> [String] {
    hunk.rows.flatMap { row -> [String] in
      switch row {
      case .equal(let text): return ["        \(cut(MarkedText.visible(text)))"]
      case .removed(let text):
        return ["      " + style("- " + cut(MarkedText.visible(text)), .bad)]
      case .added(let text): return ["      " + style("+ " + cut(MarkedText.visible(text)), .good)]
      case .replaced(let old, let new):
        let text = MarkedText(WordDifference(old, new).excerpt(context: 40))
        return text.lines(width: width - 10, most: 6, style: style).map { "      ~ \($0)" }
      }
    }
  }

  private func environment(_ comparison: RunComparison) -> [String] {
    comparison.environment.texts.flatMap { item($0) }
  }

  private func sources(_ comparison: RunComparison) -> [String] {
    comparison.sources.flatMap { source in
      item("\(source.source): \(source.changes.joined(separator: "; "))")
    } + comparison.licences.texts.flatMap { item($0) }
  }

  private func steps(_ comparison: RunComparison) -> [String] {
    if comparison.steps.isEmpty { return [] }
    let wide = min(28, comparison.steps.map(\.step.text.count).max() ?? 0)
    var lines = comparison.steps.flatMap { step -> [String] in
      let name = step.step.text
      let padding = String(repeating: " ", count: max(0, wide - name.count))
      let because = step.because.joined(separator: "; ")
      return item(
        "\(sign(step.status)) \(name)" + (because.isEmpty ? "" : "\(padding)  \(because)"),
        indent: wide + 6)
    }
    if comparison.sameSteps > 0 {
      lines.append("  " + style("\(Words.count(comparison.sameSteps, "step")) the same", .quiet))
    }
    return lines
  }

  private func rows(_ comparison: RunComparison) -> [String] {
    let text = RowDifferenceText(style: style, width: width - 4)
    var lines: [String] = []
    for set in comparison.rows {
      lines += item("\(set.name): \(set.summary)")
      for change in set.changes.prefix(few) {
        lines += text.lines(change.place, change.content).map { "    \($0)" }
      }
      let left = set.changes.isEmpty ? 0 : (set.counts?.changes ?? 0) - min(few, set.changes.count)
      if left > 0 { lines.append("    " + style("… and \(left) more: --rows lists them", .quiet)) }
    }
    return lines
  }

  // MARK: Examples

  private func answers(_ comparison: RunComparison) -> [String] {
    comparison.answers.flatMap { answers -> [String] in
      var lines = item("\(answers.step): \(answers.summary)")
      for example in answers.examples.prefix(few) {
        lines.append("")
        lines += wrapped("? \(MarkedText.visible(example.question))", first: "    ", rest: 4)
        lines += wrapped(example.worth, first: "      ", rest: 6).map { style($0, .quiet) }
        let text = MarkedText(example.words.spans)
        lines += text.lines(width: width - 8, most: 8, style: style).map { "      \($0)" }
        for row in example.rows {
          let heading = "\(sign(row.kind)) near: \(row.heading)"
          lines += wrapped(heading, first: "      ", rest: 6).map { style($0, .quiet) }
          let text = MarkedText(row.words.excerpt(context: 24))
          lines += text.lines(width: width - 10, most: 3, style: style).map { "        \($0)" }
        }
      }
      let left = answers.changed - min(few, answers.examples.count)
      if left > 0 { lines.append("    " + style("… and \(left) more: --rows lists them", .quiet)) }
      return lines
    }
  }

  // MARK: Weights and losses

  private func weights(_ comparison: RunComparison) -> [String] {
    comparison.weights.flatMap { difference -> [String] in
      guard let weights = difference.comparison else {
        return item("\(difference.name): \(difference.problem ?? "not compared")")
      }
      var lines = item("\(difference.name): \(weights.summary)")
      let largest = weights.largest.prefix(few)
      if largest.isEmpty { return lines }
      var table = TextTable(["tensor", "‖B−A‖/‖A‖", "cosine"], [.left, .right, .right])
      for tensor in largest {
        table.add([
          shortened(tensor.name, width - 32), tensor.relativeText, tensor.cosineText,
        ])
      }
      lines += table.lines.map { "    \($0)" }
      let left = weights.largest.count - largest.count
      if left > 0 {
        lines.append(
          "    " + style("… and \(left) more that moved less: --rows lists them", .quiet))
      }
      return lines
    }
  }

  private func curves(_ comparison: RunComparison) -> [String] {
    comparison.curves.flatMap { a, b -> [String] in
      var table = TextTable(
        [b.isByStep ? "step" : "epoch", "train A", "train B", "validation A", "validation B"],
        [.right, .right, .right, .right, .right])
      for row in LossTable(a, b).rows {
        table.add(
          [Words.fixed(row.place, row.place == row.place.rounded() ? 0 : 2)]
            + [row.trainingA, row.trainingB, row.validationA, row.validationB].map {
              $0.map { Words.fixed($0, 3) } ?? ""
            })
      }
      let steps = [("A", a), ("B", b)].compactMap { name, curve -> String? in
        let losses = curve.training.compactMap(\.training)
        return losses.count > 1
          ? "  \(name) \(DiffText.sparkline(losses, width: width - 40))  "
            + "train \(Words.fixed(losses[0], 3)) → "
            + Words.fixed(losses[losses.count - 1], 3) : nil
      }
      return item("\(b.step)") + table.lines.map { "    \($0)" } + steps.map { "  \($0)" }
    }
  }

  /// Numbers as a line of blocks, the highest as the highest block.
  static func sparkline(_ values: [Double], width: Int) -> String {
    let blocks = Array("▁▂▃▄▅▆▇█")
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return "" }
    let count = min(finite.count, max(1, width))
    return String(
      (0..<count).map { place in
        let start = place * finite.count / count
        let end = max(start + 1, (place + 1) * finite.count / count)
        let mean = Sample.mean(Array(finite[start..<end]))
        let share = high > low ? (mean - low) / (high - low) : 0
        return blocks[max(0, min(7, Int((share * 7).rounded())))]
      })
  }

  // MARK: Setting

  /// An item of a list, its further lines indented.
  private func item(_ text: String, indent: Int = 4) -> [String] {
    wrapped(text, first: "  ", rest: indent)
  }

  /// - Parameters:
  ///   - first: what the first line begins with.
  ///   - rest: how far the others are moved in.
  private func wrapped(_ text: String, first: String = "", rest: Int = 0) -> [String] {
    Words.wrapped(
      text, width: width, first: first, rest: String(repeating: " ", count: rest))
  }

  private func cut(_ text: String) -> String { text.excerpt(width - 10) }

  private func shortened(_ name: String, _ most: Int) -> String {
    name.count <= most ? name : "…" + name.suffix(most - 1)
  }

  private func sign(_ kind: CellDifference.Kind) -> String {
    switch kind {
    case .changed: "~"
    case .added: "+"
    case .removed: "-"
    case .renamed: "="
    }
  }

  private func sign(_ status: StepDifference.Status) -> String {
    switch status {
    case .same: "="
    case .changed: "~"
    case .added: "+"
    case .removed: "-"
    }
  }

  private func sign(_ kind: RowComparison.Kind) -> String {
    switch kind {
    case .changed: "~"
    case .added: "+"
    case .removed: "-"
    case .moved: ">"
    }
  }
}
