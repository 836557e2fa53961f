internal import Documents
internal import Problems

/// Values from their source text by a declared type.
enum ValueTyping {
  typealias ValueType = StepDeclaration.Parameter.ValueType

  /// The value of a node as its declaration wants it.
  ///
  /// - Parameter node: with every `${name}` already replaced.
  static func value(of node: YAMLNode, as type: ValueType) throws(Mismatch) -> JSON {
    switch type {
    case .integer(let range): return try integer(node, range)
    case .number(let range): return try number(node, range)
    case .boolean: return try boolean(node)
    case .text: return .string(try text(node))
    case .choice(let choices): return try choice(node, choices)
    case .list(let item): return try list(node, item)
    case .mapping:
      guard isMapping(node) else { throw Mismatch("wrong-type", node, expected: type.words) }
      return try untyped(node)
    case .either(let first, let second):
      do { return try value(of: node, as: first) } catch let mismatch {
        do { return try value(of: node, as: second) } catch {
          // A list that fails inside says more by its item than by the whole.
          if mismatch.isItem { throw mismatch }
          if error.isItem { throw error }
          var both = mismatch
          both.expected = type.words
          both.hint = mismatch.hint ?? error.hint
          both.code = mismatch.code == error.code ? mismatch.code : "wrong-type"
          throw both
        }
      }
    }
  }

  /// The value of a node where nothing is declared (core schema).
  static func untyped(_ node: YAMLNode) throws(Mismatch) -> JSON {
    switch node.content {
    case .parameter(let value): return value.json
    case .scalar(let text, isPlain: false): return .string(text)
    case .scalar(let text, isPlain: true):
      if CoreSchema.isNull(text) { return .null }
      if let value = CoreSchema.boolean(text) { return .bool(value) }
      if CoreSchema.isNotFinite(text) {
        throw Mismatch(
          "out-of-range", node, expected: "a finite number", hint: "put it in quotes for a text")
      }
      switch CoreSchema.number(text) {
      case .integer(let value): return .integer(value)
      case .fraction(let value): return .number(value)
      case .tooLarge:
        throw tooLarge(node, hint: "put it in quotes where it is a text, as an identifier is")
      case nil: return .string(text)
      }
    case .list(let items):
      var values: [JSON] = []
      for item in items { values.append(try untyped(item)) }
      return .array(values)
    case .mapping(let members):
      var values: [String: JSON] = [:]
      for member in members { values[member.name] = try untyped(member.value) }
      return .object(values)
    }
  }

  /// A scalar's source text.
  static func text(_ node: YAMLNode) throws(Mismatch) -> String {
    switch node.content {
    case .scalar(let text, let isPlain) where !(text.isEmpty && isPlain): return text
    case .parameter(let value):
      switch value.json {
      case .array, .object: break
      default: return value.text
      }
    default: break
    }
    throw Mismatch("wrong-type", node, expected: ValueType.text.words)
  }

  private static func tooLarge(_ node: YAMLNode, hint: String? = nil) -> Mismatch {
    let isWhole: Bool
    if case .scalar(let text, _) = node.content {
      isWhole = !text.contains { ".eE".contains($0) }
    } else {
      isWhole = true
    }
    return Mismatch(
      "out-of-range", node,
      expected: isWhole ? "a whole number up to 2^53 = 9007199254740992" : "a finite number",
      hint: hint)
  }

  private static func isMapping(_ node: YAMLNode) -> Bool {
    switch node.content {
    case .mapping: true
    case .parameter(let value): value.json.object != nil
    default: false
    }
  }

  /// The number of a plain scalar or of a parameter that is a number.
  private static func numeral(
    _ node: YAMLNode, _ expected: String
  ) throws(Mismatch) -> CoreSchema.Number {
    switch node.content {
    case .scalar(let text, isPlain: true):
      guard let number = CoreSchema.number(text) else { break }
      if number == .tooLarge { throw tooLarge(node) }
      return number
    case .scalar(let text, isPlain: false):
      guard CoreSchema.number(text) != nil else { break }
      throw Mismatch("wrong-type", node, expected: expected, hint: "remove the quotes")
    case .parameter(let value):
      switch value.json {
      case .integer(let number): return .integer(number)
      case .fraction(let number): return .fraction(number)
      default: break
      }
    default: break
    }
    throw Mismatch("wrong-type", node, expected: expected)
  }

  private static func integer(
    _ node: YAMLNode, _ range: ClosedRange<Int64>
  ) throws(Mismatch) -> JSON {
    let expected = ValueType.integer(range).words
    guard case .integer(let value) = try numeral(node, expected) else {
      throw Mismatch("wrong-type", node, expected: expected)
    }
    guard range.contains(value) else { throw Mismatch("out-of-range", node, expected: expected) }
    return .integer(value)
  }

  private static func number(
    _ node: YAMLNode, _ range: ClosedRange<Double>
  ) throws(Mismatch) -> JSON {
    let expected = ValueType.number(range).words
    let value: Double
    switch try numeral(node, expected) {
    case .integer(let integer): value = Double(integer)
    case .fraction(let fraction): value = fraction
    case .tooLarge: throw tooLarge(node)
    }
    guard range.contains(value) else { throw Mismatch("out-of-range", node, expected: expected) }
    return .number(value)
  }

  private static func boolean(_ node: YAMLNode) throws(Mismatch) -> JSON {
    switch node.content {
    case .scalar(let text, let isPlain):
      guard let value = CoreSchema.boolean(text) else { break }
      if isPlain { return .bool(value) }
      throw Mismatch(
        "wrong-type", node, expected: ValueType.boolean.words, hint: "remove the quotes")
    case .parameter(let value):
      if case .bool = value.json { return value.json }
    default: break
    }
    var hint: String?
    if case .scalar(let text, _) = node.content {
      switch text.lowercased() {
      case "yes", "on", "y": hint = "write `true`"
      case "no", "off", "n": hint = "write `false`"
      default: break
      }
    }
    throw Mismatch("wrong-type", node, expected: ValueType.boolean.words, hint: hint)
  }

  private static func choice(_ node: YAMLNode, _ choices: [String]) throws(Mismatch) -> JSON {
    let expected = ValueType.choice(choices).words
    guard let text = try? text(node) else {
      throw Mismatch("wrong-type", node, expected: expected)
    }
    guard choices.contains(text) else {
      throw Mismatch(
        "unknown-choice", node, expected: expected,
        hint: Suggestion.hint(for: text, among: choices))
    }
    return .string(text)
  }

  private static func list(_ node: YAMLNode, _ item: ValueType) throws(Mismatch) -> JSON {
    switch node.content {
    case .list(let items):
      var values: [JSON] = []
      for node in items { values.append(try self.item(node, item)) }
      return .array(values)
    case .parameter(let value):
      guard let items = value.json.array else { break }
      var values: [JSON] = []
      for json in items {
        var one = node
        one.content = .parameter(
          ParameterValue(json: json, text: json.string ?? json.canonicalText))
        values.append(try self.item(one, item))
      }
      return .array(values)
    case .mapping:
      throw Mismatch("wrong-type", node, expected: ValueType.list(item).words)
    case .scalar:
      if node.isEmpty { throw Mismatch("wrong-type", node, expected: ValueType.list(item).words) }
    }
    return .array([try self.item(node, item)])
  }

  private static func item(_ node: YAMLNode, _ type: ValueType) throws(Mismatch) -> JSON {
    do { return try value(of: node, as: type) } catch {
      var mismatch = error
      mismatch.isItem = true
      throw mismatch
    }
  }
}

extension StepDeclaration.Parameter.ValueType {
  /// What values are of the type, for messages: `a whole number from 1 to 1000`.
  package var words: String {
    switch self {
    case .integer(let range):
      "a whole number"
        + Self.limits(
          range.lowerBound == .min ? nil : String(range.lowerBound),
          range.upperBound == .max ? nil : String(range.upperBound))
    case .number(let range):
      "a number"
        + Self.limits(
          range.lowerBound <= -.greatestFiniteMagnitude ? nil : Self.text(range.lowerBound),
          range.upperBound >= .greatestFiniteMagnitude ? nil : Self.text(range.upperBound))
    case .boolean: "`true` or `false`"
    case .text: "a text"
    case .choice(let choices):
      choices.count == 1
        ? "`\(choices[0])`" : "one of \(choices.map { "`\($0)`" }.joined(separator: ", "))"
    case .list(let item): "a list, each item \(item.words)"
    case .mapping: "a mapping"
    case .either(let first, let second): "\(first.words), or \(second.words)"
    }
  }

  private static func limits(_ lower: String?, _ upper: String?) -> String {
    switch (lower, upper) {
    case (nil, nil): ""
    case (let lower?, nil): " from \(lower)"
    case (nil, let upper?): " up to \(upper)"
    case (let lower?, let upper?): " from \(lower) to \(upper)"
    }
  }

  private static func text(_ value: Double) -> String { JSON.finite(value).canonicalText }
}
