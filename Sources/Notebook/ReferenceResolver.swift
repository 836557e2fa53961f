internal import Problems

/// Finds where the references of all steps lead, once every cell is known.
struct ReferenceResolver {
  let drafts: [Draft]
  /// The drafts' positions by step id.
  let positions: [String: Int]
  /// Ids that stand on cells which could not become steps.
  let brokenIDs: Set<String>
  let files: KitchenFiles
  let mistakes: Mistakes

  /// An edge of the graph: which step, and the reference that makes it.
  struct Edge {
    var target: Int
    var node: YAMLNode
  }

  /// Resolves the inputs of one step.
  ///
  /// - Returns: the inputs that lead somewhere, and the edges that they make.
  func resolve(_ draft: Draft) -> (inputs: [String: Reference], edges: [Edge]) {
    var inputs: [String: Reference] = [:]
    var edges: [Edge] = []
    for member in draft.references {
      guard case .some(let text) = text(of: member) else { continue }
      if let colon = text.firstIndex(of: ":") {
        let rest = String(text[text.index(after: colon)...])
        inputs[member.name] = outside(String(text[..<colon]), rest, member)
      } else if let (reference, target) = step(text, member) {
        inputs[member.name] = reference
        edges.append(Edge(target: target, node: member.value))
      }
    }
    return (inputs, edges)
  }

  private func text(of member: YAMLNode.Member) -> String? {
    do { return try ValueTyping.text(member.value) } catch {
      mistakes.add(
        "wrong-type", "the input `\(member.name)` takes a reference: found \(error.found)",
        hint: "write `STEP`, `STEP.OUTPUT` or \"file:PATH\"",
        at: member.value.isEmpty ? member.key : member.value)
      return nil
    }
  }

  /// A reference that leads out of the recipe.
  private func outside(
    _ scheme: String, _ rest: String, _ member: YAMLNode.Member
  ) -> Reference? {
    let node = member.value
    switch scheme {
    case "file":
      let what = "the input `\(member.name)`"
      guard files.require(rest, for: what, at: node, noting: mistakes) != nil else { return nil }
      return .file(rest)
    case "recipe", "run":
      mistakes.add(
        "not-available", "a reference `\(scheme):…` is not available in this version", at: node)
    case "http", "https", "s3":
      mistakes.add(
        "bad-reference", "the input `\(member.name)` names an address: found \(node.found)",
        hint: "fetch it in a step of its own, as in `uses: fetch/http`", at: node)
    default:
      mistakes.add(
        "bad-reference",
        "the input `\(member.name)` has an unknown kind of reference: found "
          + node.found, hint: "write `STEP`, `STEP.OUTPUT` or \"file:PATH\"", at: node)
    }
    return nil
  }

  private func step(
    _ text: String, _ member: YAMLNode.Member
  ) -> (reference: Reference, target: Int)? {
    let node = member.value
    if text.contains("@") {
      mistakes.add(
        "not-available", "a reference to one instance, `…@LABEL`, is not available in this version",
        at: node)
      return nil
    }
    let name = String(text.prefix { $0 != "." })
    let output = text.count > name.count ? String(text.dropFirst(name.count + 1)) : nil
    guard let target = positions[name] else {
      guard !brokenIDs.contains(name) else { return nil }
      noteUnknown(text, name, member)
      return nil
    }
    let draft = drafts[target]
    guard draft.knowsOutputs else { return (.output(draft.step.id, ""), target) }
    let names = draft.step.outputs.map(\.name)
    let list = names.map { "`\(name).\($0)`" }.joined(separator: ", ")
    if let output {
      if names.contains(output) { return (.output(draft.step.id, output), target) }
      mistakes.add(
        "unknown-output", "the step `\(name)` has no output `\(YAMLNode.short(output))`",
        hint: mistakes.suggestion(for: output, among: names) ?? "it has \(list)", at: node)
    } else {
      if let main = draft.step.mainOutput { return (.output(draft.step.id, main), target) }
      mistakes.add(
        "ambiguous-reference", "the step `\(name)` has \(names.count) outputs, and none is named",
        hint: "name one: \(list)", at: node)
    }
    // The edge is there, whichever output is meant.
    return (.output(draft.step.id, ""), target)
  }

  private func noteUnknown(_ text: String, _ name: String, _ member: YAMLNode.Member) {
    let isID = StepID.isValid(name)
    var hint: String?
    if case .found = files.find(text) {
      hint = "for the file of that name write \"file:\(text)\""
    } else if !isID {
      hint = "write `STEP`, `STEP.OUTPUT` or \"file:PATH\""
    } else {
      hint = mistakes.hint(for: name, among: positions.keys, called: "the steps are")
    }
    mistakes.add(
      isID ? "unknown-step" : "bad-reference",
      isID
        ? "the input `\(member.name)` names the step `\(name)`, which does not exist"
        : "the input `\(member.name)` is given no reference: found \(member.value.found)",
      hint: hint, at: member.value)
  }
}
