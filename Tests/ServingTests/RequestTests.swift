import Serving
import Testing

@Suite struct RequestTests {
  private func request(_ lines: String...) throws(Request.Refusal) -> Request {
    try Request(head: Array(lines.joined(separator: "\r\n").utf8))
  }

  @Test func aPlainRequestIsRead() throws {
    let request = try request(
      "GET /runs/a%20b?page=2&q=x+y%26z&page=3 HTTP/1.1", "HOST: 127.0.0.1:1", "Cookie: a=1",
      "cookie: b=2", "X: \u{E9}")
    #expect(request.method == .get)
    #expect(request.path == ["runs", "a b"])
    #expect(request[query: "page"] == "2")
    #expect(request[query: "q"] == "x y&z")
    #expect(request[query: "none"] == nil)
    #expect(request[header: "host"] == "127.0.0.1:1")
    #expect(request[header: "cookie"] == "a=1; b=2")
    #expect(request.keepsConnection && request.isModern && request.bodyLength == 0)
  }

  @Test(arguments: [("/", []), ("/a/", ["a"]), ("/?a", []), ("/a/b?/c", ["a", "b"])])
  func pathsAreParts(target: String, parts: [String]) throws {
    #expect(try request("GET \(target) HTTP/1.1", "Host: h").path == parts)
  }

  @Test(arguments: [
    ("HTTP/1.1", "X: y", true), ("HTTP/1.1", "Connection: close", false),
    ("HTTP/1.0", "X: y", false), ("HTTP/1.0", "Connection: Keep-Alive", true),
  ])
  func connectionsAreKeptAsAsked(version: String, header: String, isKept: Bool) throws {
    #expect(try request("GET / \(version)", header).keepsConnection == isKept)
  }

  @Test func aFormIsRead() throws {
    var request = try request("POST / HTTP/1.1", "Content-Length: 3")
    #expect(request.bodyLength == 3)
    request.body = Array("a=%3Cb%3E&set=x%3D1%0D%0Ay%3D2&&c".utf8)
    #expect(request.form.map(\.name) == ["a", "set", "c"])
    #expect(request.form.map(\.value) == ["<b>", "x=1\r\ny=2", ""])
  }

  @Test(arguments: [
    ("GET /.. HTTP/1.1", 400), ("GET /a/%2e%2E HTTP/1.1", 400), ("GET /a%2fb HTTP/1.1", 400),
    ("GET /a%5Cb HTTP/1.1", 400), ("GET /%00 HTTP/1.1", 400), ("GET //a HTTP/1.1", 400),
    ("GET /% HTTP/1.1", 400), ("GET /%+1 HTTP/1.1", 400), ("GET /%ff HTTP/1.1", 400),
    ("GET a HTTP/1.1", 400), ("GET  / HTTP/1.1", 400), ("GET / HTTP/1.1 x", 400), ("", 400),
    ("GET / HTTP/3", 505), ("PUT / HTTP/1.1", 405), ("POST / HTTP/1.1", 411),
  ])
  func othersAreRefused(line: String, status: Int) {
    let refusal = #expect(throws: Request.Refusal.self) { try request(line, "Host: h") }
    #expect(refusal?.status == status)
  }
}
