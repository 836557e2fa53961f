internal import WebPage

/// What the server answers.
package struct Response: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Written piece by piece by a function that is told how; of a known length or not.
    case pieces(length: Int64?, @Sendable (PieceWriter) async throws -> Void)
  }

  package var status: Int
  package var headers: [(name: String, value: String)]
  package var body: Body

  package init(_ status: Int = 200, _ headers: [(String, String)] = [], body: Body = .bytes([])) {
    self.status = status
    self.headers = headers.map { (name: $0.0, value: $0.1) }
    self.body = body
  }

  /// Plain text.
  package static func text(_ text: String, status: Int = 200) -> Response {
    Response(
      status, [("Content-Type", "text/plain; charset=utf-8")],
      body: .bytes(Array((text + "\n").utf8)))
  }

  /// Somewhere else, to be read with GET.
  package static func elsewhere(_ address: String) -> Response {
    Response(303, [("Location", address)])
  }

  /// What every answer says besides: nothing is kept, guessed, framed, told or taken from elsewhere.
  static let commonHeaders = [
    "Content-Security-Policy: \(Page.servedPolicy)",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: same-origin",
    "Cache-Control: no-store",
    "Cross-Origin-Resource-Policy: same-origin",
    "Cross-Origin-Opener-Policy: same-origin",
    "X-Frame-Options: DENY",
  ]

  /// The lines before the body.
  ///
  /// - Parameter framing: how the end of the body is told.
  func head(_ framing: [String]) -> [UInt8] {
    var lines = ["HTTP/1.1 \(status) \(Response.phrases[status] ?? "Status")"]
    lines += headers.map { "\($0.name): \(Response.plain($0.value))" }
    lines += Response.commonHeaders + framing + ["", ""]
    return Array(lines.joined(separator: "\r\n").utf8)
  }

  /// A value cannot end its line.
  private static func plain(_ value: String) -> String {
    String(
      String.UnicodeScalarView(
        value.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? $0 : "_" }))
  }

  private static let phrases = [
    200: "OK", 303: "See Other", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict", 411: "Length Required", 413: "Content Too Large",
    414: "URI Too Long", 421: "Misdirected Request", 422: "Unprocessable Content",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented",
    503: "Service Unavailable", 505: "HTTP Version Not Supported",
  ]
}

/// Takes the body of a response piece by piece; it waits while the reader is slow.
package struct PieceWriter: Sendable {
  let write: @Sendable ([UInt8]) async throws -> Void

  package init(write: @escaping @Sendable ([UInt8]) async throws -> Void) { self.write = write }

  package func callAsFunction(_ bytes: [UInt8]) async throws {
    if !bytes.isEmpty { try await write(bytes) }
  }

  package func callAsFunction(_ text: String) async throws { try await self(Array(text.utf8)) }
}
