internal import Reporting
internal import WebPage

/// What a step of a run wrote, page by page.
struct LogPage {
  private static let lines = 1_000

  let run: String
  let step: String
  /// Nil where nothing was kept.
  let bytes: [UInt8]?
  /// From 1.
  let number: Int
  let address: (Int) -> String

  var page: Page {
    Page(
      title: "Log of \(step)", navigation: Navigation.html(.runs),
      body: """
        <h1>Log of <code>\(step)</code></h1>
        <p>run <a href="\(Address.of(["runs", run]))"><code>\(run.prefix(8))</code></a></p>
        \(content)
        """)
  }

  private var content: HTML {
    guard let bytes, !bytes.isEmpty else { return HTML.empty("It wrote nothing that was kept") }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let first = (number - 1) * LogPage.lines
    let shown = lines.dropFirst(first).prefix(LogPage.lines)
      .map { String(decoding: $0, as: UTF8.self) }
    guard !shown.isEmpty else { return HTML.empty("It has no such page") }
    var links: [HTML] = []
    if number > 1 { links.append("<a rel=\"prev\" href=\"\(address(number - 1))\">← before</a>") }
    links.append("lines \(first + 1) to \(first + shown.count) of \(lines.count)")
    if first + shown.count < lines.count {
      links.append("<a rel=\"next\" href=\"\(address(number + 1))\">after →</a>")
    }
    return """
      <nav class="pages" aria-label="More of it">\(links.joined(" "))</nav>
      <pre tabindex="0">\(shown.joined(separator: "\n"))</pre>
      """
  }
}
