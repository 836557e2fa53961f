internal import Documents
internal import Notebook
package import Problems

extension StepLibrary {
  /// The page that `larder steps NAME` prints, at most 80 columns wide, with a final line feed.
  ///
  /// - Throws: a problem with a suggestion where there is no such step.
  package static func manual(for name: String) throws(Problem) -> String {
    manual(of: try step(named: name))
  }

  /// One line a step, with a final line feed: what `larder steps` prints.
  package static func listing() -> String {
    let width = names.map(\.count).max() ?? 0
    let lines = names.compactMap { name in
      declarations[name].map { "\(Manual.padded(name, width))  \($0.summary)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func manual(of step: LibraryStep) -> String {
    let declaration = step.declaration
    var lines = Manual.wrapped("\(declaration.name): \(declaration.summary)", indent: 0)
    let replay =
      switch declaration.kind {
      case .pure: "pure: a replay runs it again"
      case .recorded: "recorded: a replay feeds it from its recording"
      case .captured: "captured: a replay takes its outputs from the recording"
      case .manual: "manual: a person does it, and a replay uses the evidence"
      }
    lines.append("")
    lines.append("Version \(declaration.version), \(replay).")
    lines += inputs(declaration)
    lines += parameters(declaration)
    lines += outputs(declaration)
    lines += evidence(step)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func inputs(_ declaration: StepDeclaration) -> [String] {
    if declaration.inputs.isEmpty, !declaration.takesAnyInput { return [] }
    let width = declaration.inputs.map(\.name.count).max() ?? 0
    var lines = ["", "Inputs"]
    for input in declaration.inputs {
      let note = input.isRequired ? "" : "(optional) "
      lines += Manual.entry(input.name, width, note + input.doc)
    }
    if declaration.takesAnyInput { lines.append("  and any other, by its name") }
    return lines
  }

  private static func parameters(_ declaration: StepDeclaration) -> [String] {
    let rows = declaration.parameters.map { parameter in
      (
        parameter.name, Manual.text(of: parameter.type),
        parameter.defaultValue.map(Manual.text(ofDefault:)) ?? "required", parameter.doc
      )
    }
    if rows.isEmpty { return [] }
    let nameWidth = max(rows.map(\.0.count).max() ?? 0, 9)
    let defaultWidth = min(max(rows.map(\.2.count).max() ?? 0, 7), 16)
    var lines = [
      "", "Parameters",
      "  \(Manual.padded("name", nameWidth))  \(Manual.padded("default", defaultWidth))  type",
    ]
    for (name, type, value, doc) in rows {
      let isLong = value.count > defaultWidth
      let shown = Manual.padded(isLong ? "see below" : value, defaultWidth)
      let head = "  \(Manual.padded(name, nameWidth))  \(shown)  "
      let typeLines = Manual.wrapped(type, indent: head.count)
      lines.append(head + (typeLines.first?.dropFirst(head.count) ?? ""))
      lines += typeLines.dropFirst()
      lines += Manual.wrapped(doc, indent: 6)
      if isLong { lines += Manual.wrapped("default: \(value)", indent: 6) }
    }
    for group in declaration.exclusive {
      lines += Manual.wrapped("At most one of \(group.joined(separator: ", ")).", indent: 2)
    }
    return lines
  }

  /// The parameter values with which a person does the step, and what it asks for then.
  private static func evidence(_ step: LibraryStep) -> [String] {
    var lines: [String] = []
    for parameter in step.declaration.parameters {
      guard case .choice(let values) = parameter.type else { continue }
      for value in values {
        guard
          case .manual(let task) = step.implementation(for: [parameter.name: .string(value)])
        else { continue }
        let width = task.evidence.map(\.name.count).max() ?? 0
        lines += [""]
        lines += Manual.wrapped(
          "With \(parameter.name): \(value) the step is manual: it waits until a person brings in, "
            + "by `larder supply RECIPE STEP NAME=…`,", indent: 0)
        for piece in task.evidence {
          let note = piece.isRequired ? "" : "(optional) "
          lines += Manual.entry(
            piece.name, width, "\(note)\(piece.isFile ? "file" : "text"): \(piece.doc)")
        }
        lines += ["and a replay uses that evidence."]
      }
    }
    return lines
  }

  private static func outputs(_ declaration: StepDeclaration) -> [String] {
    let width = declaration.outputs.map(\.name.count).max() ?? 0
    var lines = ["", "Outputs"]
    for (index, output) in declaration.outputs.enumerated() {
      let path = output.path + (output.isFolder ? "/" : "")
      lines += Manual.entry(output.name, width, path + (index == 0 ? "  (main)" : ""))
    }
    return lines
  }
}

/// The layout of manual pages.
private enum Manual {
  static let columns = 80

  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  static func entry(_ name: String, _ width: Int, _ text: String) -> [String] {
    let head = "  \(padded(name, width))  "
    let lines = wrapped(text, indent: head.count)
    return [head + (lines.first?.dropFirst(head.count) ?? "")] + lines.dropFirst()
  }

  /// The text in lines of at most 80 columns, broken at spaces.
  static func wrapped(_ text: String, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = margin
    for word in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == " " }) {
      if line.count > indent, line.count + 1 + word.count > columns {
        lines.append(line)
        line = margin
      }
      line += (line.count > indent ? " " : "") + word
    }
    return lines + [line]
  }

  static func text(ofDefault value: JSON) -> String {
    switch value {
    case .null: "none"
    case .string(let text): text
    case .array(let values): values.map(text(ofDefault:)).joined(separator: ", ")
    default: value.canonicalText
    }
  }

  static func text(of type: StepDeclaration.Parameter.ValueType) -> String {
    switch type {
    case .integer(let range): "whole number\(limits(range, Int64.min, Int64.max))"
    case .number(let range):
      "number, \(JSON.number(range.lowerBound).canonicalText) to "
        + JSON.number(range.upperBound).canonicalText
    case .boolean: "true or false"
    case .text: "text"
    case .choice(let names): names.count == 1 ? names[0] : "one of " + names.joined(separator: ", ")
    case .list(let inner): "list of: \(text(of: inner))"
    case .mapping: "mapping"
    case .either(let first, let second): "\(text(of: first)), or \(text(of: second))"
    }
  }

  private static func limits(_ range: ClosedRange<Int64>, _ least: Int64, _ most: Int64) -> String {
    switch (range.lowerBound > least, range.upperBound < most) {
    case (true, true): ", \(range.lowerBound) to \(range.upperBound)"
    case (true, false): ", at least \(range.lowerBound)"
    case (false, true): ", at most \(range.upperBound)"
    case (false, false): ""
    }
  }
}
