import Documents
import Foundation
import Testing

/// A headless Chromium, driven through chromedriver as WebDriver has it
/// (https://www.w3.org/TR/webdriver2/), with a profile of its own. Everything dies with it, and with
/// the test however that ends.
final class Browser {
  /// A message on the page's console, or one that the browser put there.
  struct ConsoleMessage: CustomStringConvertible {
    var level: String
    var text: String
    var description: String { "\(level): \(text)" }
  }

  private let driver: BrowserDriver
  private let session: String
  /// Where it keeps its profile and whatever else it writes.
  var folder: URL { driver.folder }
  private var width: Int
  private var messages: [ConsoleMessage] = []
  private var asked: [String] = []

  /// - Parameters:
  ///   - width: of the window, in CSS pixels, as `height`.
  ///   - runsScripts: whether pages may run JavaScript.
  init(width: Int = 1280, height: Int = 900, runsScripts: Bool = true) throws {
    self.width = width
    driver = try BrowserDriver()
    var arguments: [JSON] = [
      "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
      "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
      "--disable-default-apps", "--disable-extensions", "--disable-sync", "--mute-audio",
      "--force-color-profile=srgb", "--hide-scrollbars",
      // No name leads anywhere: a page that asks for something elsewhere fails at once.
      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
      .string("--user-data-dir=\(driver.folder.path)/profile"),
      .string("--window-size=\(width),\(height)"),
    ]
    // Chromium refuses its own sandbox to root.
    if getuid() == 0 { arguments.append("--no-sandbox") }
    let answer = try driver.ask(
      "POST", "/session",
      [
        "capabilities": [
          "alwaysMatch": [
            "browserName": "chrome",
            "goog:chromeOptions": ["args": .array(arguments)],
            "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
          ]
        ]
      ])
    session = try #require(answer["sessionId"]?.string, "no browser: \(answer.canonicalText)")
    if !runsScripts {
      try command("Emulation.setScriptExecutionDisabled", ["value": true])
    }
    try setSize(width: width, height: height)
  }

  deinit {
    _ = try? driver.ask("DELETE", "/session/\(session)", nil)
  }

  // MARK: Pages

  /// Opens an address and waits until the page is loaded.
  func open(_ address: String) throws { try ask("POST", "/url", ["url": .string(address)]) }

  func open(file: URL) throws { try open("file://\(file.path)") }

  func reload() throws { try ask("POST", "/refresh", [:]) }

  var address: String { get throws { try ask("GET", "/url").string ?? "" } }
  var title: String { get throws { try ask("GET", "/title").string ?? "" } }
  var source: String { get throws { try ask("GET", "/source").string ?? "" } }

  /// Runs a function's body in the page, as in `return document.title`, and gives what it returns.
  @discardableResult
  func run(_ body: String, _ arguments: JSON...) throws -> JSON {
    try ask("POST", "/execute/sync", ["script": .string(body), "args": .array(arguments)])
  }

  /// The visible text of the first element that a CSS selector finds; nil where it finds none.
  func text(_ selector: String) throws -> String? {
    try run("return document.querySelector(arguments[0])?.innerText ?? null", .string(selector))
      .string
  }

  /// How many elements a CSS selector finds.
  func count(_ selector: String) throws -> Int {
    Int(
      try run("return document.querySelectorAll(arguments[0]).length", .string(selector)).integer
        ?? 0)
  }

  /// Clicks, as a person does, on the first element that a CSS selector finds. One that the page
  /// replaces or moves between looking and clicking is looked for again.
  func click(_ selector: String) throws {
    for _ in 0..<10 {
      do {
        // Pages of many cells lay out what is far away only when it is near.
        try run(
          "document.querySelector(\(JSON.string(selector).canonicalText))"
            + "?.scrollIntoView({ block: 'center', behavior: 'instant' })")
        try ask("POST", "/element/\(element(selector))/click", [:])
        return
      } catch let refusal as BrowserDriver.Refusal
        where refusal.description.contains("stale element")
        || refusal.description.contains("click intercepted")
      {
        usleep(20_000)
      }
    }
    Issue.record("`\(selector)` cannot be clicked")
  }

  /// Types into the first element that a CSS selector finds; Enter is `"\u{E007}"`.
  func type(_ text: String, into selector: String) throws {
    try ask("POST", "/element/\(element(selector))/value", ["text": .string(text)])
  }

  /// Waits until an expression of the page is true.
  func wait(until expression: String, seconds: Double = 30) throws {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      // A page on its way to the next one may have nothing to ask.
      if (try? run("return !!(\(expression))")) == .bool(true) { return }
      usleep(30_000)
    }
    Issue.record(
      "`\(expression)` never came at \(try address): \(try text("body")?.prefix(2000) ?? "")")
  }

  /// Waits until a CSS selector finds an element.
  func wait(for selector: String, seconds: Double = 30) throws {
    try wait(
      until: "document.querySelector(\(JSON.string(selector).canonicalText))", seconds: seconds)
  }

  private func element(_ selector: String) throws -> String {
    let found = try ask(
      "POST", "/element", ["using": "css selector", "value": .string(selector)])
    return try #require(
      found.object?.values.first?.string, "nothing is at `\(selector)`: \(found.canonicalText)")
  }

  // MARK: How it looks

  /// The window's size in CSS pixels, as a phone of that width has it.
  func setSize(width: Int, height: Int) throws {
    self.width = width
    try command(
      "Emulation.setDeviceMetricsOverride",
      [
        "width": .integer(Int64(width)), "height": .integer(Int64(height)), "deviceScaleFactor": 1,
        "mobile": .bool(width < 600),
      ])
  }

  func setDark(_ isDark: Bool) throws {
    try command(
      "Emulation.setEmulatedMedia",
      [
        "features": [
          ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
        ]
      ])
  }

  /// Whether something makes the page wider than its window. (A phone's `innerWidth` grows with it.)
  var overflows: Bool {
    get throws {
      try run("return document.documentElement.scrollWidth").number ?? .infinity > Double(width)
    }
  }

  /// The whole page as a PNG. With SAVE_TEMPS it is kept in `larder-screenshots` of the temporary
  /// folder, under this name.
  @discardableResult
  func screenshot(_ name: String) throws -> Data {
    let picture = try command(
      "Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
    let data = try #require(picture["data"]?.string.flatMap { Data(base64Encoded: $0) })
    if ProcessInfo.processInfo.environment["SAVE_TEMPS"] != nil {
      let folder = FileManager.default.temporaryDirectory.appending(path: "larder-screenshots")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try data.write(to: folder.appending(path: "\(name).png"))
    }
    return data
  }

  /// Expects of the page that is open that it shows something, fits and stays within its window,
  /// light and dark, wide and on a phone.
  func expectGoodLooks(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    for (width, height) in [(1280, 900), (400, 800)] {
      try setSize(width: width, height: height)
      for isDark in [false, true] {
        try setDark(isDark)
        let picture = try screenshot("\(name)-\(width)-\(isDark ? "dark" : "light")")
        #expect(picture.count > 3_000, "an empty page", sourceLocation: sourceLocation)
        #expect(
          try run(
            "return getComputedStyle(document.body).colorScheme + matchMedia('(prefers-color-scheme: dark)').matches"
          )
          .string?.hasSuffix("\(isDark)") == true, sourceLocation: sourceLocation)
      }
      #expect(
        try !overflows, "\(name) is wider than \(width) pixels", sourceLocation: sourceLocation)
    }
    try setDark(false)
    try setSize(width: 1280, height: 900)
  }

  // MARK: What it did

  /// Everything on the console so far, of all pages.
  var console: [ConsoleMessage] {
    get throws {
      for entry in try log("browser") {
        messages.append(
          ConsoleMessage(
            level: entry["level"]?.string ?? "", text: entry["message"]?.string ?? ""))
      }
      return messages
    }
  }

  /// The errors and warnings on the console so far, of all pages.
  var consoleErrors: [ConsoleMessage] {
    get throws { try console.filter { $0.level == "SEVERE" || $0.level == "WARNING" } }
  }

  /// The addresses of everything that all pages asked for so far; what stands in a page itself
  /// (`data:`) is left out, and what the browser's own first page shows (`chrome:`).
  var requests: [String] {
    get throws {
      for entry in try log("performance") {
        guard let text = entry["message"]?.string, let event = try? JSON(parsing: text),
          event["message"]?["method"] == "Network.requestWillBeSent",
          let address = event["message"]?["params"]?["request"]?["url"]?.string,
          !address.hasPrefix("data:"), !address.hasPrefix("chrome:")
        else { continue }
        asked.append(address)
      }
      return asked
    }
  }

  private func log(_ kind: String) throws -> [JSON] {
    try ask("POST", "/se/log", ["type": .string(kind)]).array ?? []
  }

  // MARK: The protocol

  /// A command of the Chrome DevTools Protocol.
  @discardableResult
  func command(_ name: String, _ parameters: JSON) throws -> JSON {
    try ask("POST", "/goog/cdp/execute", ["cmd": .string(name), "params": parameters])
  }

  @discardableResult
  private func ask(_ method: String, _ path: String, _ body: JSON? = nil) throws -> JSON {
    try driver.ask(method, "/session/\(session)\(path)", body)
  }
}
