internal import Documents

/// The type of a parameter that no declaration gives: that of the value it was first written with.
enum InferredType {
  case declared(StepDeclaration.Parameter.ValueType)
  /// A list whose items are not all of one type.
  case mixedList
  case anything

  /// - Parameter node: the first value, every `${name}` in it replaced.
  init(of node: YAMLNode) {
    switch node.content {
    case .mapping: self = .declared(.mapping)
    case .scalar(let text, let isPlain):
      self = isPlain && CoreSchema.isNull(text) ? .anything : .declared(Self.type(text, isPlain))
    case .list(let items):
      let types = items.map { InferredType(of: $0) }
      if let item = Self.common(types) { self = .declared(.list(item)) } else { self = .mixedList }
    case .parameter(let value):
      switch value.json {
      case .null: self = .anything
      case .object: self = .declared(.mapping)
      case .array: self = .mixedList
      case .string: self = .declared(.text)
      default: self = .declared(Self.type(value.text, true))
      }
    }
  }

  /// Whether lists and mappings may be given.
  var takesStructure: Bool {
    switch self {
    case .declared(let type): type.takesStructure
    case .mixedList, .anything: true
    }
  }

  /// The value of a node by this type.
  func value(of node: YAMLNode) throws(Mismatch) -> JSON {
    switch self {
    case .declared(let type): return try ValueTyping.value(of: node, as: type)
    case .anything: return try ValueTyping.untyped(node)
    case .mixedList:
      let value = try ValueTyping.untyped(node)
      return value.array == nil ? .array([value]) : value
    }
  }

  private static func type(
    _ text: String, _ isPlain: Bool
  ) -> StepDeclaration.Parameter.ValueType {
    guard isPlain else { return .text }
    if CoreSchema.boolean(text) != nil { return .boolean }
    switch CoreSchema.number(text) {
    case .integer: return .integer(.min ... .max)
    case .fraction, .tooLarge:
      return .number(-Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude)
    case nil: return .text
    }
  }

  private static func common(_ types: [InferredType]) -> StepDeclaration.Parameter.ValueType? {
    var result: StepDeclaration.Parameter.ValueType?
    for case let type in types {
      guard case .declared(let type) = type else { return nil }
      switch (result, type) {
      case (nil, .integer), (nil, .number), (nil, .boolean), (nil, .text): result = type
      case (.integer, .integer), (.number, .number), (.number, .integer), (.boolean, .boolean),
        (.text, .text):
        break
      case (.integer, .number): result = type
      default: return nil
      }
    }
    return result
  }
}

extension StepDeclaration.Parameter.ValueType {
  /// Whether lists or mappings are of the type.
  var takesStructure: Bool {
    switch self {
    case .list, .mapping: true
    case .either(let first, let second): first.takesStructure || second.takesStructure
    case .integer, .number, .boolean, .text, .choice: false
    }
  }
}
