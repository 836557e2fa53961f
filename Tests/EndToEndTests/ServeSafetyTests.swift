import Documents
import Foundation
import Testing

/// What `larder serve` refuses, byte for byte.
@Suite struct ServeSafetyTests {
  private func served() throws -> ServedKitchen {
    let served = try ServedKitchen(try TestKitchen(["slow": ServeTests.recipe(steps: 1)]))
    try served.enter()
    try served.readForm(of: "/recipes/slow")
    return served
  }

  @Test func onlyWhoKnowsTheTokenIsLetIn() throws {
    let served = try served()
    let host = ["Host": served.host]
    for path in ["/", "/page.css", "/live.js", "/runs", "/recipes/slow/events", "/?token=", "/x"] {
      let answer = try served.ask("GET", path, headers: host)
      #expect(answer.status == 403, "\(path)")
      #expect(answer.text.contains("larder serve"))
      #expect(!answer.text.contains("slow"))
    }
    let wrong = String(repeating: "0", count: 32)
    #expect(try served.ask("GET", "/?token=\(wrong)", headers: host).status == 403)
    let name = served.cookie.prefix { $0 != "=" }
    #expect(
      try served.ask(
        "GET", "/", headers: host.merging(["Cookie": "\(name)=\(wrong)"]) { a, _ in a }
      )
      .status == 403)
    // The token is no cookie, and the cookie no token.
    let token = try #require(served.address.split(separator: "=").last)
    #expect(
      try served.ask(
        "GET", "/", headers: host.merging(["Cookie": "\(name)=\(token)"]) { a, _ in a }
      )
      .status == 403)
    let good = try served.ask("GET", "/", headers: ["Host": served.host, "Cookie": served.cookie])
    #expect(good.status == 200)
    #expect(good.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
    #expect(good.headers["x-content-type-options"] == "nosniff")
    #expect(good.headers["referrer-policy"] == "same-origin")
    #expect(good.headers["cache-control"] == "no-store")
    #expect(!good.text.contains(token))
    // Nobody listens on another address of this machine.
    #expect(throws: (any Error).self) {
      try LocalConnection(port: served.port, address: "127.0.0.2")
    }
  }

  @Test func otherNamesOfTheHostAreRefused() throws {
    let served = try served()
    for (host, status) in [
      ("evil.example", 421), ("127.0.0.1.evil.example:80", 421), ("127.0.0.1:", 421),
      ("localhost", 200), ("[::1]:99", 200), ("127.0.0.1:x", 421), ("", 421),
    ] {
      let answer = try served.ask("GET", "/", headers: ["Host": host, "Cookie": served.cookie])
      #expect(answer.status == status, "\(host)")
    }
  }

  @Test func whatPagesFromElsewhereAskIsRefused() throws {
    let served = try served()
    let (path, form) = ("/recipes/slow/run", "form=\(served.formToken)")
    func post(_ headers: [String: String], _ body: String) throws -> Int {
      var headers = headers
      headers["Host"] = served.host
      return try served.ask("POST", path, headers: headers, body: body).status
    }
    let cookie = ["Cookie": served.cookie]
    let own = "http://\(served.host)"
    func with(_ more: [String: String]) -> [String: String] { cookie.merging(more) { _, b in b } }
    #expect(try post([:], form) == 403)
    #expect(try post(with(["Origin": "http://evil.example"]), form) == 403)
    #expect(try post(with(["Origin": "http://127.0.0.1:1"]), form) == 403)
    #expect(try post(with(["Origin": "null"]), form) == 403)
    #expect(try post(with(["Sec-Fetch-Site": "cross-site"]), form) == 403)
    #expect(try post(with(["Sec-Fetch-Site": "same-site"]), form) == 403)
    #expect(try post(with(["Origin": own]), "") == 403)
    #expect(try post(with(["Origin": own]), "form=\(String(repeating: "0", count: 32))") == 403)
    #expect(try served.kitchen.larder("runs", "--json").output == "[]\n")
    let page = ["Host": served.host, "Cookie": served.cookie, "Sec-Fetch-Site": "cross-site"]
    #expect(try served.ask("GET", "/", headers: page).status == 403)
    // GET starts nothing; nor does anything but GET, HEAD and POST get an answer.
    var headers = ["Host": served.host, "Cookie": served.cookie]
    #expect(try served.ask("GET", path, headers: headers).status == 404)
    for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"] {
      #expect(try served.ask(method, "/", headers: headers).status == 405, "\(method)")
    }
    let head = try served.ask("HEAD", "/", headers: headers)
    #expect(head.status == 200 && head.body.isEmpty)
    headers["Origin"] = own
    #expect(try served.ask("POST", path, headers: headers, body: form).status == 303)
  }

  @Test func pathsThatAreNotPlainAreRefused() throws {
    let served = try served()
    for path in [
      "/..", "/../../etc/passwd", "/recipes/../runs", "/recipes/%2e%2e", "/recipes/..%2f..%2fetc",
      "/recipes/a%2Fb", "/recipes/a%00b", "/recipes/%", "/recipes/%zz", "/recipes/%ff",
      "/recipes//slow", "/./runs", "/recipes/a%5cb", "recipes", "http://127.0.0.1/",
      "/\u{7F}\u{1}", "/" + String(repeating: "a", count: 5_000),
    ] {
      let answer = try served.ask(
        "GET", path, headers: ["Host": served.host, "Cookie": served.cookie])
      #expect([400, 404, 414].contains(answer.status), "\(path.prefix(80)): \(answer.status)")
      #expect(!answer.text.contains("root:"))
    }
  }

  @Test func nothingOfTheDiskIsServedButArtifacts() throws {
    let served = try served()
    try served.kitchen.larder("run", "slow")
    let headers = ["Host": served.host, "Cookie": served.cookie]
    for path in [
      "/recipes/slow.md", "/cache/VERSION", "/artifacts/slow/rows/rows.jsonl", "/runs/%2Fetc",
      "/runs/.", "/runs/slow/output/rows.rows/passwd", "/runs/slow/download/rows.nothing",
      "/runs/nothing", "/runs/slow/log/nothing", "/recipes/nothing", "/recipes/nothing/events",
      "/diff?a=%2Fetc%2Fpasswd&b=slow", "/diff?a=..%2F..%2Fx.tar.zst&b=slow",
    ] {
      let answer = try served.ask("GET", path, headers: headers)
      #expect([400, 404, 422].contains(answer.status), "\(path): \(answer.status)")
    }
    let rows = try served.ask("GET", "/runs/slow/download/rows", headers: headers)
    #expect(rows.status == 200)
    #expect(rows.headers["content-disposition"]?.hasPrefix("attachment") == true)
    #expect(rows.headers["content-type"] == "application/octet-stream")
    #expect(try served.kitchen.larder("cat", "slow:rows").output == rows.text)
  }

  @Test func aTakenPortIsSaid() throws {
    let served = try served()
    let second = try served.kitchen.larder("serve", "--port", "\(served.port)")
    #expect(second.exitCode == 3)
    #expect(
      second.errors.contains("cannot listen on 127.0.0.1, port \(served.port): another program"))
    #expect(second.errors.contains("hint:"))
    #expect(try served.kitchen.larder("serve", "--port", "0").exitCode == 2)
    #expect(try served.kitchen.larder("serve", "--port", "70000").exitCode == 2)
    // Without a port another is found.
    let third = try ServedKitchen(served.kitchen)
    #expect(third.port != served.port)
    #expect(served.stop().exitCode == 130)
    #expect(third.stop().exitCode == 130)
  }

  @Test func requestsThatAreNoneEndTheirConnectionAlone() throws {
    let served = try served()
    let good = "GET / HTTP/1.1\r\nHost: \(served.host)\r\nCookie: \(served.cookie)\r\n"
    for (bytes, status) in [
      ("nonsense\r\n\r\n", 400), ("GET /\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\r\n", 505),
      (good + "Content-Length: -1\r\n\r\n", 400), (good + "Content-Length: 1e3\r\n\r\n", 400),
      (good + "Content-Length: 99999999999999999999\r\n\r\n", 413),
      (good + "Transfer-Encoding: chunked\r\n\r\n", 501),
      (good + "Host: evil.example\r\n\r\n", 400), (good + " folded: x\r\n\r\n", 400),
      (good + ": x\r\n\r\n", 400), ("POST / HTTP/1.1\r\nHost: \(served.host)\r\n\r\n", 411),
      (good + "Content-Length: 70000\r\n\r\n", 413),
      (good + String(repeating: "A: b\r\n", count: 200) + "\r\n", 431),
      (good + "A: " + String(repeating: "b", count: 20_000) + "\r\n\r\n", 431),
    ] {
      let connection = try LocalConnection(port: served.port)
      connection.send(bytes)
      #expect(try connection.answer().status == status, "\(bytes.prefix(80))")
    }
    let binary = try LocalConnection(port: served.port)
    binary.send([0xFF, 0x00, 0x0D, 0x0A, 0x0D, 0x0A])
    #expect(try binary.answer().status == 400)
    // A connection that is kept answers one after the other, also where both were sent at once.
    let kept = try LocalConnection(port: served.port)
    kept.send(good + "\r\n" + good + "\r\n")
    #expect(try kept.answer().text.contains("Recipes"))
    #expect(try kept.answer().text.contains("Recipes"))
  }

  @Test func slowAndGreedyClientsBringNothingDown() throws {
    let served = try served()
    // Many that never finish their request: the newest are served all the same.
    var slow: [LocalConnection] = []
    for _ in 0..<600 {
      let connection = try LocalConnection(port: served.port)
      connection.send("GET / HTTP/1.1\r\nHost: ")
      slow.append(connection)
    }
    let headers = ["Host": served.host, "Cookie": served.cookie]
    #expect(try served.ask("GET", "/", headers: headers).status == 200)
    // One that sends a header without an end is cut off long before it is long.
    let greedy = try LocalConnection(port: served.port)
    greedy.send("GET / HTTP/1.1\r\nA: ")
    let piece = [UInt8](repeating: UInt8(ascii: "b"), count: 1 << 20)
    var sent = 0
    while sent < 64, greedy.send(piece) { sent += 1 }
    #expect(sent < 64)
    // And one that asks for much and reads nothing.
    let deaf = try LocalConnection(port: served.port)
    for _ in 0..<2_000 {
      let request =
        "GET /page.css HTTP/1.1\r\nHost: \(served.host)\r\nCookie: \(served.cookie)\r\n\r\n"
      guard deaf.send(request, waiting: false) else { break }
    }
    #expect(try served.ask("GET", "/", headers: headers).status == 200)
    let memory = try shell("grep VmRSS /proc/\(served.running.id)/status")
    let kilobytes = try #require(memory.split(separator: " ").dropLast().last.flatMap { Int($0) })
    #expect(kilobytes < 200 << 10, "\(memory)")
    slow = []
  }
}
