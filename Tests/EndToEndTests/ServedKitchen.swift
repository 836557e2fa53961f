import Documents
import Foundation
import Testing

/// A `larder serve` of a test kitchen.
final class ServedKitchen {
  let kitchen: TestKitchen
  let running: Running
  let port: Int
  /// With the token.
  let address: String
  private(set) var cookie = ""
  /// What a form carries.
  private(set) var formToken = ""

  init(_ kitchen: TestKitchen) throws {
    self.kitchen = kitchen
    running = try kitchen.start(["serve", "--json"])
    running.waitFor("\"port\"")
    let line = try #require(running.outputText.split(separator: "\n").first)
    let document = try JSON(parsing: String(line))
    port = Int(try #require(document["port"]?.integer))
    address = try #require(document["address"]?.string)
  }

  // Before its folder goes: what still runs would make it anew.
  deinit { running.end() }

  var host: String { "127.0.0.1:\(port)" }

  func page(_ path: String) -> String { "http://\(host)\(path)" }

  /// Takes the token to the door, as a browser does.
  func enter() throws {
    let answer = try ask(
      "GET", String(address.dropFirst("http://\(host)".count)), headers: ["Host": host])
    #expect(answer.status == 303)
    let set = try #require(answer.headers["set-cookie"])
    cookie = String(set.prefix { $0 != ";" })
  }

  /// Reads the token of the forms from a page.
  func readForm(of path: String) throws {
    let page = try ask("GET", path, headers: ["Host": host, "Cookie": cookie]).text
    formToken = String(try #require(page.firstMatch(of: #/name="form" value="([0-9a-f]+)"/#)).1)
  }

  /// Asks with exactly these headers.
  func ask(
    _ method: String, _ path: String, headers: [String: String], body: String? = nil
  ) throws -> LocalConnection.Answer {
    let connection = try LocalConnection(port: port)
    var text = "\(method) \(path) HTTP/1.1\r\n"
    var headers = headers
    headers["Connection"] = headers["Connection"] ?? "close"
    if let body {
      headers["Content-Length"] = headers["Content-Length"] ?? "\(body.utf8.count)"
      headers["Content-Type"] = "application/x-www-form-urlencoded"
    }
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    connection.send(text + "\r\n" + (body ?? ""))
    return try connection.answer()
  }

  /// What a link of the open page leads to, as text.
  func file(at selector: String, in browser: Browser) throws -> String {
    if cookie.isEmpty { try enter() }
    let address = try #require(
      try browser.run("return document.querySelector(arguments[0]).pathname", .string(selector))
        .string)
    return try ask("GET", address, headers: ["Host": host, "Cookie": cookie]).text
  }

  /// Ends the server as Ctrl-C does.
  func stop() -> TestKitchen.Result {
    kill(running.id, SIGINT)
    return running.wait(seconds: 60)
  }
}
