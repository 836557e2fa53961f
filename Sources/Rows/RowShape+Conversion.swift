package import Documents

extension RowShape {
  /// A row in another shape, where its meaning survives; other fields (`id`, `source`) stay.
  ///
  /// - Instruction rows become prompts of instruction, blank line, context.
  /// - A chat of exactly one question and one answer becomes the other shapes; one with a system
  ///   turn or more turns does not.
  /// - Of a preference row the chosen answer is kept.
  /// - Text has no question, so it becomes nothing else; everything but chat becomes text by
  ///   putting prompt and answer under each other.
  ///
  /// - Returns: the fields, or nil where there is no such conversion.
  package func convert(_ fields: [String: JSON], to target: RowShape) -> [String: JSON]? {
    if self == target { return fields }
    guard self != .text, target != .preference, let pair = pair(fields) else { return nil }
    var result = fields
    for name in self.fields { result[name] = nil }
    switch target {
    case .instruction:
      result["instruction"] = .string(pair.instruction)
      result["context"] = .string(pair.context)
      result["response"] = .string(pair.response)
    case .promptCompletion:
      result["prompt"] = .string(pair.prompt)
      result["completion"] = .string(pair.response)
    case .chat:
      result["messages"] = .array([
        ChatTurn(role: "user", content: pair.prompt).json,
        ChatTurn(role: "assistant", content: pair.response).json,
      ])
    case .text: result["text"] = .string(pair.prompt + "\n\n" + pair.response)
    case .preference: return nil
    }
    return result
  }

  /// A question with its answer.
  private struct Pair {
    var instruction: String
    var context = ""
    var response: String

    var prompt: String { context.isEmpty ? instruction : instruction + "\n\n" + context }
  }

  private func pair(_ fields: [String: JSON]) -> Pair? {
    if self == .chat {
      guard let turns = ChatTurn.turns(of: fields), turns.map(\.role) == ["user", "assistant"]
      else {
        return nil
      }
      return Pair(instruction: turns[0].content, response: turns[1].content)
    }
    guard let prompt = promptField.flatMap({ fields[$0]?.string }),
      let response = responseField.flatMap({ fields[$0]?.string })
    else { return nil }
    let context = self == .instruction ? fields["context"]?.string ?? "" : ""
    return Pair(instruction: prompt, context: context, response: response)
  }

  /// What the row asks, as one text, or nil where it asks nothing.
  package func prompt(of fields: [String: JSON]) -> String? {
    if self == .chat {
      return ChatTurn.turns(of: fields).map { turns in
        turns.filter { $0.role != "assistant" }.map(\.content).joined(separator: "\n\n")
      }
    }
    return promptField.flatMap { fields[$0]?.string }
  }

  /// What the row answers, as one text, or nil where it answers nothing.
  package func response(of fields: [String: JSON]) -> String? {
    if self == .chat {
      return ChatTurn.turns(of: fields).map { turns in
        turns.filter { $0.role == "assistant" }.map(\.content).joined(separator: "\n\n")
      }
    }
    return responseField.flatMap { fields[$0]?.string }
  }
}
