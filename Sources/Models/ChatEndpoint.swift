package import Documents
package import Problems
package import Recording
package import Transfer

/// An OpenAI-compatible service: its address from the variable `PROVIDER_BASE_URL`, its key from
/// `PROVIDER_API_KEY`, the provider's name in upper case with `_` for `-`.
package struct ChatEndpoint: Outside {
  package let provider: String
  /// The base address, as in `https://api.openai.com/v1`.
  package let address: WebAddress
  private let key: Secret?
  private let policy: Download.Policy

  /// - Throws: a problem where the address is missing or not fit for a key.
  package init(
    provider: String, variables: [String: String], policy: Download.Policy = Download.Policy()
  ) throws(Problem) {
    let prefix = ChatEndpoint.prefix(of: provider)
    guard let base = variables["\(prefix)_BASE_URL"], !base.isEmpty else {
      throw Problem(
        .environment, "no-endpoint",
        "the provider `\(provider)` has no address: the variable \(prefix)_BASE_URL is not set",
        hint: "set it to the base address, as in https://HOST/v1, and the key, if it needs one, "
          + "in \(prefix)_API_KEY")
    }
    let trimmed = base.hasSuffix("/") ? String(base.dropLast()) : base
    let address = try WebAddress(trimmed + "/chat/completions")
    guard address.scheme == "https" || ChatEndpoint.isLoopback(address.host) else {
      throw Problem(
        .user, "plain-http",
        "\(prefix)_BASE_URL leads to \(address.host) by plain http, where everybody on the way "
          + "could read the key",
        hint: "use https; plain http only goes to this machine")
    }
    self.provider = provider
    self.address = address
    self.policy = policy
    let value = variables["\(prefix)_API_KEY"] ?? ""
    key = value.isEmpty ? nil : try Secret(name: "\(prefix)_API_KEY", value: value)
  }

  package var secrets: [Secret] { key.map { [$0] } ?? [] }

  package func ask(
    _ request: JSON, checkCancelled: @Sendable () throws -> Void
  ) throws -> [UInt8] {
    let post = Post(
      address, headers: key.map { ["Authorization: Bearer \($0.value)"] } ?? [],
      body: ChatRequest.body(of: request).canonicalBytes, policy: policy)
    let answer = try post.run(checkCancelled: checkCancelled)
    // A question that the model cannot take must not keep the others from their answers.
    if ChatReply.isRefusal(status: answer.status, answer.body) { return answer.body }
    guard answer.status == 200 else { throw problem(answer) }
    guard let reply = try? JSON(parsing: answer.body), reply["choices"]?.array != nil else {
      throw Problem(
        .environment, "bad-reply",
        "the endpoint of `\(provider)` answered with something that is no chat completion",
        hint: "check that \(prefix)_BASE_URL is the base address of an OpenAI-compatible service")
    }
    return answer.body
  }

  private var prefix: String { ChatEndpoint.prefix(of: provider) }

  private func problem(_ answer: Post.Answer) -> Problem {
    var said = ""
    if let body = try? JSON(parsing: answer.body) {
      let text = body["error"]?["message"]?.string ?? body["error"]?.string ?? ""
      if !text.isEmpty,
        !secrets.contains(where: { $0.isIn(answer.body) || $0.isIn(Array(text.utf8)) })
      {
        let line = text.prefix(300).map { $0.isNewline ? " " : $0 }
        said = ": " + String(line)
      }
    }
    let hint: String? =
      switch answer.status {
      case 401, 403: "check the key in \(prefix)_API_KEY"
      case 404: "check the model's name and \(prefix)_BASE_URL"
      case 429: "its limit of requests is reached: run again later, nothing asked is lost"
      case 300..<400: "redirects are not followed with a key: set the final address"
      case 500...: "run again later, nothing asked is lost"
      default: nil
      }
    return Problem(
      .environment, "endpoint-status",
      "the endpoint of `\(provider)` answered \(answer.status)\(said)", hint: hint)
  }

  private static func prefix(of provider: String) -> String {
    provider.uppercased().replacing("-", with: "_")
  }

  private static func isLoopback(_ host: String) -> Bool {
    if ["localhost", "[::1]", "::1"].contains(host) { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return parts.count == 4 && parts[0] == 127 && parts.allSatisfy { $0 != nil }
  }
}
