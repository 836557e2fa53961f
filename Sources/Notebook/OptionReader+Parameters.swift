internal import Documents
internal import Problems

extension OptionReader {
  /// Reads `with`, or fills in the defaults where the cell has none.
  func readParameters(_ node: YAMLNode?, _ draft: inout Draft) {
    var members: [YAMLNode.Member] = []
    if let node, !node.isEmpty {
      guard case .mapping(let found) = node.content else {
        mistakes.add(
          "wrong-type", "`with` takes a mapping: found \(node.found)",
          hint: "write `with: { name: value }`", at: node)
        return
      }
      members = found
    }
    let changes = reader.overrides.steps[draft.step.id.text] ?? [:]
    switch kind {
    case .script: readScriptParameters(members, changes, &draft)
    case .library(let declaration, let uses):
      readLibraryParameters(members, changes, declaration, uses, &draft)
    case .unknown:
      for member in members {
        _ = reader.substitution.replace(member.value, noting: mistakes)
      }
    }
  }

  private func readScriptParameters(
    _ members: [YAMLNode.Member], _ changes: [String: OverrideTable.Entry], _ draft: inout Draft
  ) {
    for (name, entry) in changes.sorted(by: { $0.key < $1.key })
    where !members.contains(where: { $0.name == name }) {
      mistakes.add(
        "unknown-parameter", "`\(draft.step.id)` has no parameter `\(name)`",
        hint: mistakes.hint(for: name, among: members.map(\.name), called: "it has")
          ?? "declare it in the cell's `with`", at: entry.key)
    }
    for member in members {
      guard let written = reader.substitution.replace(member.value, noting: mistakes) else {
        continue
      }
      do {
        let value = try ValueTyping.untyped(written)
        draft.step.parameters[member.name] = value
        guard let entry = changes[member.name] else { continue }
        let type = InferredType(of: written)
        let changed = type.takesStructure ? entry.structured(noting: mistakes) : entry.value
        guard let changed else { continue }
        draft.step.parameters[member.name] = try type.value(of: changed)
      } catch {
        error.note("`\(member.name)`", in: mistakes)
      }
    }
  }
}

// MARK: - Library steps

extension OptionReader {
  private func readLibraryParameters(
    _ members: [YAMLNode.Member], _ changes: [String: OverrideTable.Entry],
    _ declaration: StepDeclaration, _ uses: YAMLNode, _ draft: inout Draft
  ) {
    var given: [String: YAMLNode] = [:]
    // Parameters that were given under a mistyped name, which is noted once.
    var meant: Set<String> = []
    let names = declaration.parameters.map(\.name)
    var keys: [String: YAMLNode] = [:]
    func take(_ name: String, _ key: YAMLNode, _ value: YAMLNode) {
      guard declaration.parameters.contains(where: { $0.name == name }) else {
        if let near = Suggestion.nearest(to: name, among: names) { meant.insert(near) }
        mistakes.add(
          "unknown-parameter", "`\(declaration.name)` has no parameter `\(name)`",
          hint: mistakes.suggestion(for: name, among: names)
            ?? "`larder steps \(declaration.name)` lists them", at: key)
        return
      }
      given[name] = value
      keys[name] = key
    }
    for member in members { take(member.name, member.key, member.value) }
    for (name, entry) in changes.sorted(by: { $0.key < $1.key }) {
      let parameter = declaration.parameters.first { $0.name == name }
      let takesStructure = parameter?.type.takesStructure ?? false
      guard let value = takesStructure ? entry.structured(noting: mistakes) : entry.value else {
        continue
      }
      take(name, entry.key, value)
    }
    var set: Set<String> = []
    for parameter in declaration.parameters {
      guard let node = given[parameter.name] else {
        if parameter.defaultValue == nil, !meant.contains(parameter.name) {
          mistakes.add(
            "missing-parameter", "`\(declaration.name)` needs the parameter `\(parameter.name)`",
            hint: "give it under `with`: \(parameter.type.words)", at: uses)
        }
        continue
      }
      guard let value = value(of: node, parameter) else { continue }
      draft.step.parameters[parameter.name] = value
      if value != .null, value != .bool(false) { set.insert(parameter.name) }
    }
    noteExclusive(declaration, set, keys)
    fillDefaults(declaration, set, &draft)
  }

  private func value(of node: YAMLNode, _ parameter: StepDeclaration.Parameter) -> JSON? {
    guard let replaced = reader.substitution.replace(node, noting: mistakes) else { return nil }
    if parameter.defaultValue == .null, replaced.isNull { return .null }
    do { return try ValueTyping.value(of: replaced, as: parameter.type) } catch {
      var mismatch = error
      if mismatch.hint == nil, case .parameter = mismatch.node.content {
        mismatch.hint =
          axes.contains { MatrixReader.names($0, node) }
          ? "`matrix` gives the value"
          : "the recipe's `params` or the command line give the value"
      }
      mismatch.note("`\(parameter.name)`", in: mistakes)
      return nil
    }
  }

  private func noteExclusive(
    _ declaration: StepDeclaration, _ set: Set<String>, _ keys: [String: YAMLNode]
  ) {
    for group in declaration.exclusive {
      let both = group.filter { set.contains($0) }
      guard both.count > 1, let last = both.compactMap({ keys[$0] }).max(by: isBefore) else {
        continue
      }
      mistakes.add(
        "exclusive-parameters",
        "\(both.map { "`\($0)`" }.joined(separator: " and ")) exclude each other",
        hint: "set one of them only", at: last)
    }
  }

  private func isBefore(_ a: YAMLNode, _ b: YAMLNode) -> Bool {
    if case .commandLine = a.origin { return false }
    if case .commandLine = b.origin { return true }
    return (a.line, a.column) < (b.line, b.column)
  }

  /// Fills in the defaults; where one of an exclusive group is set, a default `true` of another
  /// gives way to it.
  private func fillDefaults(
    _ declaration: StepDeclaration, _ set: Set<String>, _ draft: inout Draft
  ) {
    for parameter in declaration.parameters where draft.step.parameters[parameter.name] == nil {
      guard let value = parameter.defaultValue else { continue }
      let yields = declaration.exclusive.contains { group in
        group.contains(parameter.name) && group.contains { set.contains($0) }
      }
      draft.step.parameters[parameter.name] = yields && value == .bool(true) ? .bool(false) : value
    }
  }
}
