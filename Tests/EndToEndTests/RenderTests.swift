import Documents
import Foundation
import Testing

/// Runs rendered as a page, for Jupyter and as Markdown, by the built binary.
@Suite struct RenderTests {
  /// Everything in it tries to be more than text.
  static let hostile = #"""
    ---
    title: "<script>alert(1)</script> & more"
    params:
      greeting: "<img src=x onerror=alert(2)>"
    ---

    # Evil <script>alert(3)</script>

    <b onclick="alert(4)">markup</b>, a [link](javascript:alert(5)), ![far](http://127.0.0.1:9/x.png) and [one]

    <iframe src="http://127.0.0.1:9/"></iframe>

    ```text {#prompt}
    </code></pre><script>alert(6)</script>
    ```

    ```python {#rows}
    #| out: { rows: rows.jsonl, odd: odd.jsonl, latin: latin.txt, blob: blob.bin, long: long.jsonl, empty: empty.txt, table: table.csv, page: page.html, deep: deep.json, nan: metrics.json }
    #| with: { greeting: "${greeting}" }
    import json
    rows = [{"id": i, "text": "<script>alert(7)</script>" * (i % 5 + 1), "reason": "</title><script>alert(8)</script>"} for i in range(40)]
    open("out/rows.jsonl", "w").write("".join(json.dumps(r) + "\n" for r in rows))
    open("out/odd.jsonl", "wb").write(b'{"a":1}\n\nnot json <script>\n\xff\xfe\n[1,2]\n{"a":NaN}\n{"|`*":"|`*\\n# x"}\n{}')
    open("out/latin.txt", "wb").write("caf\xe9 <script>".encode("latin-1"))
    open("out/blob.bin", "wb").write(bytes(range(256)) * 100)
    open("out/long.jsonl", "w").write(json.dumps({"text": "x" * 3_000_000}) + "\n" + json.dumps({"text": "y"}) + "\n")
    open("out/empty.txt", "w").write("")
    open("out/table.csv", "w").write("a,b\n1,<script>alert(9)</script>\n")
    open("out/page.html", "w").write("<script>alert(10)</script>")
    open("out/deep.json", "w").write("[" * 400 + "]" * 400)
    open("out/metrics.json", "w").write('{"f1": NaN, "x": 1e400, "y": 1e300}')
    print("</pre><script>alert(11)</script>\x1b[31mred\x1b[0m ```` ticks")
    ```

    ```python {#pictures}
    #| out: { svg: plot.svg, png: dot.png, fake: fake.png, notes: notes.md, folder: files/ }
    import base64, os
    open("out/plot.svg", "w").write('<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><script>alert(12)</script><image href="http://127.0.0.1:9/x.png"/><rect width="80" height="40" onload="alert(13)"/></svg>')
    open("out/dot.png", "wb").write(base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="))
    open("out/fake.png", "w").write("<script>alert(14)</script>")
    open("out/notes.md", "w").write("# Notes\n\n<script>alert(15)</script>\n\n````python {#no-cell}\nx\n````\n\n| a | b |\n| - | - |\n| <i>x</i> | c |\n")
    os.mkdir("out/files")
    for i in range(1100): open(f"out/files/<b>{i}", "w").write("x")
    ```

    ```bash {#fails}
    #| in: { rows: rows.rows }
    #| out: x.txt
    echo '</pre><script>alert(16)</script>'
    exit 3
    ```

    ```bash {#after}
    #| in: { x: fails }
    #| out: y.txt
    cat in/x > out/y.txt
    ```

    [one]: https://example.org/one
    """#

  static let chain = """
    # Numbers

    ```bash {#one}
    #| out: one.txt
    echo 1 > out/one.txt
    ```

    ```bash {#two}
    #| in: { one: one }
    #| out: two.txt
    echo two of $(cat in/one)
    cat in/one in/one > out/two.txt
    ```

    """

  @Test func dataStaysTextInAllForms() throws {
    let kitchen = try TestKitchen(["evil": RenderTests.hostile])
    #expect(try kitchen.larder("run", "evil").exitCode == 1)
    for ending in ["html", "md", "ipynb"] {
      let result = try kitchen.larder("render", "@last", "-o", "run.\(ending)")
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(result.output.isEmpty && result.errors.contains("in run.\(ending), "))
    }
    let page = try kitchen.read("run.html")
    #expect(page.contains("default-src &#39;none&#39;; style-src &#39;sha256-"))
    for mark in [
      "<script", "<iframe", "<b onclick", "<img src=x", "javascript:", "<svg xmlns", "style=\"",
    ] {
      #expect(!page.contains(mark), "\(mark) is in the page")
    }
    // Everything is there all the same, as text.
    for number in [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 15, 16] {
      #expect(page.contains("alert(\(number))"), "alert(\(number)) is not in the page")
    }
    #expect(page.contains("<img src=\"data:image/png;base64,iVBORw0KGgo"))
    #expect(page.contains("<img src=\"data:image/svg+xml;base64,"))
    #expect(page.contains("<a href=\"https://example.org/one\">one</a>"))
    #expect(page.contains("no PNG, although its name says so"))
    #expect(page.contains("1100 entries in this folder"))
    #expect(page.contains("a line of 2.9 MiB, too long to show"))
    #expect(page.contains("step `fails` failed: it exited with 3"))
    #expect(page.contains("✕</i> failed") && page.contains("skipped: step `fails` failed"))
    #expect(page.utf8.count < 200_000)

    let markdown = try kitchen.read("run.md")
    #expect(markdown.hasPrefix("---\ntitle: "))
    #expect(markdown.contains("| 1 | 0 | &lt;/title&gt;&lt;script&gt;alert(8)&lt;/script&gt; |"))
    // The fence around notes.md is longer than the one in it.
    #expect(markdown.contains("\n`````markdown\n# Notes\n"))
    // What stands outside of fences never begins a tag of the data's.
    let outside = outsideOfFences(markdown)
    #expect(!outside.contains("<script>alert(8)") && !outside.contains("<script>alert(15)"))
  }

  @Test func theSameRunGivesTheSameBytes() throws {
    let kitchen = try TestKitchen(["numbers": RenderTests.chain])
    #expect(try kitchen.larder("run", "numbers").exitCode == 0)
    for ending in ["html", "md", "ipynb"] {
      #expect(try kitchen.larder("render", "numbers", "-o", "a.\(ending)").exitCode == 0)
      #expect(try kitchen.larder("render", "@last", "-o", "b.\(ending)").exitCode == 0)
      #expect(try kitchen.read("a.\(ending)") == kitchen.read("b.\(ending)"))
    }
    let page = try kitchen.read("a.html")
    // Each output is bound to its artifact, and the steps to their keys.
    let run = try kitchen.larder("show", "numbers", "--json").output
    let key = try #require(try JSON(parsing: run)["record"]?["steps"]?["two"]?["key"]?.string)
    #expect(page.contains("title=\"\(key.dropFirst(7))\""))
    let shown = try #require(try JSON(parsing: run)["run"]?.string)
    #expect(page.contains(">\(shown):two.two</code>") && page.contains("two of 1"))
    #expect(page.contains("Succeeded</span>: 2 steps, 2 ran"))
    // After a replay the classes are known.
    #expect(try kitchen.larder("replay", "numbers").exitCode == 0)
    #expect(try kitchen.larder("render", "numbers", "-o", "c.html").exitCode == 0)
    #expect(try kitchen.read("c.html").contains("2 bit-exact"))
  }

  @Test func jupyterTakesWhatIsWritten() throws {
    let kitchen = try TestKitchen(["evil": RenderTests.hostile, "numbers": RenderTests.chain])
    _ = try kitchen.larder("run", "evil")
    _ = try kitchen.larder("run", "numbers")
    let runs = try JSON(parsing: try kitchen.larder("runs", "--json").output).array ?? []
    #expect(runs.count == 2)
    for run in runs {
      let id = try #require(run["run"]?.string)
      #expect(try kitchen.larder("render", id, "-o", "\(id).ipynb").exitCode == 0)
      let checked = try shell(
        """
        /usr/bin/python3 -W error -c 'import nbformat, sys
        nbformat.validate(nbformat.read(sys.argv[1], 4))' '\(kitchen.root.path)/\(id).ipynb' 2>&1
        """)
      #expect(checked.isEmpty, "\(checked)")
      let kinds = try JSON(parsing: try kitchen.read("\(id).ipynb"))["cells"]?.array ?? []
      #expect(!kinds.contains { $0["cell_type"] == "raw" }, "raw cells are taken for markup")
    }
    let text = try kitchen.larder("render", "numbers", "-o", "numbers.ipynb").errors
    #expect(text.contains("numbers.ipynb"))
    let notebook = try JSON(parsing: try kitchen.read("numbers.ipynb"))
    #expect(notebook["nbformat"] == 4 && notebook["nbformat_minor"] == 5)
    let cells = notebook["cells"]?.array ?? []
    #expect(cells.map { $0["cell_type"]?.string } == ["markdown", "code", "code"])
    let ids = cells.compactMap { $0["id"]?.string }
    #expect(Set(ids).count == cells.count)
    #expect(ids.allSatisfy { $0.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil })
    let last = try #require(cells.last)
    #expect(last["execution_count"] == 2 && last["metadata"]?["language"] == "bash")
    let outputs = last["outputs"]?.array ?? []
    #expect(outputs.first?["text"] == ["two of 1"])
    #expect(
      outputs.last?["data"]?["text/plain"]?.array?.compactMap(\.string).joined()
        .hasSuffix("two.two\n1\n1") == true)
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var message: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let wrong = [
    Wrong(arguments: ["numbers", "-o", "run.pdf"], message: ".html, .ipynb or .md"),
    Wrong(arguments: ["numbers", "-o", "run"], message: "has no ending"),
    Wrong(arguments: ["numbers", "-o", "-"], message: "has no ending"),
    Wrong(arguments: ["numbers", "-o", "nowhere/run.html"], message: "its folder is not there"),
    Wrong(arguments: ["numbers", "-o", "recipes.html"], message: "something that is no file"),
    Wrong(arguments: ["numbers", "-o", "link.html"], message: "something that is no file"),
    Wrong(arguments: ["nothing", "-o", "run.html"], message: "nothing"),
    Wrong(arguments: ["numbers"], message: "-o"),
  ]

  @Test func mistakesWriteNothing() throws {
    let kitchen = try TestKitchen(["numbers": RenderTests.chain])
    #expect(try kitchen.larder("run", "numbers").exitCode == 0)
    _ = try shell("cd '\(kitchen.root.path)' && mkdir recipes.html && ln -s kept.txt link.html")
    try kitchen.write("kept", to: "kept.txt")
    for wrong in RenderTests.wrong {
      let result = try kitchen.start(["render"] + wrong.arguments).wait()
      #expect(result.exitCode == 2, "\(wrong.testDescription): \(result.errors)")
      #expect(result.errors.contains(wrong.message), "\(result.errors)")
      #expect(!kitchen.exists("run.html"))
    }
    #expect(try kitchen.read("kept.txt") == "kept")
    // A file that is there is replaced, and nothing else is left beside it.
    try kitchen.write("old", to: "run.md")
    #expect(try kitchen.larder("render", "numbers", "-o", "run.md").exitCode == 0)
    #expect(try kitchen.read("run.md").contains("# Numbers"))
    #expect(try shell("ls -A '\(kitchen.root.path)' | grep -c tmp || true") == "0\n")
  }

  @Test func aBundleIsRenderedWithoutAKitchen() throws {
    let kitchen = try TestKitchen(["numbers": RenderTests.chain])
    #expect(try kitchen.larder("run", "numbers").exitCode == 0)
    #expect(try kitchen.larder("bundle", "numbers", "-o", "n.tar.zst").exitCode == 0)
    let elsewhere = try TestKitchen()
    let result = try elsewhere.larder(
      "render", "\(kitchen.root.path)/n.tar.zst", "-o", "n.html")
    #expect(result.exitCode == 0, "\(result.errors)")
    let page = try elsewhere.read("n.html")
    #expect(page.contains("Succeeded</span>") && page.contains("two of 1"))
    #expect(page.contains("two.two</code>"))
  }
}

extension RenderTests {
  /// What of a Markdown text stands outside of fenced blocks.
  private func outsideOfFences(_ markdown: String) -> String {
    var result = ""
    var fence: String?
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      let ticks = String(line.prefix { $0 == "`" })
      if let open = fence {
        if ticks.count >= open.count, line.dropFirst(ticks.count).allSatisfy(\.isWhitespace) {
          fence = nil
        }
      } else if ticks.count >= 3 {
        fence = ticks
      } else {
        result += line + "\n"
      }
    }
    return result
  }
}

/// Rendered pages in a real browser.
@Suite struct RenderedPageTests {
  @Test func aPageIsReadWithoutScriptsAndAsksNobody() throws {
    let kitchen = try TestKitchen(["evil": RenderTests.hostile])
    _ = try kitchen.larder("run", "evil")
    #expect(try kitchen.larder("render", "@last", "-o", "run.html").exitCode == 0)
    let page = kitchen.root.appending(path: "run.html")
    let browser = try Browser()
    // A new window shows a page of the browser's own, which asks for its parts.
    try browser.open("about:blank")
    let before = try browser.requests.count
    try browser.open(file: page)
    #expect(try browser.title.hasPrefix("<script>alert(1)</script> & more, run "))
    try browser.expectGoodLooks("rendered")
    // Nothing of the data became an element, and what stands below is there.
    #expect(try browser.count("script, iframe, svg script, [onclick], [onerror]") == 0)
    #expect(try browser.count("section.cell") == 5 && browser.count("svg[role=img]") > 2)
    #expect(try browser.count("img") == 2)
    #expect(try browser.text("h1") == "<script>alert(1)</script> & more")
    // The styles are those of the page: its policy lets them in.
    #expect(
      try browser.run(
        "return getComputedStyle(document.querySelector('svg .node-failed')).strokeWidth")
        == "2px")
    // A part of the graph's table leads to its cell.
    try browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    try browser.click("a[href='#step-fails']")
    #expect(try browser.address.hasSuffix("#step-fails"))
    #expect(try !browser.overflows)
    let console = try browser.consoleErrors
    #expect(console.isEmpty, "\(console)")
    let requests = try browser.requests.dropFirst(before)
    #expect(requests.allSatisfy { $0.hasPrefix("file://\(page.path)") }, "\(requests)")
  }

  @Test func aRunOfAThousandStepsIsOnePage() throws {
    // Of one cell each, but with nothing to execute: a data cell is its own output.
    let cells = (0..<1_000).map { "```text {#s\($0)}\nline \($0)\n```\n" }
    let kitchen = try TestKitchen(["thousand": cells.joined(separator: "\n")])
    #expect(try kitchen.larder("run", "thousand").exitCode == 0)
    #expect(try kitchen.larder("render", "thousand", "-o", "run.html").exitCode == 0)
    let browser = try Browser()
    try browser.open(file: kitchen.root.appending(path: "run.html"))
    #expect(try browser.count("section.cell") == 1_000)
    #expect(try browser.text(".graph figcaption") == "Steps 1000 steps: 1000 done")
    // The graph counts its steps instead of drawing each.
    #expect(try browser.count(".graph svg *") < 20)
    #expect(try !browser.overflows)
    #expect(try browser.consoleErrors.isEmpty)
  }
}
