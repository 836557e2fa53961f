internal import Documents
internal import Problems

extension OptionReader {
  /// `in: { NAME: REFERENCE }`; where the references lead is seen when all cells are known.
  func readInputs(_ node: YAMLNode, _ draft: inout Draft) {
    var members: [YAMLNode.Member] = []
    switch node.content {
    case .mapping(let found): members = found
    case .scalar("", isPlain: true): break
    default:
      mistakes.add(
        "wrong-type", "`in` takes a mapping: found \(node.found)",
        hint: "write `in: { NAME: STEP.OUTPUT }`", at: node)
      return
    }
    for member in members {
      guard isNamed(member.name, allowing: "._-"), member.name != ".", member.name != ".." else {
        mistakes.add(
          "bad-input-name", "`\(member.name)` cannot name an input",
          hint: "use letters, digits, `.`, `_` and `-`", at: member.key)
        continue
      }
      if case .library(let declaration, _) = kind, !declaration.takesAnyInput,
        !declaration.inputs.contains(where: { $0.name == member.name })
      {
        mistakes.add(
          "unknown-input", "`\(declaration.name)` has no input `\(member.name)`",
          hint: mistakes.hint(
            for: member.name, among: declaration.inputs.map(\.name), called: "it has")
            ?? "it takes none", at: member.key)
      }
      guard
        let value = reader.substitution.replace(inReference: member.value, noting: mistakes)
      else { continue }
      draft.references.append(YAMLNode.Member(key: member.key, name: member.name, value: value))
    }
  }

  /// Notes the required inputs that are not given; one that was only mistyped was noted already.
  func noteMissingInputs(
    _ given: [String], _ declaration: StepDeclaration, with parameters: [String: JSON],
    at uses: YAMLNode
  ) {
    let names = declaration.inputs.map(\.name)
    let meant = given.compactMap {
      names.contains($0) ? $0 : Suggestion.nearest(to: $0, among: names)
    }
    for input in declaration.inputs where input.isRequired && !meant.contains(input.name) {
      if input.exemptions.contains(where: { parameters[$0.key] == $0.value }) { continue }
      mistakes.add(
        "missing-input", "`\(declaration.name)` needs the input `\(input.name)`",
        hint: "give it under `in`: \(input.doc)", at: uses)
    }
  }
}

// MARK: - Outputs

extension OptionReader {
  /// `out: PATH` or `out: { NAME: PATH }`; a trailing slash declares a folder.
  func readOutputs(_ member: YAMLNode.Member, _ draft: inout Draft) {
    guard case .script = kind else {
      mistakes.add(
        "misplaced-option", "`out` is for script cells: a library step declares its own outputs",
        hint: "leave it out", at: member.key)
      return
    }
    let before = mistakes.all.count
    let node = member.value
    let expected = "a path, or a mapping from names to paths"
    var outputs: [(output: Step.Output, node: YAMLNode)] = []
    switch node.content {
    case .mapping(let members) where !members.isEmpty:
      for member in members {
        guard isNamed(member.name, allowing: "_-") else {
          mistakes.add(
            "bad-output", "`\(member.name)` cannot name an output",
            hint: "use letters, digits, `_` and `-`", at: member.key)
          continue
        }
        guard let path = path(member.value, taking: "a path") else { continue }
        outputs.append((output(member.name, path), member.value))
      }
    case .scalar:
      guard let path = path(node, taking: expected) else { break }
      let last = path.split(separator: "/").last ?? ""
      let name = String(last.prefix { $0 != "." })
      guard isNamed(name, allowing: "_-") else {
        mistakes.add(
          "bad-output", "the path `\(path)` gives the output no name",
          hint: "name it: `out: { NAME: \(path) }`", at: node)
        break
      }
      outputs.append((output(name, path), node))
    default:
      mistakes.add(
        "wrong-type", "`out` takes \(expected): found \(node.found)",
        hint: "write `out: rows.jsonl` or `out: { rows: rows.jsonl, plots: plots/ }`", at: node)
    }
    noteOverlaps(outputs)
    draft.step.outputs = outputs.map(\.output)
    draft.step.mainOutput = outputs.count == 1 ? outputs.first?.output.name : nil
    draft.knowsOutputs = mistakes.all.count == before
  }

  private func output(_ name: String, _ path: String) -> Step.Output {
    let isFolder = path.hasSuffix("/")
    return Step.Output(
      name: name, path: isFolder ? String(path.dropLast()) : path, isFolder: isFolder)
  }

  /// A path inside `out/`, its trailing slash kept.
  private func path(_ node: YAMLNode, taking expected: String) -> String? {
    guard let text = text(node, of: "out", taking: expected) else { return nil }
    let parts = (text.hasSuffix("/") ? text.dropLast() : text[...])
      .split(separator: "/", omittingEmptySubsequences: false)
    let wrong: String?
    if text.hasPrefix("/") {
      wrong = "is absolute"
    } else if parts.contains("..") {
      wrong = "leads out of `out/`"
    } else if parts.contains("") || parts.contains(".") {
      wrong = "has an empty or `.` part"
    } else if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      wrong = "has a control character"
    } else if parts.contains(where: { $0.utf8.count > 255 }) {
      wrong = "has a part of more than 255 bytes"
    } else {
      wrong = nil
    }
    guard let wrong else { return text }
    mistakes.add(
      "bad-output", "the output path `\(YAMLNode.short(text))` \(wrong)",
      hint: "write it as seen from the folder `out/`, as in `rows.jsonl`", at: node)
    return nil
  }

  /// Outputs must not be one another, nor lie in one another, upper and lower case being the same.
  private func noteOverlaps(_ outputs: [(output: Step.Output, node: YAMLNode)]) {
    var seen: [String: String] = [:]
    for (output, node) in outputs {
      let path = output.path.lowercased()
      if let other = seen[path] {
        mistakes.add(
          "overlapping-outputs", "the outputs `\(other)` and `\(output.name)` have the same path",
          hint: "give each a path of its own, not only by upper and lower case", at: node)
      }
      seen[path] = output.name
    }
    for (output, node) in outputs {
      var path = output.path.lowercased()[...]
      while let slash = path.lastIndex(of: "/") {
        path = path[..<slash]
        guard let other = seen[String(path)], other != output.name else { continue }
        mistakes.add(
          "overlapping-outputs", "the output `\(output.name)` lies inside the output `\(other)`",
          hint: "let them stand beside each other", at: node)
        break
      }
    }
  }
}
