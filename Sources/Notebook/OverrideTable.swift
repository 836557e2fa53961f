internal import Problems

/// Overrides taken apart: which parameter of the recipe or of a step gets which value.
struct OverrideTable {
  /// A value and where it was asked for.
  struct Entry {
    var key: YAMLNode
    var value: YAMLNode
  }

  /// By the name of a recipe parameter.
  private(set) var recipe: [String: Entry] = [:]
  /// By step id and parameter name.
  private(set) var steps: [String: [String: Entry]] = [:]

  init(_ overrides: Overrides, noting mistakes: Mistakes) {
    for file in overrides.files { read(file, mistakes) }
    for assignment in overrides.assignments { read(assignment, of: "--set", mistakes) }
    for assignment in overrides.sweep { read(assignment, of: "--sweep", mistakes) }
  }

  private mutating func read(_ file: Overrides.ParameterFile, _ mistakes: Mistakes) {
    let source = SourceText(file.text, displayPath: file.displayPath)
    let part = YAMLPart(source: source, lines: 1..<source.lineCount + 1)
    guard let node = part.read("the parameters", noting: mistakes), !node.isEmpty else { return }
    guard case .mapping(let members) = node.content else {
      mistakes.add(
        "wrong-type", "a file of parameters is a mapping: found \(node.found)",
        hint: "write `name: value` or `STEP.PARAM: value`, one a line", at: node)
      return
    }
    for member in members {
      add(member.name, Entry(key: member.key, value: member.value), mistakes)
    }
  }

  private mutating func read(
    _ assignment: String, of option: String, _ mistakes: Mistakes
  ) {
    let text = "\(option) \(assignment)"
    guard let equals = assignment.firstIndex(of: "=") else {
      mistakes.add(
        "bad-override", "`\(text)` gives no value",
        hint: "write `\(option) name=value` or `\(option) STEP.PARAM=value`", place: nil)
      return
    }
    let name = String(assignment[..<equals])
    let value = String(assignment[assignment.index(after: equals)...])
    func node(_ value: String) -> YAMLNode {
      YAMLNode(
        content: .scalar(value, isPlain: true), origin: .commandLine(text), line: 1, column: 1)
    }
    add(name, Entry(key: node(name), value: node(value)), mistakes)
  }

  private mutating func add(_ name: String, _ entry: Entry, _ mistakes: Mistakes) {
    guard !name.contains("@") else {
      mistakes.add(
        "bad-override", "a parameter is set for all instances of a step: found `\(name)`",
        hint: "leave out the label, as in `STEP.PARAM`", at: entry.key)
      return
    }
    guard let dot = name.firstIndex(of: ".") else {
      guard !name.isEmpty else {
        mistakes.add(
          "bad-override", "no parameter is named", hint: "write `--set name=value`", at: entry.key)
        return
      }
      recipe[name] = entry
      return
    }
    let parameter = String(name[name.index(after: dot)...])
    steps[String(name[..<dot]), default: [:]][parameter] = entry
  }
}

extension OverrideTable.Entry {
  /// The value for a parameter that may be a list or a mapping: from the command line,
  /// `[4, 8]` and `{ a: 1 }` are then read as YAML.
  func structured(noting mistakes: Mistakes) -> YAMLNode? {
    guard case .commandLine = value.origin, case .scalar(let text, _) = value.content,
      text.hasPrefix("[") || text.hasPrefix("{")
    else { return value }
    let own = Mistakes()
    let source = SourceText(text, displayPath: "")
    let part = YAMLPart(source: source, lines: 1..<source.lineCount + 1)
    guard let node = part.read("the value", noting: own), own.isEmpty else {
      let message = own.all.first?.message ?? "the value is no YAML"
      mistakes.add("bad-yaml", message, hint: own.all.first?.hint, at: value)
      return nil
    }
    return moved(node)
  }

  private func moved(_ node: YAMLNode) -> YAMLNode {
    var result = node
    result.origin = value.origin
    switch node.content {
    case .list(let items): result.content = .list(items.map(moved))
    case .mapping(let members):
      result.content = .mapping(
        members.map {
          YAMLNode.Member(key: moved($0.key), name: $0.name, value: moved($0.value))
        })
    case .scalar, .parameter: break
    }
    return result
  }
}
