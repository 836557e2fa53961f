internal import Problems

/// Finds where the references of all steps lead, once every cell is known.
struct ReferenceResolver {
  /// By their ids.
  let steps: [String: NamedStep]
  /// Ids that stand on cells which could not become steps.
  let brokenIDs: Set<String>
  let files: KitchenFiles
  let shelf: RecipeShelf
  /// Whether this is a recipe that another one names.
  let isJoined: Bool
  let mistakes: Mistakes

  /// An edge of the graph: which cell, and the reference that makes it.
  struct Edge {
    var target: Int
    var node: YAMLNode
  }

  /// What the inputs of one step lead to.
  struct Resolved {
    /// Those that lead somewhere.
    var inputs: [String: Reference] = [:]
    /// Where the `run:` references among them stand.
    var places: [String: Problem.Place] = [:]
    /// To other steps of the recipe.
    var edges: [Edge] = []
    /// In a recipe that another one names, what is wrong with files.
    var fileMistakes: [Problem] = []
  }

  /// Resolves the inputs of one step.
  func resolve(_ draft: Draft) -> Resolved {
    var resolved = Resolved()
    for member in draft.references {
      guard case .some(let text) = text(of: member) else { continue }
      if let colon = text.firstIndex(of: ":") {
        let rest = String(text[text.index(after: colon)...])
        outside(String(text[..<colon]), rest, member, &resolved)
      } else {
        step(text, member, of: draft, &resolved)
      }
    }
    return resolved
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
    _ scheme: String, _ rest: String, _ member: YAMLNode.Member, _ resolved: inout Resolved
  ) {
    let node = member.value
    switch scheme {
    case "file":
      let what = "the input `\(member.name)`"
      // Only the steps of another recipe that join need their files.
      let own = isJoined ? Mistakes() : mistakes
      let found = files.require(rest, for: what, at: node, noting: own)
      if isJoined { resolved.fileMistakes += own.all }
      if isJoined || found != nil {
        resolved.inputs[member.name] = .file(files.path(rest, seenFrom: shelf.base))
      }
    case "recipe": resolved.inputs[member.name] = other(rest, member)
    case "run":
      resolved.inputs[member.name] = past(rest, at: node)
      resolved.places[member.name] = node.place
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
  }

  /// `run:TARGET`; the run itself is found when the recipe is prepared.
  private func past(_ text: String, at node: YAMLNode) -> Reference? {
    let form =
      "write \"run:REF:STEP.OUTPUT\", as in \"run:quickstart:clean.rows\" or "
      + "\"run:submission/first:clean.rows\""
    do {
      guard try TargetText(text).reference == "@last" else { return .run(text) }
      mistakes.add(
        "bad-reference", "`@last` means another run each time, and a recipe needs one that stays",
        hint: form, at: node)
    } catch {
      mistakes.add("bad-reference", error.message, hint: form, at: node)
    }
    return nil
  }

  /// `recipe:NAME/STEP[.OUTPUT][@LABEL]`: a step that joins from another recipe.
  private func other(_ text: String, _ member: YAMLNode.Member) -> Reference? {
    let node = member.value
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let (step, output, label) = TargetText.parts(of: parts.count > 1 ? parts[1] : "")
    guard StepID.isValid(name), StepID.isValid(step), let id = StepID("\(name)/\(step)"),
      output != ""
    else {
      mistakes.add(
        "bad-reference",
        "the input `\(member.name)` names no step of a recipe: found \(node.found)",
        hint: "write \"recipe:NAME/STEP\" or \"recipe:NAME/STEP.OUTPUT\"", at: node)
      return nil
    }
    let finding: RecipeShelf.Finding
    do { finding = try shelf.find(name) } catch {
      mistakes.add("unreadable-file", error.message, hint: error.hint, at: node)
      return nil
    }
    switch finding {
    case .broken: return nil
    case .found(let reading):
      guard var found = reading.steps[step] else {
        mistakes.add(
          "unknown-step", "the recipe `\(name)` has no step `\(step)`",
          hint: mistakes.hint(for: step, among: reading.steps.keys, called: "its steps are"),
          at: node)
        return nil
      }
      found.id = id
      guard let output = self.output(output, of: found, called: "recipe:\(id)", at: node) else {
        return nil
      }
      return found.reference(
        to: output, label: label, called: "recipe:\(id)", at: node, noting: mistakes)
    case .missing(let known):
      mistakes.add(
        "unknown-recipe",
        "the input `\(member.name)` names the recipe `\(name)`, which does not exist",
        hint: mistakes.hint(for: name, among: known, called: "the recipes are")
          ?? "a recipe is a file `recipes/NAME.md` of the kitchen", at: node)
    case .circle(let names):
      let path = names.map { "`\($0)`" }.joined(separator: " → ")
      mistakes.add(
        "recipe-cycle", "the recipes need one another in a circle: \(path)",
        hint: names.count == 2
          ? "for a step of the same recipe write `\(text.dropFirst(name.count + 1))` alone"
          : "move what they share into a recipe of its own", at: node)
    case .sameName:
      mistakes.add(
        "recipe-cycle",
        "the input `\(member.name)` names the recipe `recipes/\(name).md`, which has the same name "
          + "as this one", hint: "give one of the two files another name", at: node)
    case .outside:
      mistakes.add(
        "outside-kitchen",
        "a recipe outside the kitchen cannot name the recipe `\(name)` inside it",
        hint: "move this one into the kitchen", at: node)
    }
    return nil
  }

  /// The name of the output that is meant, or nil where none is, which is noted.
  private func output(
    _ output: String?, of step: NamedStep, called name: String, at node: YAMLNode
  ) -> String? {
    let names = step.outputs.map(\.name)
    let list = names.map { "`\(name).\($0)`" }.joined(separator: ", ")
    if let output {
      if names.contains(output) { return output }
      mistakes.add(
        "unknown-output", "the step `\(name)` has no output `\(YAMLNode.short(output))`",
        hint: mistakes.suggestion(for: output, among: names) ?? "it has \(list)", at: node)
    } else {
      if let main = step.mainOutput { return main }
      mistakes.add(
        "ambiguous-reference", "the step `\(name)` has \(names.count) outputs, and none is named",
        hint: "name one: \(list)", at: node)
    }
    return nil
  }

  /// A reference to another step of the recipe.
  private func step(
    _ text: String, _ member: YAMLNode.Member, of draft: Draft, _ resolved: inout Resolved
  ) {
    let node = member.value
    let (name, output, label) = TargetText.parts(of: text)
    guard let target = steps[name] else {
      if !brokenIDs.contains(name) { noteUnknown(text, name, member) }
      return
    }
    // The edge is there, whichever output is meant.
    resolved.edges.append(Edge(target: target.position, node: node))
    guard target.knowsOutputs else { return }
    guard let output = self.output(output, of: target, called: name, at: node) else { return }
    if label == nil, draft.followed.contains(name), let instance = draft.step.instance {
      // The axes are the same, and so are the labels.
      resolved.inputs[member.name] = .output(target.id.instance(instance.label), output)
    } else {
      resolved.inputs[member.name] = target.reference(
        to: output, label: label, called: name, at: node, noting: mistakes)
    }
  }

  private func noteUnknown(_ text: String, _ name: String, _ member: YAMLNode.Member) {
    let isID = StepID.isValid(name)
    var hint: String?
    if case .found = files.find(text) {
      hint = "for the file of that name write \"file:\(text)\""
    } else if !isID {
      hint = "write `STEP`, `STEP.OUTPUT` or \"file:PATH\""
    } else {
      hint = mistakes.hint(for: name, among: steps.keys, called: "the steps are")
    }
    mistakes.add(
      isID ? "unknown-step" : "bad-reference",
      isID
        ? "the input `\(member.name)` names the step `\(name)`, which does not exist"
        : "the input `\(member.name)` is given no reference: found \(member.value.found)",
      hint: hint, at: member.value)
  }
}
