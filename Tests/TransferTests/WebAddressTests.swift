import Problems
import Testing

@testable import Transfer

@Suite struct WebAddressTests {
  @Test(arguments: [
    ("https://example.org/a/b.csv", "https://example.org/a/b.csv", "b.csv"),
    ("HTTP://Example.org/x%20y.json?q=1#part", "http://Example.org/x%20y.json?q=1", "x y.json"),
    ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/", nil),
    ("http://[::1]/..", "http://[::1]/", nil),
    ("https://example.org/a%2Fb", "https://example.org/a%2Fb", "b"),
  ])
  func valid(text: String, canonical: String, file: String?) throws {
    let address = try WebAddress(text)
    #expect(address.text == canonical)
    #expect(address.fileName == file)
  }

  @Test(arguments: [
    "", "example.org", "ftp://example.org/a", "file:///etc/passwd", "http://", "https://a b/",
    "http://example.org/a b", "http://user:word@example.org/a", "javascript:alert(1)",
    "http://example.org/\n", "data:text/plain,x", "http://example.org:99999999/",
  ])
  func invalid(text: String) {
    let problem = #expect(throws: Problem.self) { try WebAddress(text) }
    #expect(problem?.tier == .user)
    #expect(problem?.message.contains("user:word") == false)
  }

  @Test(arguments: [
    ("Content-Type: text/plain\r\n", "content-type", "text/plain"),
    ("ETAG:\t\"x\" \r\n", "etag", "\"x\""), ("Set-Cookie: a=b\r\n", "set-cookie", nil),
    ("Authorization: x\r\n", "authorization", nil), ("no colon\r\n", "no colon", nil),
    ("Content-Type: a\u{1}b\r\n", "content-type", nil),
  ])
  func headers(line: String, name: String, value: String?) {
    var headers = ResponseHeaders()
    Array("HTTP/1.1 200 OK\r\n".utf8).withUnsafeBytes { headers.take(line: $0) }
    Array(line.utf8).withUnsafeBytes { headers.take(line: $0) }
    #expect(headers.status == 200)
    #expect(headers[name] == value)
  }
}
