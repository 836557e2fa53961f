internal import Digests
internal import Documents
internal import History
internal import Replay
internal import Reporting

/// A run as Markdown: the recipe's text as it stands, and after each cell what came of it. The same
/// run gives the same bytes.
package struct MarkdownNotebook {
  private let notebook: ExecutedNotebook

  package init(_ notebook: ExecutedNotebook) { self.notebook = notebook }

  package var text: String {
    var pieces: [String] = []
    for part in notebook.parts {
      switch part {
      case .frontMatter(let text): pieces += [text, header]
      case .prose(let text):
        if pieces.isEmpty { pieces.append(header) }
        pieces.append(MarkdownNotebook.trimmed(text))
      case .cell(let cell):
        if pieces.isEmpty { pieces.append(header) }
        pieces.append(cell.text)
        pieces += cell.steps.map(MarkdownNotebook.text)
      }
    }
    if pieces.isEmpty { pieces.append(header) }
    for joined in notebook.joined {
      pieces.append("## Steps of the recipe `\(joined.recipe)`\n")
      for cell in joined.cells { pieces += [cell.text] + cell.steps.map(MarkdownNotebook.text) }
    }
    pieces += notebook.others.map(MarkdownNotebook.text)
    pieces.append(ledger)
    return pieces.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined(separator: "\n")
  }

  /// What the run is, before its text.
  private var header: String {
    let run = notebook.run
    var line =
      "> Run `\(notebook.name)` of `\(run.branch.description)`: \(run.status.rawValue), "
      + "\(Words.count(notebook.steps.count, "step")), ended \(Moment(seconds: run.time)), "
      + "result `\(run.resultTree.hex.prefix(8))`"
    if let note = run.note { line += ", note: \(MarkdownText.escaped(note))" }
    return line + "\n"
  }

  /// A step of the run: its state, then its outputs.
  static func text(_ step: ExecutedStep) -> String {
    var facts = ["\(step.state.sign) **\(step.id)** \(step.state.word)"]
    if let seconds = step.seconds { facts.append(Words.duration(seconds)) }
    if let key = step.key { facts.append("key `\(key.hex.prefix(8))`") }
    if step.determinism != .unknown { facts.append(step.determinism.rawValue) }
    var pieces = ["> \(facts.joined(separator: ", "))\n"]
    if step.state != .done, step.state != .cached, let why = step.why {
      pieces[0] += ">\n> \(MarkdownText.escaped(why))\n"
      if let hint = step.hint { pieces[0] += ">\n> hint: \(MarkdownText.escaped(hint))\n" }
    }
    if step.state == .failed, let log = step.log {
      pieces.append(MarkdownText.fence(log.text, "text"))
    }
    for output in step.outputs where step.shape != .data {
      let text = OutputText(output: output)
      pieces.append("**Output** \(text.heading)\n")
      if let markdown = text.markdown { pieces.append(markdown) }
    }
    return pieces.joined(separator: "\n")
  }

  private var ledger: String {
    var pieces: [String] = []
    if !notebook.parameters.isEmpty {
      pieces.append(
        "## Parameters\n\n"
          + MarkdownText.table(
            ["name", "value"],
            notebook.parameters.map { [$0.name, RowTable.text($0.value)] }, numbersFrom: nil))
    }
    if !notebook.sources.isEmpty {
      pieces.append(
        "## Sources and licences\n\n"
          + MarkdownText.table(
            ["step", "source", "licence", "SHA-256"],
            notebook.sources.map {
              [
                $0.step, $0.name, $0.licence ?? ($0.sha256 == nil ? "" : "unknown"),
                $0.sha256.map { String($0.hex.prefix(8)) } ?? "",
              ]
            }, numbersFrom: nil))
    }
    return pieces.joined(separator: "\n")
  }

  /// Without empty lines at both ends.
  private static func trimmed(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while lines.first?.allSatisfy(\.isWhitespace) == true { lines.removeFirst() }
    while lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
    return lines.joined(separator: "\n") + "\n"
  }
}
