import Documents
import Foundation
import Testing

/// The browser that other tests use tells what they ask it.
@Suite struct BrowserTests {
  private func page(_ body: String) throws -> URL {
    let file = FileManager.default.temporaryDirectory.appending(
      path: "larder-page-\(UUID().uuidString).html")
    try Data(
      "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>t</title><link rel=icon href='data:,'>\(body)"
        .utf8
    ).write(to: file)
    return file
  }

  @Test func seesScriptsErrorsRequestsAndWidth() throws {
    let file = try page(
      """
      <p id=a>plain</p><div style="width: 900px">wide</div><img src="http://example.invalid/x.png">
      <script>document.querySelector("#a").textContent = "changed"; console.error("told");</script>
      """)
    defer { try? FileManager.default.removeItem(at: file) }
    let browser = try Browser()
    try browser.open(file: file)
    #expect(try browser.title == "t")
    #expect(try browser.text("#a") == "changed")
    #expect(try browser.text("#b") == nil)
    #expect(try browser.consoleErrors.contains { $0.text.contains("told") })
    #expect(try browser.requests.contains("http://example.invalid/x.png"))
    #expect(try !browser.overflows)
    try browser.setSize(width: 400, height: 800)
    #expect(try browser.overflows)
    try browser.setDark(true)
    #expect(
      try browser.run("return matchMedia('(prefers-color-scheme: dark)').matches") == .bool(true))
  }

  @Test func withoutScriptsThePageStaysAsItIs() throws {
    let file = try page("<p id=a>plain</p><script>document.body.textContent = ''</script>")
    defer { try? FileManager.default.removeItem(at: file) }
    let browser = try Browser(runsScripts: false)
    try browser.open(file: file)
    #expect(try browser.text("#a") == "plain")
  }

  @Test func nothingIsLeftOfIt() throws {
    var browser: Browser? = try Browser()
    try browser?.open("about:blank")
    let folder = try #require(browser?.folder.lastPathComponent)
    #expect(try processes(with: folder).contains("\n"))
    browser = nil
    #expect(try processes(with: folder) == "")
  }
}
