import Serving
import Testing

@Suite struct GateTests {
  private let token = AccessToken()

  private func request(_ line: String, _ headers: String...) throws -> Request {
    try Request(
      head: Array(
        (["\(line) HTTP/1.1", "Host: 127.0.0.1:7"] + headers).joined(separator: "\r\n").utf8))
  }

  private func cookie(of gate: Gate) -> String {
    "Cookie: other=1; \(gate.cookieHeader.1.prefix { $0 != ";" })"
  }

  @Test func theTokenIsWorthACookieAndLeavesTheAddress() throws {
    let gate = Gate(token: token, port: 7)
    #expect(
      gate.judge(try request("GET /runs?page=2&token=\(token.text)"))
        == .welcomed(to: "/runs?page=2", byPage: false))
    // A browser that comes from another site sends no strict cookie along a redirect.
    #expect(
      gate.judge(try request("GET /?token=\(token.text)", "Sec-Fetch-Site: cross-site"))
        == .welcomed(to: "/", byPage: true))
    let header = gate.cookieHeader.1
    #expect(header.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
    #expect(!header.contains(token.text) && !gate.formToken.contains(token.text))
    #expect(gate.judge(try request("GET /", cookie(of: gate))) == .admitted)
    // The address is never another server's, whatever stands in the path.
    #expect(
      gate.judge(try request("GET /%20evil.example?token=\(token.text)"))
        == .welcomed(to: "/%20evil.example", byPage: false))
  }

  @Test func othersAreRefused() throws {
    let gate = Gate(token: token, port: 7)
    let other = Gate(token: token, port: 7)
    for refused in [
      try request("GET /"), try request("GET /?token=\(AccessToken().text)"),
      try request("GET /?token=\(token.text.dropLast())"), try request("GET /", cookie(of: other)),
      try request("GET /", cookie(of: gate), "Sec-Fetch-Site: same-site"),
      try request("GET /", cookie(of: gate), "Origin: http://127.0.0.1:8"),
      try request("POST /?token=\(token.text)", "Content-Length: 0"),
      try request("POST /", "Content-Length: 0", cookie(of: gate)),
    ] {
      guard case .refused(403, _) = gate.judge(refused) else {
        Issue.record("let in: \(refused)")
        continue
      }
    }
  }

  @Test func aFormNeedsItsOwnSecret() throws {
    let gate = Gate(token: token, port: 7)
    var form = try request(
      "POST /", "Content-Length: 0", cookie(of: gate), "Origin: http://127.0.0.1:7",
      "Sec-Fetch-Site: same-origin")
    form.body = Array("form=\(gate.formToken)&name=x".utf8)
    #expect(gate.judge(form) == .admitted)
    form.body = Array("form=\(token.text)&name=x".utf8)
    #expect(gate.judge(form) != .admitted)
  }
}
