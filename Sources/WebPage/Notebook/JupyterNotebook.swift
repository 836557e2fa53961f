internal import Digests
internal import Documents
internal import Foundation
internal import History
internal import Replay

/// A run as a Jupyter notebook of format 4.5 (https://nbformat.readthedocs.io/en/latest/format_description.html).
/// The same run gives the same bytes.
package struct JupyterNotebook {
  private let notebook: ExecutedNotebook

  package init(_ notebook: ExecutedNotebook) { self.notebook = notebook }

  package var text: String { document.indentedText }

  private var document: JSON {
    var cells: [JSON] = []
    var number = 0
    func add(_ cell: ExecutedNotebook.Cell) {
      let hasRun = cell.steps.contains { $0.key != nil }
      if hasRun { number += 1 }
      cells.append(code(cell, count: hasRun ? number : nil, cells.count))
    }
    for part in notebook.parts {
      switch part {
      case .frontMatter(let text):
        // Not as a raw cell: converters put those into pages as they are.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let yaml = lines.filter { !["---", "..."].contains($0) }.joined(separator: "\n")
        cells.append(markdown(MarkdownText.fence(yaml, "yaml"), "front-matter", cells.count))
      case .prose(let text): cells.append(markdown(text, "prose", cells.count))
      case .cell(let cell): add(cell)
      }
    }
    for joined in notebook.joined {
      cells.append(markdown("## Steps of the recipe `\(joined.recipe)`", "joined", cells.count))
      joined.cells.forEach(add)
    }
    for step in notebook.others {
      cells.append(markdown(MarkdownNotebook.text(step), "step", cells.count))
    }
    let run = notebook.run
    return [
      "nbformat": 4, "nbformat_minor": 5, "cells": .array(cells),
      "metadata": [
        "title": .string(notebook.title),
        // Cells of a recipe run in Larder's sandbox, each in a process of its own; a kernel that would
        // run them here is not named on purpose.
        "language_info": ["name": "python"],
        "larder": [
          "run": .string(run.id.hex), "branch": .string(run.branch.description),
          "status": .string(run.status.rawValue), "result": .string(run.resultTree.hex),
          "ended": .string(Moment(seconds: run.time).description),
          "parameters": .object(
            Dictionary(
              notebook.parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })),
        ],
      ],
    ]
  }

  // MARK: Cells

  /// Ids are of 1 to 64 letters, digits, `-` and `_`, and differ.
  private func id(_ name: String, _ number: Int) -> JSON {
    let plain = name.unicodeScalars.map { scalar -> Character in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", "_": Character(scalar)
      default: "-"
      }
    }
    return .string("\(number)-\(String(plain.prefix(48)))")
  }

  private func markdown(_ text: String, _ name: String, _ number: Int) -> JSON {
    [
      "cell_type": "markdown", "id": id(name, number), "metadata": [:],
      "source": JupyterNotebook.lines(text),
    ]
  }

  private func code(_ cell: ExecutedNotebook.Cell, count: Int?, _ number: Int) -> JSON {
    [
      "cell_type": "code", "id": id(cell.id, number),
      "execution_count": count.map { .integer(Int64($0)) } ?? .null,
      "metadata": [
        "language": .string(cell.language),
        "larder": ["steps": .array(cell.steps.map(facts))],
        "tags": [.string("larder-step")],
      ],
      "source": JupyterNotebook.lines(cell.body),
      "outputs": .array(cell.steps.flatMap { outputs($0, count: count) }),
    ]
  }

  private func facts(_ step: ExecutedStep) -> JSON {
    var facts: [String: JSON] = [
      "step": .string(step.id), "status": .string(step.state.word),
      "class": .string(step.determinism.rawValue),
      "outputs": .object(
        Dictionary(
          step.outputs.compactMap { output in
            output.origin.digest.map { (output.name, JSON.digest($0)) }
          }, uniquingKeysWith: { a, _ in a })),
    ]
    facts["key"] = step.key.map { .digest($0) }
    facts["seconds"] = step.seconds.map { .finite($0) }
    facts["why"] = step.why.map { .string($0) }
    return .object(facts)
  }

  // MARK: Outputs

  private func outputs(_ step: ExecutedStep, count: Int?) -> [JSON] {
    var outputs: [JSON] = []
    if let log = step.log, !log.text.isEmpty {
      outputs.append([
        "output_type": "stream", "name": "stdout", "text": JupyterNotebook.lines(log.text),
      ])
    }
    if step.state == .failed || step.state == .asks || step.state == .skipped {
      outputs.append([
        "output_type": "error", "ename": .string(step.state.word),
        "evalue": .string(step.why ?? ""),
        "traceback": .array(
          [step.why, step.hint.map { "hint: \($0)" }].compactMap(\.self).map { .string($0) }),
      ])
    }
    for output in step.outputs where step.shape != .data {
      outputs.append([
        "output_type": "display_data", "data": data(output),
        "metadata": [
          "larder": [
            "target": .string(output.origin.target),
            "sha256": output.origin.digest.map { .string($0.hex) } ?? .null,
            "key": output.origin.key.map { .string($0.hex) } ?? .null,
          ]
        ],
      ])
    }
    return outputs
  }

  private func data(_ output: ExecutedOutput) -> JSON {
    let text = OutputText(output: output)
    var data: [String: JSON] = [
      "text/plain": JupyterNotebook.lines("\(output.origin.target)\n\(text.plain)")
    ]
    switch output.content {
    case .image(let type, let bytes) where type != "image/svg+xml":
      // An SVG would stand in the page as markup, so it is named only.
      data[type] = .string(Data(bytes).base64EncodedString())
    case .image: break
    default:
      if let markdown = text.markdown {
        data["text/markdown"] = JupyterNotebook.lines("\(text.heading)\n\n\(markdown)")
      }
    }
    return .object(data)
  }

  /// Text as a notebook keeps it: a list of lines with their ends, the last one without.
  private static func lines(_ text: String) -> JSON {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "\($0)\n" }
    if text.hasSuffix("\n") { lines.removeLast() }
    if let last = lines.popLast() { lines.append(String(last.dropLast())) }
    return .array(lines.map { .string($0) })
  }
}
