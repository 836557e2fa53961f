internal import Documents
internal import Problems

/// Reads what stands under `matrix` in a cell.
struct MatrixReader {
  enum Reading {
    case axes(Matrix)
    /// `from: STEP`: the matrix of another step.
    case following(String, YAMLNode)
    /// What is wrong was noted.
    case broken
  }

  let substitution: Substitution
  let mistakes: Mistakes

  private static let form = "write `matrix: { lora_r: [4, 8] }`, or `matrix: { from: STEP }`"

  /// - Parameter options: all options of the cell, which must use each axis.
  func read(_ node: YAMLNode, of id: StepID, options: [YAMLNode.Member]) -> Reading {
    guard case .mapping(let members) = node.content, !members.isEmpty else {
      mistakes.add(
        "wrong-type", "`matrix` takes a mapping from names to lists of values: found \(node.found)",
        hint: Self.form, at: node)
      return .broken
    }
    if let from = members.first(where: { $0.name == "from" }) {
      guard members.count == 1 else {
        mistakes.add(
          "exclusive-options", "`matrix` has both `from` and axes of its own",
          hint: "follow the other step, or list the axes", at: from.key)
        return .broken
      }
      return following(from.value)
    }
    var axes: [Matrix.Axis] = []
    for member in members {
      guard let axis = axis(member) else { continue }
      if !Self.isUsed(member.name, in: options) {
        mistakes.add(
          "unused-axis",
          "`\(id)` does not use its axis `\(member.name)`: its instances would be "
            + "the same", hint: "write \"${\(member.name)}\" in `with`, `env` or `in`",
          at: member.key)
      }
      axes.append(axis)
    }
    guard axes.count == members.count, isSmall(axes, of: id, at: node) else { return .broken }
    return .axes(Matrix(axes))
  }

  private func following(_ node: YAMLNode) -> Reading {
    guard case .scalar(let text, _) = node.content, StepID.isValid(text) else {
      mistakes.add(
        "wrong-type", "`from` takes the id of a step that has a matrix: found \(node.found)",
        hint: Self.form, at: node)
      return .broken
    }
    return .following(text, node)
  }

  private func axis(_ member: YAMLNode.Member) -> Matrix.Axis? {
    let name = member.name
    guard Substitution.isName(name) else {
      mistakes.add(
        "bad-axis-name", "`\(name)` cannot name an axis",
        hint: "use letters, digits, `_` and `-`, a letter first", at: member.key)
      return nil
    }
    if substitution.values[name] != nil {
      mistakes.add(
        "shadowed-parameter", "the axis `\(name)` has the name of a parameter of the recipe",
        hint: "give one of the two another name: `${\(name)}` must mean one thing", at: member.key)
      return nil
    }
    guard let value = substitution.replace(member.value, noting: mistakes),
      let items = items(value, of: name)
    else { return nil }
    var values: [ParameterValue] = []
    var seen: [String: String] = [:]
    for (item, value) in items {
      let encoded = InstanceLabel.encoded(value.json)
      if let other = seen.updateValue(encoded, forKey: encoded.lowercased()) {
        mistakes.add(
          "duplicate-value",
          other == encoded
            ? "the axis `\(name)` has the value `\(YAMLNode.short(value.text))` twice"
            : "two values of the axis `\(name)` differ in upper and lower case only: found "
              + "`\(YAMLNode.short(value.text))`",
          hint: "each value makes instances of its own", at: item)
        return nil
      }
      values.append(value)
    }
    return Matrix.Axis(name: name, values: values)
  }

  /// The values of an axis, each with where it stands; nil where one is wrong, which is noted.
  private func items(
    _ node: YAMLNode, of name: String
  ) -> [(node: YAMLNode, value: ParameterValue)]? {
    var items: [YAMLNode] = []
    switch node.content {
    case .list(let found): items = found
    case .parameter(let value):
      items = (value.json.array ?? []).map { json in
        var item = node
        item.content = .parameter(
          ParameterValue(json: json, text: json.string ?? json.canonicalText))
        return item
      }
    case .scalar, .mapping: break
    }
    guard !items.isEmpty else {
      let isEmpty: Bool
      switch node.content {
      case .list: isEmpty = true
      case .parameter(let value): isEmpty = value.json == []
      case .scalar, .mapping: isEmpty = false
      }
      mistakes.add(
        "wrong-type",
        "the axis `\(name)` takes a list of values: found \(isEmpty ? "an empty list" : node.found)",
        hint: "write them as in `\(name): [4, 8]`", at: node)
      return nil
    }
    var values: [(YAMLNode, ParameterValue)] = []
    for item in items {
      do throws(Mismatch) {
        let json = try ValueTyping.untyped(item)
        switch (json, item.content) {
        case (.array, _), (.object, _):
          throw Mismatch(
            "wrong-type", item, expected: "a number, a text, `true`, `false` or `null`")
        case (_, .scalar(let text, _)):
          values.append((item, ParameterValue(json: json, text: text)))
        case (_, .parameter(let value)): values.append((item, value))
        case (_, .list), (_, .mapping): break
        }
      } catch {
        var mismatch = error
        mismatch.isItem = true
        mismatch.note("the axis `\(name)`", in: mistakes)
        return nil
      }
    }
    return values
  }

  private func isSmall(_ axes: [Matrix.Axis], of id: StepID, at node: YAMLNode) -> Bool {
    var count = 1
    for axis in axes { count = min(count * axis.values.count, Int(Int32.max)) }
    guard count <= Matrix.largest else {
      let product = axes.map { "\($0.values.count)" }.joined(separator: " × ")
      mistakes.add(
        "large-matrix",
        "the matrix of `\(id)` has \(product) instances, more than \(Matrix.largest)",
        hint: "list fewer values", at: node)
      return false
    }
    // As the names of files have them: `STEP@LABEL.json`.
    let length = axes.reduce(id.text.utf8.count + axes.count) { sum, axis in
      sum + axis.name.utf8.count + 1 + (axis.encoded.map(\.utf8.count).max() ?? 0)
    }
    guard length <= Matrix.longestName else {
      mistakes.add(
        "long-label",
        "the instances of `\(id)` would have names of \(length) bytes, more than "
          + "\(Matrix.longestName)",
        hint:
          "list short names for the values, and let the cell or a step before it choose by them",
        at: node)
      return false
    }
    return true
  }

  /// Whether `${name}` stands in an option that parameters are replaced in.
  private static func isUsed(_ name: String, in options: [YAMLNode.Member]) -> Bool {
    options.contains { option in
      ["with", "env", "in"].contains(option.name) && names(name, option.value)
    }
  }

  /// Whether `${name}` stands in a value.
  static func names(_ name: String, _ node: YAMLNode) -> Bool {
    switch node.content {
    case .scalar(let text, _): text.contains("${\(name)}")
    case .list(let items): items.contains { names(name, $0) }
    case .mapping(let members): members.contains { names(name, $0.value) }
    case .parameter: false
    }
  }
}
