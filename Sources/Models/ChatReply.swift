internal import Documents

/// What came back for a `ChatRequest`, read leniently: endpoints differ in what they add.
package struct ChatReply: Hashable, Sendable {
  /// What the model said; nil where the reply holds nothing that can be used.
  package var text: String?
  /// Why there is no text, in a few words.
  package var reason: String
  /// Whether the answer was cut at the limit of tokens.
  package var isCut: Bool
  /// As the endpoint counts them; nil where it does not say.
  package var promptTokens: Int64?
  package var completionTokens: Int64?

  package init(_ bytes: [UInt8]) {
    let document = try? JSON(parsing: bytes)
    let choice = document?["choices"]?.array?.first
    let message = choice?["message"]
    let finish = choice?["finish_reason"]?.string
    text = message?["content"]?.string
    isCut = finish == "length"
    promptTokens = document?["usage"]?["prompt_tokens"]?.integer
    completionTokens = document?["usage"]?["completion_tokens"]?.integer
    if let refusal = document?["error"]?["message"]?.string {
      reason = "the endpoint refused the question: \(refusal.prefix(200))"
      text = nil
    } else if choice == nil {
      reason = "the reply has no choice"
    } else if let refusal = message?["refusal"]?.string {
      reason = "the model refused: \(refusal.prefix(200))"
      text = nil
    } else if finish == "content_filter" {
      reason = "the endpoint's content filter stopped the answer"
      text = nil
    } else {
      reason = "the reply has no text" + (finish.map { " (finish_reason \($0))" } ?? "")
    }
  }

  /// What endpoints call errors that are of one question and would come again each time: too long
  /// for the model (OpenAI, llama.cpp), or stopped by a filter (Azure).
  private static let refusals: Set<String> = [
    "context_length_exceeded", "exceed_context_size_error", "string_above_max_length",
    "content_filter", "content_policy_violation",
  ]

  /// Whether an answer says that this one question cannot be answered.
  static func isRefusal(status: Int, _ body: [UInt8]) -> Bool {
    guard [400, 413, 422].contains(status), let error = try? JSON(parsing: body)["error"],
      error["message"]?.string != nil
    else { return false }
    return [error["code"]?.string, error["type"]?.string].contains {
      $0.map(refusals.contains) ?? false
    }
  }
}
