internal import Documents
internal import Foundation

/// What a browser asked, read strictly: what is not plainly a request is refused, never guessed.
package struct Request: Hashable, Sendable {
  package enum Method: String, Hashable, Sendable { case get = "GET", head = "HEAD", post = "POST" }

  /// Why bytes are no request that is answered: the status, and a sentence.
  package struct Refusal: Error, Hashable, Sendable {
    package var status: Int
    package var sentence: String

    package init(_ status: Int, _ sentence: String) {
      self.status = status
      self.sentence = sentence
    }
  }

  /// The most that the lines before the body may hold, in bytes.
  package static let longestHead = 16 << 10
  /// The most that a form may hold, in bytes.
  package static let longestBody = 64 << 10
  private static let longestTarget = 4 << 10

  package var method: Method
  /// The parts of the path, percent signs undone; none of them is empty, `.`, `..` or has a slash.
  package var path: [String]
  /// What stands after `?`, in order.
  package var query: [(name: String, value: String)] {
    get { fields.map { ($0[0], $0[1]) } }
  }
  private var fields: [[String]]
  /// Names in lower case.
  private var headers: [String: String]
  /// The form that came with a POST.
  package var body: [UInt8] = []
  /// Whether the connection may carry another request after this one.
  package var keepsConnection: Bool
  /// Whether the other side speaks HTTP/1.1, and so knows bodies in chunks.
  package var isModern: Bool

  package subscript(header name: String) -> String? { headers[name] }

  /// The first value of a name after `?`.
  package subscript(query name: String) -> String? { fields.first { $0[0] == name }?[1] }

  /// How many bytes follow the head.
  package var bodyLength: Int { headers["content-length"].flatMap { Int($0) } ?? 0 }

  /// The form of a POST.
  package var form: [(name: String, value: String)] {
    Request.fields(String(decoding: body, as: UTF8.self)).map { ($0[0], $0[1]) }
  }

  /// Reads the lines before a body.
  ///
  /// - Parameter head: without the empty line that ends them.
  package init(head: some Collection<UInt8>) throws(Refusal) {
    guard let text = String(validating: head, as: UTF8.self),
      !text.unicodeScalars.contains(where: {
        $0.value < 0x20 && $0 != "\r" && $0 != "\n" && $0 != "\t"
      })
    else { throw Refusal(400, "the request is not text") }
    let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2].hasPrefix("HTTP/") else {
      throw Refusal(400, "this is no HTTP request")
    }
    guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
      throw Refusal(505, "only HTTP/1.1 is spoken here")
    }
    guard let method = Method(rawValue: String(words[0])) else {
      throw Refusal(405, "pages are read with GET and runs are started with POST")
    }
    self.method = method
    isModern = words[2] == "HTTP/1.1"
    headers = try Request.headers(lines.dropFirst())
    (path, fields) = try Request.target(words[1])
    let connection = headers["connection"]?.lowercased() ?? ""
    keepsConnection = isModern ? !connection.contains("close") : connection.contains("keep-alive")
    try checkBody()
  }

  private func checkBody() throws(Refusal) {
    guard headers["transfer-encoding"] == nil else {
      throw Refusal(501, "bodies in chunks are not read here")
    }
    if let length = headers["content-length"] {
      guard !length.isEmpty, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw Refusal(400, "the length of the body is no number")
      }
      guard let length = Int(length), length <= Request.longestBody else {
        throw Refusal(413, "a form has at most \(Request.longestBody) bytes")
      }
    } else if method == .post {
      throw Refusal(411, "a form says how long it is")
    }
  }

  private static func headers(
    _ lines: some Sequence<Substring>
  ) throws(Refusal) -> [String: String] {
    var headers: [String: String] = [:]
    var count = 0
    for line in lines {
      count += 1
      guard count <= 100 else { throw Refusal(431, "the request has more than 100 headers") }
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
        line[..<colon].utf8.allSatisfy(isToken)
      else { throw Refusal(400, "a header has no name") }
      let name = line[..<colon].lowercased()
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      if let earlier = headers[name] {
        // Two of these would let two readers of the request disagree.
        guard !["host", "content-length", "transfer-encoding", "origin"].contains(name) else {
          throw Refusal(400, "the header \(name) is there twice")
        }
        headers[name] = "\(earlier)\(name == "cookie" ? "; " : ", ")\(value)"
      } else {
        headers[name] = value
      }
    }
    return headers
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  private static func target(
    _ text: Substring
  ) throws(Refusal) -> (path: [String], fields: [[String]]) {
    guard text.utf8.count <= longestTarget else { throw Refusal(414, "the address is too long") }
    guard text.hasPrefix("/") else { throw Refusal(400, "the address is no path") }
    let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var parts = halves[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    if parts.last == "" { parts.removeLast() }
    var path: [String] = []
    for part in parts {
      guard let plain = PercentEncoding.decoded(part), !plain.isEmpty, plain != ".", plain != "..",
        !plain.unicodeScalars.contains(where: { $0 == "/" || $0 == "\\" || $0.value < 0x20 })
      else { throw Refusal(400, "the path of the address is not plain") }
      path.append(plain)
    }
    return (path, halves.count > 1 ? fields(halves[1]) : [])
  }

  /// The names and values of a query or a form.
  private static func fields(_ text: some StringProtocol) -> [[String]] {
    text.split(separator: "&").map { field -> [String] in
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let plain = parts.map { PercentEncoding.decoded(String($0).replacing("+", with: " ")) ?? "" }
      return [plain.first ?? "", plain.count > 1 ? plain[1] : ""]
    }
  }
}
