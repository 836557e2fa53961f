internal import Documents
internal import Problems

/// The recipe's parameters, and the replacement of `${name}` in values by them.
struct Substitution {
  /// Declared parameters; nil as a value where the declaration is wrong, which was noted.
  var values: [String: ParameterValue?]
  /// False where the front matter is broken, so that no name can be called unknown.
  var isComplete: Bool

  /// The node with every `${name}` replaced and `$${` unescaped.
  ///
  /// - Returns: nil where a name leads nowhere; that is noted unless something before it was.
  func replace(_ node: YAMLNode, noting mistakes: Mistakes) -> YAMLNode? {
    var result = node
    switch node.content {
    case .parameter: return node
    case .scalar(let text, _):
      guard Self.hasParameter(text) else { return node }
      guard let content = replace(text, in: node, mistakes) else { return nil }
      result.content = content
    case .list(let items):
      var replaced: [YAMLNode] = []
      var isWhole = true
      for item in items {
        if let item = replace(item, noting: mistakes) {
          replaced.append(item)
        } else {
          isWhole = false
        }
      }
      guard isWhole else { return nil }
      result.content = .list(replaced)
    case .mapping(let members):
      var replaced = members
      var isWhole = true
      for index in members.indices {
        if let value = replace(members[index].value, noting: mistakes) {
          replaced[index].value = value
        } else {
          isWhole = false
        }
      }
      guard isWhole else { return nil }
      result.content = .mapping(replaced)
    }
    return result
  }

  /// The same for a reference, in whose label, behind the `@`, values stand as labels have them.
  func replace(inReference node: YAMLNode, noting mistakes: Mistakes) -> YAMLNode? {
    guard case .scalar(let text, let isPlain) = node.content, Self.hasParameter(text),
      !text.hasPrefix("file:"), let at = text.firstIndex(of: "@")
    else { return replace(node, noting: mistakes) }
    var front = node
    var label = node
    front.content = .scalar(String(text[..<at]), isPlain: isPlain)
    label.content = .scalar(String(text[text.index(after: at)...]), isPlain: isPlain)
    var encoding = self
    encoding.values = values.mapValues { value in
      value.map { ParameterValue(json: .string($0.text), text: InstanceLabel.encoded($0.json)) }
    }
    guard let first = replace(front, noting: mistakes),
      let second = encoding.replace(label, noting: mistakes)
    else { return nil }
    let whole = "\(first.text)@\(second.text)"
    var result = node
    result.content = .parameter(ParameterValue(json: .string(whole), text: whole))
    return result
  }

  private static func hasParameter(_ text: String) -> Bool {
    var last: UInt8 = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "{"), last == UInt8(ascii: "$") { return true }
      last = byte
    }
    return false
  }

  private func replace(
    _ text: String, in node: YAMLNode, _ mistakes: Mistakes
  ) -> YAMLNode.Content? {
    var spliced = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      spliced += rest[..<dollar]
      let after = rest[dollar...].dropFirst()
      if after.hasPrefix("${") {
        spliced += "${"
        rest = after.dropFirst(2)
        continue
      }
      guard after.first == "{" else {
        spliced += "$"
        rest = after
        continue
      }
      guard let close = after.firstIndex(of: "}"),
        case let name = String(after.dropFirst().prefix(upTo: close)), Self.isName(name)
      else {
        mistakes.add(
          "bad-parameter-name", "`${` begins a parameter, and no `name}` follows it",
          hint: "write `$${` where the text itself is meant", at: node)
        return nil
      }
      guard let value = value(of: name, at: node, mistakes) else { return nil }
      rest = after[after.index(after: close)...]
      if spliced.isEmpty, rest.isEmpty, dollar == text.startIndex { return .parameter(value) }
      switch value.json {
      case .array, .object:
        mistakes.add(
          "wrong-type", "`${\(name)}` is \(value.json.kindName) and cannot stand inside a text",
          hint: "let the value be \"${\(name)}\" alone", at: node)
        return nil
      default: spliced += value.text
      }
    }
    let result = spliced + rest
    return .parameter(ParameterValue(json: .string(result), text: result))
  }

  private func value(
    of name: String, at node: YAMLNode, _ mistakes: Mistakes
  ) -> ParameterValue? {
    if let value = values[name] { return value }
    guard isComplete else { return nil }
    mistakes.add(
      "unknown-parameter", "the recipe has no parameter `\(name)`",
      hint: mistakes.suggestion(for: name, among: values.keys)
        ?? "declare it in the front matter: `params: { \(name): … }`", at: node)
    return nil
  }

  /// Whether a text can name a recipe parameter: `[A-Za-z_][A-Za-z0-9_-]*`.
  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first == UInt8(ascii: "_") || isLetter(first) else {
      return false
    }
    return text.utf8.allSatisfy {
      isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
        || $0 == UInt8(ascii: "-")
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}

extension YAMLNode {
  /// The text of a scalar or of what a parameter stood for.
  fileprivate var text: String {
    switch content {
    case .scalar(let text, _): text
    case .parameter(let value): value.text
    case .list, .mapping: ""
    }
  }
}
