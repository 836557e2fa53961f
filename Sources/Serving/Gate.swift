internal import WebPage

/// Decides who is let in: whoever knows the address that `larder serve` printed, by a browser of this
/// machine, from the server's own pages.
///
/// The token of the address is worth one thing, a cookie; from then on the cookie lets in, so that the
/// token stays in no history and no `Referer`. Cookies are sent to every port of a host: therefore the
/// cookie is another secret than the token, and so is the one that forms carry.
package struct Gate: Sendable {
  package enum Verdict: Hashable, Sendable {
    case admitted
    /// The token was right: the cookie is set, and the same address opened without the token.
    ///
    /// - Parameter byPage: whether the browser came here from elsewhere and would not send the cookie
    ///   along a redirect.
    case welcomed(to: String, byPage: Bool)
    case refused(Int, String)
  }

  private let token: AccessToken
  private let session = AccessToken()
  /// Stands in every form.
  package let formToken = AccessToken().text
  private let cookie: String

  package init(token: AccessToken, port: UInt16) {
    self.token = token
    // One name for each port, so that two servers do not throw each other's guests out.
    cookie = "larder-\(port)"
  }

  /// Sets the cookie: for this host alone, out of reach of scripts, never sent from another site.
  package var cookieHeader: (String, String) {
    ("Set-Cookie", "\(cookie)=\(session.text); Path=/; HttpOnly; SameSite=Strict")
  }

  package func judge(_ request: Request) -> Verdict {
    guard let host = request[header: "host"], Gate.isLocal(host) else {
      // A name of elsewhere that leads here (DNS rebinding).
      return .refused(421, "this server answers to 127.0.0.1 and localhost only")
    }
    if let given = request[query: "token"] {
      guard token.matches(given) else { return .refused(403, Gate.closed) }
      guard request.method != .post else {
        return .refused(403, "a form is sent from a page, not with the token")
      }
      return .welcomed(
        to: Gate.address(of: request),
        byPage: request[header: "sec-fetch-site"].map { $0 != "none" && $0 != "same-origin" }
          ?? false)
    }
    let cookies = (request[header: "cookie"] ?? "").split(separator: ";")
    guard
      cookies.contains(where: {
        let parts = $0.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
        return parts.count == 2 && parts[0] == cookie && session.matches(parts[1])
      })
    else { return .refused(403, Gate.closed) }
    // The cookie comes with what pages of other ports of this host ask too.
    if let site = request[header: "sec-fetch-site"], site != "same-origin", site != "none" {
      return .refused(403, "this was asked by a page from elsewhere")
    }
    if let origin = request[header: "origin"], origin != "http://\(host)" {
      return .refused(403, "this was asked by a page from elsewhere")
    }
    if request.method == .post {
      guard request.form.contains(where: { $0.name == "form" && $0.value == formToken }) else {
        return .refused(403, "the form is not from this server: open its page again")
      }
    }
    return .admitted
  }

  private static let closed =
    "open the address that `larder serve` printed: this one lacks its token, or is of an earlier server"

  /// Whether a `Host` is this machine's, with any port: one that is forwarded here may differ.
  private static func isLocal(_ host: String) -> Bool {
    ["127.0.0.1", "localhost", "[::1]"].contains { name in
      guard host.hasPrefix(name) else { return false }
      let rest = host.dropFirst(name.count)
      return rest.isEmpty
        || rest.first == ":" && rest.count > 1
          && rest.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
  }

  /// The address of a request without the token.
  private static func address(of request: Request) -> String {
    Address.of(request.path, request.query.filter { $0.name != "token" })
  }
}
