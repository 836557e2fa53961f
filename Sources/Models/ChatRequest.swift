package import Documents

/// One question to a model in canonical form: what decides the answer, and nothing of where it goes.
///
/// ```json
/// {"messages":[{"content":"…","role":"user"}],"model":"…","parameters":{"max_tokens":256},
///  "provider":"openai","sample":0,"type":"chat","version":1}
/// ```
package struct ChatRequest: Hashable, Sendable {
  package struct Message: Hashable, Sendable {
    /// `system`, `user` or `assistant`.
    package var role: String
    package var content: String

    package init(role: String, content: String) {
      self.role = role
      self.content = content
    }
  }

  package var provider: String
  package var model: String
  package var messages: [Message]
  /// Further members of the body, as the endpoint knows them: `temperature`, `max_tokens`.
  package var parameters: [String: JSON]
  /// Tells repeated questions apart; it is not sent.
  package var sample: Int64

  package init(
    provider: String, model: String, messages: [Message], parameters: [String: JSON] = [:],
    sample: Int64 = 0
  ) {
    self.provider = provider
    self.model = model
    self.messages = messages
    self.parameters = parameters
    self.sample = sample
  }

  package var document: JSON {
    [
      "type": "chat", "version": 1, "provider": .string(provider), "model": .string(model),
      "messages": .array(
        messages.map { ["role": .string($0.role), "content": .string($0.content)] }),
      "parameters": .object(parameters), "sample": .integer(sample),
    ]
  }

  /// The body of the HTTP request for a canonical request.
  static func body(of document: JSON) -> JSON {
    var body = document["parameters"]?.object ?? [:]
    body["model"] = document["model"]
    body["messages"] = document["messages"]
    return .object(body)
  }
}
