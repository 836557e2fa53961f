internal import Digests
package import Documents
internal import History
internal import Replay
internal import Reporting

/// The page of a run: what came out, and whether it can be trusted. First the verdict, then the
/// notebook with its outputs in place, then parameters, sources, environments and times.
package struct RunPage: Sendable {
  package let notebook: ExecutedNotebook
  /// What relative times count from; nil in a file, which may be read at any time.
  package var now: Moment?

  package init(_ notebook: ExecutedNotebook, now: Moment? = nil) {
    self.notebook = notebook
    self.now = now
  }

  private var color: Int { RunColors([notebook.name]).color(of: notebook.name) }

  /// The whole page.
  package func page(navigation: HTML = .nothing) -> Page {
    Page(
      title: "\(notebook.title), run \(notebook.name)", navigation: navigation, body: body,
      foot: foot)
  }

  /// What stands in `<main>`.
  package var body: HTML {
    [
      "<h1>\(notebook.title)</h1>\n", verdict, problems, graph, notebookBody, parameters, sources,
      environments, times,
    ].joined()
  }

  private var foot: HTML {
    let version = notebook.run.larderVersion ?? notebook.record["larder"]?.string
    return """
      <p>Run <code>\(notebook.run.id.hex)</code> of <code>\(notebook.run.branch.description)</code>, \
      made by Larder\(version.map { " \($0)" } ?? ""). Made again: \
      <code>larder replay \(notebook.name)</code></p>
      """
  }

  // MARK: The verdict

  private var verdict: HTML {
    let steps = notebook.steps
    func count(_ state: StepState) -> Int { steps.count { $0.state == state } }
    let counts = [
      (count(.done), "ran"), (count(.cached), "cached"), (count(.failed), "failed"),
      (count(.asks), count(.asks) == 1 ? "needs you" : "need you"), (count(.skipped), "skipped"),
      (count(.waiting), "not begun"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    let took = notebook.record["seconds"]?.number.map { ", in \(Words.duration($0))" } ?? ""
    var facts: [(name: String, value: HTML)] = [
      ("run", "\(HTML.digestText(notebook.run.id.hex)) of \(notebook.run.branch.description)"),
      ("result", HTML.digestText(notebook.run.resultTree.hex)),
      ("ended", .time(Moment(seconds: notebook.run.time), now: now)),
    ]
    if let note = notebook.run.note { facts.append(("note", HTML(text: note))) }
    if !notebook.submissions.isEmpty {
      facts.append(("submitted as", HTML(text: notebook.submissions.joined(separator: ", "))))
    }
    facts.append(("bytes come out again", HTML(text: classes)))
    facts.append(("licences", HTML(text: licences)))
    return """
      <p class="lead">\(status): \(Words.count(steps.count, "step")), \(counts)\(took).</p>
      \(HTML.facts(facts))

      """
  }

  private var status: HTML {
    switch notebook.run.status {
    case .succeeded: "<span class=\"good\">Succeeded</span>"
    case .until: "<span class=\"good\">Succeeded</span>, as far as it was asked to go"
    case .failed: "<span class=\"bad\">Failed</span>"
    case .interrupted: "<span class=\"warning\">Interrupted</span>"
    case .waiting: "<span class=\"warning\">Waits for evidence</span>"
    }
  }

  /// As in `3 bit-exact, 2 recorded, 10 not measured yet (larder replay c7fdfb8b does it)`.
  private var classes: String {
    let state = ReplayState(notebook.steps.filter { $0.key != nil }.map(\.determinism))
    return state.isKnown ? state.text : "\(state.text) (larder replay \(notebook.name) does it)"
  }

  private var licences: String {
    var counts: [String: Int] = [:]
    for source in notebook.sources where source.sha256 != nil {
      counts[source.licence ?? "unknown", default: 0] += 1
    }
    if counts.isEmpty { return "no sources" }
    return JSON.canonicalOrder(counts.keys)
      .map { "\($0) (\(Words.count(counts[$0] ?? 0, "source")))" }.joined(separator: ", ")
  }

  private var problems: HTML {
    notebook.steps.filter { $0.state == .failed || $0.state == .asks }.map { step in
      """
      <div class="problem"><p><strong><a href="#\(CellPiece.anchor(step.id))">\(step.id)</a></strong> \
      \(step.state.html): \(step.why ?? "")</p>\
      \(step.hint.map { "<p class=\"quiet\">hint: \($0)</p>" as HTML })</div>

      """
    }.joined()
  }

  private var graph: HTML {
    let nodes = notebook.steps.map { step in
      StepGraph.Node(
        step.id, kind: step.shape, state: step.state, inputs: step.inputs,
        link: "#\(CellPiece.anchor(step.id))")
    }
    return nodes.isEmpty ? .nothing : StepGraph(nodes).figure("Steps")
  }

  // MARK: The notebook

  private var notebookBody: HTML {
    let definitions = definitions
    var pieces: [HTML] = []
    for part in notebook.parts {
      switch part {
      case .frontMatter: break
      case .prose(let text):
        pieces.append(
          Markdown.html(text + definitions, dropping: notebook.title, headingsFrom: 2))
      case .cell(let cell): pieces.append(CellPiece(cell: cell, color: color).html)
      }
    }
    for joined in notebook.joined {
      pieces.append("<h2>Steps of the recipe <code>\(joined.recipe)</code></h2>\n")
      pieces += joined.cells.map { CellPiece(cell: $0, color: color).html }
    }
    if !notebook.others.isEmpty {
      pieces.append("<h2>Other steps</h2>\n")
      pieces += notebook.others.map { CellPiece(step: $0, color: color).html }
    }
    return pieces.joined()
  }

  /// The addresses that links of the text name, for every stretch of it: they may stand at its end.
  private var definitions: String {
    var lines: [Substring] = []
    for case .prose(let text) in notebook.parts {
      lines += text.split(separator: "\n").filter {
        $0.firstMatch(of: /^ {0,3}\[[^\]]+\]:\s/) != nil
      }
    }
    return lines.isEmpty ? "" : "\n\n" + lines.joined(separator: "\n") + "\n"
  }

  // MARK: What stands around it

  private var parameters: HTML {
    guard !notebook.parameters.isEmpty else { return .nothing }
    return "<h2>Parameters</h2>\n"
      + HTML.facts(notebook.parameters.map { ($0.name, JSONPiece.text($0.value)) })
  }

  private var sources: HTML {
    guard !notebook.sources.isEmpty else { return .nothing }
    var table = DataTable([
      .init("step", .head), .init("source"), .init("licence", .short), .init("size", .number),
      .init("SHA-256", .short),
    ])
    for source in notebook.sources {
      let name = [source.name, source.revision].compactMap(\.self).joined(separator: ", ")
      table.add([
        HTML(text: source.step), HTML(text: name),
        source.licence.map { HTML(text: $0) }
          ?? (source.sha256 == nil ? .nothing : "<span class=\"warning\">unknown</span>"),
        HTML(text: source.size.map { Words.bytes($0) } ?? ""),
        source.sha256.map { .digest($0) } ?? .nothing,
      ])
    }
    return "<h2>Sources and licences</h2>\n\(table.html)"
  }

  private var environments: HTML {
    let machine = notebook.record["machine"]
    var facts: [(name: String, value: HTML)] = []
    if let processor = machine?["processor"]?.string {
      let cores = machine?["cores"]?.integer.map { ", \(Words.count(Int($0), "core"))" } ?? ""
      facts.append(("processor", HTML(text: processor + cores)))
    }
    for (name, member) in [("system", "system"), ("C library", "libc"), ("kernel", "kernel")] {
      if let value = machine?[member]?.string { facts.append((name, HTML(text: value))) }
    }
    if let sandbox = notebook.record["sandbox"]?.bool {
      facts.append(("sandbox", sandbox ? "yes" : "<span class=\"warning\">no</span>"))
    }
    let folded = notebook.environments.map { environment -> HTML in
      var table = DataTable([.init("package", .head), .init("version", .short)])
      for (name, version) in environment.packages { table.add([name, version]) }
      return HTML.folded(
        """
        <strong>\(environment.name)</strong>: Python \(environment.python), \
        \(Words.count(environment.packages.count, "package"))\
        \(environment.digest.map { ", \(HTML.digest($0))" as HTML })
        """, table.html)
    }
    guard !facts.isEmpty || !folded.isEmpty else { return .nothing }
    return "<h2>Environment</h2>\n\(HTML.facts(facts))\n\(folded.joined())"
  }

  private var times: HTML {
    let steps = notebook.steps.filter { $0.state == .done || $0.state == .failed }
    var ends: [String: Double] = [:]
    let isRecorded = steps.allSatisfy { $0.start != nil }
    let bars = steps.sorted { ($0.start ?? 0) < ($1.start ?? 0) }.compactMap {
      step -> (ExecutedStep, Double)? in step.seconds.map { (step, $0) }
    }
    guard !bars.isEmpty else { return .nothing }
    var placed: [Waterfall.Bar] = []
    // Runs before starts were recorded: each step as early as what it takes was there.
    var left = bars
    while !left.isEmpty {
      let names = Set(left.map(\.0.id))
      var next = left.filter { entry in !entry.0.inputs.contains { names.contains($0) } }
      if next.isEmpty { next = left }
      for (step, seconds) in next {
        let start = step.start ?? step.inputs.compactMap { ends[$0] }.max() ?? 0
        ends[step.id] = start + seconds
        placed.append(.init(step.id, start: start, duration: seconds, state: step.state))
      }
      let done = Set(next.map(\.0.id))
      left.removeAll { done.contains($0.0.id) }
    }
    placed.sort { ($0.start, $0.name) < ($1.start, $1.name) }
    return "<h2>Times</h2>\n"
      + Waterfall(placed).figure(
        "Steps that ran",
        remark: isRecorded
          ? "" : "Each is drawn as early as its inputs were there; this run recorded no beginnings."
      ).html
  }
}
