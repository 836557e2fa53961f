internal import Documents
internal import Rows

/// Which fields of a row ask and answer: by its shape, or as the recipe names them.
struct RowFields: Hashable {
  var shape: RowShape?
  var prompt: String?
  var response: String?

  /// Nil where the row has no known shape and the recipe names no response field.
  init?(of fields: [String: JSON], prompt: String?, response: String?) {
    if let response {
      self.prompt = prompt
      self.response = response
      return
    }
    guard let shape = RowShape(of: fields) else { return nil }
    self.shape = shape
    self.prompt = prompt ?? shape.promptField
    self.response = shape.responseField
  }

  /// What the row asks, or nil.
  func promptText(_ fields: [String: JSON]) -> String? {
    shape == .chat ? RowShape.chat.prompt(of: fields) : prompt.flatMap { fields[$0]?.string }
  }

  /// What the row answers, or nil.
  func responseText(_ fields: [String: JSON]) -> String? {
    shape == .chat ? RowShape.chat.response(of: fields) : response.flatMap { fields[$0]?.string }
  }

  /// The texts that say whether two rows are the same, in the order of the shape's fields.
  func texts(_ fields: [String: JSON]) -> [String] {
    if shape == .chat { return [promptText(fields) ?? "", responseText(fields) ?? ""] }
    let names = shape?.fields ?? [prompt, response].compactMap(\.self)
    return names.map { fields[$0]?.inlineText ?? "" }
  }

  /// Changes every text that answers.
  func mapResponses(_ fields: inout [String: JSON], _ change: (String) -> String) {
    if shape == .chat {
      for name in RowShape.chatFields {
        guard let turns = fields[name]?.array else { continue }
        fields[name] = .array(turns.map { RowFields.mapTurn($0, change) })
      }
    } else if let response, let text = fields[response]?.string {
      fields[response] = .string(change(text))
    }
  }

  private static func mapTurn(_ turn: JSON, _ change: (String) -> String) -> JSON {
    guard var members = turn.object, ChatTurn(turn)?.role == "assistant" else { return turn }
    for name in ["content", "value"] {
      if let text = members[name]?.string { members[name] = .string(change(text)) }
    }
    return .object(members)
  }
}

extension JSON {
  /// The value with every text in it changed, names left as they are.
  func mapTexts(_ change: (String) -> String) -> JSON {
    switch self {
    case .string(let text): .string(change(text))
    case .array(let values): .array(values.map { $0.mapTexts(change) })
    case .object(let members): .object(members.mapValues { $0.mapTexts(change) })
    default: self
    }
  }
}
