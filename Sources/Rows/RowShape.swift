package import Documents

/// The forms of rows that training and evaluation know.
package enum RowShape: String, Hashable, Sendable, CaseIterable {
  /// `instruction`, `context` (may be missing), `response`.
  case instruction
  /// `prompt`, `completion`.
  case promptCompletion = "prompt-completion"
  /// `messages`, `dialog` or `conversations`.
  case chat
  /// `prompt`, `chosen`, `rejected`.
  case preference
  /// `text`.
  case text

  /// The names under which a chat row may hold its turns.
  package static let chatFields = ["messages", "dialog", "conversations"]

  /// The shape of a row by the names of its fields, or nil where it has none of them.
  ///
  /// A row that fits several is taken for the first in the order preference, prompt-completion,
  /// instruction, chat, text.
  package init?(of fields: [String: JSON]) {
    func has(_ names: String...) -> Bool { names.allSatisfy { fields[$0] != nil } }
    if has("prompt", "chosen", "rejected") {
      self = .preference
    } else if has("prompt", "completion") {
      self = .promptCompletion
    } else if has("instruction", "response") {
      self = .instruction
    } else if RowShape.chatFields.contains(where: { fields[$0] != nil }) {
      self = .chat
    } else if has("text") {
      self = .text
    } else {
      return nil
    }
  }

  /// The fields that carry the row's meaning, in the order in which they are read.
  package var fields: [String] {
    switch self {
    case .instruction: ["instruction", "context", "response"]
    case .promptCompletion: ["prompt", "completion"]
    case .chat: RowShape.chatFields
    case .preference: ["prompt", "chosen", "rejected"]
    case .text: ["text"]
    }
  }

  /// The fields that must hold something.
  package var required: [String] {
    switch self {
    case .instruction: ["instruction", "response"]
    case .promptCompletion: ["prompt", "completion"]
    case .chat: []
    case .preference: ["prompt", "chosen", "rejected"]
    case .text: ["text"]
    }
  }

  /// The field that asks, or nil where there is none of its own.
  package var promptField: String? {
    switch self {
    case .instruction: "instruction"
    case .promptCompletion, .preference: "prompt"
    case .chat, .text: nil
    }
  }

  /// The field that answers, or nil where there is none of its own.
  package var responseField: String? {
    switch self {
    case .instruction: "response"
    case .promptCompletion: "completion"
    case .preference: "chosen"
    case .text: "text"
    case .chat: nil
    }
  }
}
