internal import Digests
internal import Replay
internal import Reporting

/// A cell of a notebook: its source, and for each of its steps the state, the key and what it gave.
package struct CellPiece {
  let cell: ExecutedNotebook.Cell?
  let steps: [ExecutedStep]
  let color: Int

  /// So many steps of one cell are shown whole; of the others a line each.
  private static let mostInstances = 12
  /// Longer sources are folded, in lines.
  private static let openLines = 24

  init(cell: ExecutedNotebook.Cell, color: Int) {
    self.cell = cell
    steps = cell.steps
    self.color = color
  }

  init(step: ExecutedStep, color: Int) {
    cell = nil
    steps = [step]
    self.color = color
  }

  /// Where a page has a step: ids of steps have no character that an address could not hold, labels
  /// of instances may.
  ///
  /// - Parameter piece: a part of the step.
  package static func anchor(_ id: String, _ piece: String = "step") -> String {
    "\(piece)-"
      + id.unicodeScalars.map { scalar in
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": String(scalar)
        default: "-\(String(scalar.value, radix: 16))-"
        }
      }.joined()
  }

  var html: HTML {
    guard let cell, steps.count > 1 else {
      return steps.first.map { section($0, withSource: true) } ?? .nothing
    }
    let shown = steps.prefix(CellPiece.mostInstances)
    var table = DataTable([
      .init("step", .head), .init("state", .short), .init("time", .number), .init("key", .short),
    ])
    for step in steps {
      table.add([
        HTML(text: step.id), step.state.html, HTML(text: step.seconds.map(Words.duration) ?? ""),
        step.key.map { .digest($0) } ?? .nothing,
      ])
    }
    let more = steps.count - shown.count
    return """
      <section class="cell" id="\(CellPiece.anchor(cell.id))">
      <header><h3>\(cell.id)</h3> <span>\(Words.count(steps.count, "step")), one for each combination</span></header>
      \(source)\(table.html)
      </section>
      \(shown.map { section($0, withSource: false) }.joined())\
      \(more > 0 ? "<p class=\"note\">and \(more) more</p>" : HTML.nothing)
      """
  }

  private func section(_ step: ExecutedStep, withSource: Bool) -> HTML {
    """
    <section class="cell" id="\(CellPiece.anchor(step.id))">
    <header><h3>\(step.id)</h3> \(step.state.html)\(facts(step))</header>
    \(withSource ? source : .nothing)\(failure(step))\(outputs(step))\(log(step))
    </section>

    """
  }

  private func facts(_ step: ExecutedStep) -> HTML {
    var facts: [HTML] = []
    if let seconds = step.seconds { facts.append("<span>\(Words.duration(seconds))</span>") }
    if let key = step.key { facts.append("<span>key \(HTML.digest(key))</span>") }
    switch step.determinism {
    case .bitExact:
      facts.append("<span>bit-exact, \(Words.count(Int(step.executions), "execution"))</span>")
    case .recorded: facts.append("<span>recorded</span>")
    case .notReproducible: facts.append("<span class=\"bad\">not reproducible</span>")
    case .unknown: break
    }
    if let memory = step.peakMemory, memory > 0 {
      facts.append("<span>\(Words.bytes(memory)) of memory</span>")
    }
    if let log = step.logLink { facts.append("<span><a href=\"\(log)\">log</a></span>") }
    if step.state == .done, let why = step.why {
      facts.append("<span class=\"why\">ran because \(why)</span>")
    }
    return facts.map { " " + $0 }.joined()
  }

  private var source: HTML {
    guard let cell else { return .nothing }
    let lines = cell.body.split(separator: "\n", omittingEmptySubsequences: false).count - 1
    let isData = ["text", "json", "jsonl", "csv"].contains(cell.language)
    let shown = RowTable.cut(cell.body, 40_000)
    return HTML.folded(
      "\(Words.count(max(0, lines), "line")) of \(isData ? "data (\(cell.language))" : cell.language)",
      .code(shown, language: cell.language), isOpen: lines <= CellPiece.openLines)
  }

  private func failure(_ step: ExecutedStep) -> HTML {
    switch step.state {
    case .failed, .asks:
      """
      <div class="problem"><p>\(step.why ?? "it failed")</p>\
      \(step.hint.map { "<p class=\"quiet\">hint: \($0)</p>" as HTML })</div>
      """
    case .skipped:
      "<p class=\"note\">skipped: \(step.why ?? "a step before it did not succeed")</p>"
    case .waiting: "<p class=\"note\">This run did not come to it.</p>"
    case .done, .cached, .running: .nothing
    }
  }

  private func outputs(_ step: ExecutedStep) -> HTML {
    // The body of a data cell is its output: it is above.
    if step.shape == .data, cell != nil {
      return step.outputs.map { output in
        """
        <p class="origin">is \(output.origin.name) \(output.origin.digest.map { .digest($0) } ?? HTML.nothing)</p>
        """
      }.joined()
    }
    let rows = step.outputs.indices.filter {
      if case .rows = step.outputs[$0].content { true } else { false }
    }
    let first = rows.first { step.outputs[$0].name == "rows" } ?? rows.first
    return step.outputs.enumerated().map { index, output in
      OutputPiece(output: output, color: color, isFirst: index == first).html
    }.joined()
  }

  private func log(_ step: ExecutedStep) -> HTML {
    guard let log = step.log else { return .nothing }
    return HTML.folded(
      log.isWhole ? "what it wrote" : "the last of what it wrote",
      "<pre class=\"log\" tabindex=\"0\">\(log.text)</pre>",
      isOpen: step.state == .failed)
  }
}
