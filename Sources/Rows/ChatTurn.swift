package import Documents

/// One turn of a conversation.
package struct ChatTurn: Hashable, Sendable {
  /// `system`, `user` or `assistant`.
  package var role: String
  package var content: String

  package init(role: String, content: String) {
    self.role = role
    self.content = content
  }

  /// The turn as OpenAI's `messages` write it.
  package var json: JSON { ["role": .string(role), "content": .string(content)] }

  /// What other data sets call the three roles (ShareGPT's `conversations`).
  private static let roles = [
    "system": "system", "user": "user", "human": "user", "assistant": "assistant",
    "gpt": "assistant", "bot": "assistant", "model": "assistant",
  ]

  /// Reads `{role, content}` or ShareGPT's `{from, value}`; nil for anything else.
  package init?(_ value: JSON) {
    guard let role = (value["role"] ?? value["from"])?.string,
      let content = (value["content"] ?? value["value"])?.string,
      let known = ChatTurn.roles[role.lowercased()]
    else { return nil }
    self.init(role: known, content: content)
  }

  /// The turns of a chat row, or nil where it has none or one of them is not understood.
  package static func turns(of fields: [String: JSON]) -> [ChatTurn]? {
    for name in RowShape.chatFields {
      guard let values = fields[name]?.array, !values.isEmpty else { continue }
      let turns = values.compactMap(ChatTurn.init)
      return turns.count == values.count ? turns : nil
    }
    return nil
  }
}
