import Documents
import Foundation
import Testing

/// `larder serve` in a real browser: a run is started, followed, opened, compared.
@Suite struct ServeTests {
  /// A recipe with a step that tells its progress as a training does, slowly enough to be seen.
  static func recipe(steps: Int = 25, pause: String = "0.1") -> String {
    """
    ---
    title: A slow kitchen
    params:
      seed: 1
    ---
    # A slow kitchen

    First some rows, *then* a training.

    ```bash {#rows}
    #| out: rows.jsonl
    #| with: { seed: "${seed}" }
    for n in 1 2 3; do echo "{\\"id\\": $n, \\"text\\": \\"row $n <script>window.hostile = 1</script>\\"}"; done > out/rows.jsonl
    ```

    ```bash {#train}
    #| in: { rows: rows }
    #| out: model.txt
    for n in $(seq 1 \(steps)); do
      echo "line $n <img src=x onerror='window.hostile = 1'>"
      printf '\\036{"progress":{"done":%d,"total":\(steps),"unit":"steps","text":"loss %d.5, 12 tokens/s"}}\\n' $n $((30 - n))
      sleep \(pause)
    done
    cat in/rows > out/model.txt
    ```
    """
  }

  /// What no page may do, whatever it shows.
  ///
  /// - Parameter status: of a page that the server answers with on purpose, which the browser notes.
  private func expectClean(
    _ browser: Browser, _ served: ServedKitchen, status: Int? = nil
  ) throws {
    let errors = try browser.consoleErrors.filter { error in
      status.map { !error.text.contains("responded with a status of \($0) ") } ?? true
    }
    #expect(errors.isEmpty, "\(errors)")
    let elsewhere = try browser.requests.filter { !$0.hasPrefix("http://\(served.host)/") }
    #expect(elsewhere.isEmpty, "\(elsewhere)")
  }

  @Test func aRunIsStartedFollowedOpenedAndCompared() throws {
    let served = try ServedKitchen(try TestKitchen(["slow": ServeTests.recipe()]))
    let browser = try Browser()
    try browser.open(served.address)
    #expect(try browser.address == served.page("/"), "the token stays in no address")
    #expect(try browser.text("h1") == "Recipes")
    try browser.expectGoodLooks("recipes")

    try browser.click("tbody a")
    #expect(try browser.text("h1") == "A slow kitchen")
    #expect(try browser.text("#live-head")?.contains("0 cached, 2 to run") == true)
    try browser.click("form.start button")

    // The page is the live one now; what comes is sent to it, without loading it again.
    try browser.wait(for: "#progress-train progress")
    try browser.run("window.mark = 'the same page'")
    try browser.wait(for: "#loss-train path.curve")
    try browser.wait(
      until: "document.querySelector('#log-train').innerText.includes('line 5 <img')")
    let early = try #require(
      try browser.run("return document.querySelector('#progress-train progress').value").number)
    try browser.expectGoodLooks("live")
    try browser.wait(
      until: "(document.querySelector('#progress-train progress')?.value ?? 1) > \(early)")
    #expect(try browser.text("#live-head")?.contains("Running") == true)
    try browser.wait(until: "document.querySelector('#live-head').innerText.includes('Succeeded')")
    #expect(try browser.run("return window.mark") == "the same page")
    #expect(try browser.text("#state-train")?.contains("● done") == true)
    #expect(try browser.text("#live-head")?.contains("2 ran, 0 cached") == true)
    try browser.expectGoodLooks("ended")

    try browser.click("#live-head a")
    #expect(try browser.text("h1") == "A slow kitchen")
    #expect(try browser.text(".lead")?.contains("Succeeded") == true)
    try browser.expectGoodLooks("run")
    let run = try browser.address

    // An experiment with another value.
    try browser.open(served.page("/recipes/slow"))
    try browser.click("form.start summary")
    try browser.type("seed=2", into: "textarea[name=set]")
    try browser.type("a remark", into: "input[name=note]")
    try browser.click("form.start button")
    try browser.wait(
      until: """
        document.querySelector('#live-head').innerText.includes('slow/seed=2')
        && document.querySelector('#live-head').innerText.includes('Succeeded')
        """)

    try browser.click("nav a[href='/runs']")
    #expect(try browser.count("tbody tr") == 2)
    #expect(try browser.text("tbody tr")?.contains("a remark") == true)
    try browser.expectGoodLooks("runs")
    try browser.click("tbody tr:nth-child(1) input")
    try browser.click("tbody tr:nth-child(2) input")
    try browser.click("form button")
    #expect(try browser.text("main")?.contains("seed") == true)
    let shown = try browser.text("main") ?? ""
    #expect(try browser.title != "Not shown", "\(shown)")
    try browser.expectGoodLooks("diff")

    for name in ["experiments", "leaderboard"] {
      try browser.open(served.page("/\(name)"))
      #expect(try browser.text("h1")?.lowercased().hasPrefix(name) == true)
      try browser.expectGoodLooks(name)
    }
    try browser.open(run)
    for (selector, name) in [("a[href*='/output/rows']", "rows"), ("a[href*='/log/train']", "log")]
    {
      try browser.open(run)
      try browser.click(selector)
      try browser.wait(until: "document.readyState === 'complete'")
      #expect(try browser.title != "Not shown")
      try browser.expectGoodLooks(name)
      #expect(try browser.run("return window.hostile ?? null") == .null)
    }
    #expect(try browser.text("main")?.contains("line 25 <img src=x") == true)
    try expectClean(browser, served)
    #expect(served.stop().exitCode == 130)
  }

  @Test func aRunOfATerminalIsFollowed() throws {
    let kitchen = try TestKitchen(["slow": ServeTests.recipe(steps: 600)])
    let served = try ServedKitchen(kitchen)
    let browser = try Browser()
    try browser.open(served.address)
    try browser.open(served.page("/recipes/slow"))
    let terminal = try kitchen.start(["run", "slow", "--progress", "none"])
    // The page notices by itself that a run began.
    try browser.wait(for: "#progress-train progress")
    #expect(try browser.text("#live-head")?.contains("another process") == true)
    #expect(try browser.count("#live-head form") == 0)
    let head = "document.querySelector('#live-head').innerText"
    kill(terminal.id, SIGKILL)
    _ = terminal.wait()
    try browser.wait(until: "\(head).includes('is gone')")
    #expect(try shell("ls \(kitchen.root.path)/cache/live").isEmpty)

    let second = try kitchen.start(["run", "slow", "--progress", "none"])
    try browser.wait(until: "\(head).includes('Running')")
    try browser.wait(for: "#progress-train progress")
    kill(second.id, SIGINT)
    #expect(second.wait().exitCode == 130)
    try browser.wait(until: "\(head).includes('Interrupted')")
    #expect(try shell("ls \(kitchen.root.path)/cache/live").isEmpty)
    try expectClean(browser, served)
  }

  @Test func aRunIsStoppedFromItsPageAndWithTheServer() throws {
    let kitchen = try TestKitchen(["slow": ServeTests.recipe(steps: 900)])
    let served = try ServedKitchen(kitchen)
    let browser = try Browser()
    try browser.open(served.address)
    try browser.open(served.page("/recipes/slow"))
    try browser.click("form.start button")
    try browser.wait(for: "#progress-train progress")
    // A second start is not offered while the first goes on, and refused.
    #expect(
      try browser.run("return getComputedStyle(document.querySelector('form.start')).display")
        == "none")
    try browser.run("document.querySelector('form.start').submit()")
    try browser.wait(until: "document.querySelector('.problem')")
    #expect(try browser.text("main")?.contains("`slow` runs already") == true)
    try browser.open(served.page("/recipes/slow"))
    try browser.click("#live-head form button")
    try browser.wait(
      until: "document.querySelector('#live-head').innerText.includes('Interrupted')")
    #expect(try browser.text("#state-train")?.contains("skipped") == true)
    try browser.click("form.start button")
    try browser.wait(for: "#progress-train progress")
    #expect(served.stop().exitCode == 130)
    #expect(try processes(with: kitchen.root.path) == "")
    #expect(try kitchen.larder("runs", "--json").output.contains("\"status\":\"interrupted\""))
    try browser.wait(until: "!document.querySelector('#live-notice').hidden")
    #expect(try browser.text("#live-notice")?.contains("does not answer") == true)
  }

  @Test func whatIsSavedIsFollowedWithAndWithoutWatching() throws {
    let recipe = ServeTests.recipe(steps: 2)
    let kitchen = try TestKitchen(["slow": recipe])
    let served = try ServedKitchen(kitchen)
    let browser = try Browser()
    try browser.open(served.address)
    try browser.open(served.page("/recipes/slow"))
    #expect(try browser.count("section.cell") == 2)
    let more =
      recipe
      + "\n```bash {#more}\n#| in: { m: train }\n#| out: more.txt\ncat in/m > out/more.txt\n```\n"
    try kitchen.write(more, to: "recipes/slow.md")
    try browser.wait(for: "#step-more")
    #expect(try browser.text("#live-head")?.contains("0 cached, 3 to run") == true)

    let watching = try kitchen.start(["watch", "slow", "--progress", "none"])
    try browser.wait(until: "document.querySelector('#live-head').innerText.includes('Succeeded')")
    #expect(try browser.text("#state-more")?.contains("● done") == true)
    try kitchen.write(more.replacing("cat in/m", with: "cat in/m in/m"), to: "recipes/slow.md")
    try browser.wait(until: "document.querySelector('#live-head').innerText.includes('1 ran')")
    #expect(try browser.text("#state-more")?.contains("● done") == true)
    // A mistake is shown where it stands, and goes when it is mended.
    try kitchen.write(more.replacing("{ m: train }", with: "{ m: trian }"), to: "recipes/slow.md")
    try browser.wait(
      until: "document.querySelector('.problem')?.innerText.includes('did you mean `train`')")
    try kitchen.write(more.replacing("cat in/m", with: "tac in/m"), to: "recipes/slow.md")
    try browser.wait(until: "document.querySelector('#live-head').innerText.includes('1 ran')")
    #expect(try browser.count(".problem") == 0)
    kill(watching.id, SIGINT)
    #expect(watching.wait().exitCode == 130)
    try expectClean(browser, served)
  }

  @Test func largeRunsAreShownPageByPage() throws {
    let cells = (0..<1_000).map { "```text {#s\($0)}\nline \($0)\n```\n" }
    let rows = """
      # Many rows

      ```bash {#many}
      #| out: rows.jsonl
      seq 100000 | sed 's/.*/{"id": "r&", "response": "number &"}/' > out/rows.jsonl
      ```
      """
    let kitchen = try TestKitchen(["rows": rows, "thousand": cells.joined(separator: "\n")])
    for recipe in ["rows", "thousand"] { #expect(try kitchen.larder("run", recipe).exitCode == 0) }
    let served = try ServedKitchen(kitchen)
    let browser = try Browser()
    try browser.open(served.address)

    try browser.click("tbody a[href='/recipes/thousand']")
    #expect(try browser.count("section.cell") == 1_000)
    try browser.click("nav a[href='/runs']")
    try browser.click("tbody tr:nth-child(1) a")
    #expect(try browser.count("section.cell") == 1_000)
    // Of a debug build on a busy machine; a release build paints it in a third of a second.
    let painted = try #require(
      try browser.run("return performance.getEntriesByType('paint')[0].startTime").number)
    #expect(painted < 5_000, "first paint after \(painted) ms")

    try browser.click("nav a[href='/runs']")
    try browser.click("tbody tr:nth-child(2) a")
    #expect(try browser.text("h1") == "Many rows")
    #expect(try browser.count("tr") < 50, "not all rows are on the page")
    // An output's name leads to its page, and so does what is said of the rest.
    try browser.click("#step-many .output h4 a")
    #expect(try browser.text("h2#rows") == "Rows 1 to 50 of 100000")
    #expect(try browser.count("tbody tr") >= 50 && browser.count("tbody tr") < 100)
    try browser.click("nav.pages a:last-child")
    #expect(try browser.text("h2#rows") == "Rows 99951 to 100000 of 100000")
    try browser.type("number 77777\u{E007}", into: "input[name=search]")
    try browser.wait(until: "document.querySelector('h2#rows').innerText.includes('77777')")
    #expect(try browser.text("main")?.contains("r77777") == true)
    let file = try served.file(at: "a[download]", in: browser)
    #expect(file.split(separator: "\n").count == 100_000)
    try browser.click(".origin a")
    #expect(try browser.address.hasSuffix("#step-many"))
    try expectClean(browser, served)
  }

  @Test func theLeaderboardSaysWhatComesOutAgain() throws {
    let kitchen = try TestKitchen(["slow": ServeTests.recipe(steps: 1)])
    for command in [
      ["run", "slow"], ["submit", "slow", "--name", "first"],
      ["score", "first", "--win-rate", "55.1", "--rating", "7.2", "--remark", "<b>nice</b>"],
    ] {
      let result = try kitchen.start(command).wait()
      #expect(result.exitCode == 0, "\(result.errors)")
    }
    let served = try ServedKitchen(kitchen)
    let browser = try Browser()
    try browser.open(served.address)
    try browser.click("nav a[href='/leaderboard']")
    #expect(try browser.text("tbody tr")?.contains("57.26") == true)
    #expect(try browser.text("tbody tr")?.contains("2 not measured yet") == true)
    #expect(try browser.text("tbody tr")?.contains("<b>nice</b>") == true)
    #expect(try kitchen.larder("replay", "submission/first").exitCode == 0)
    try browser.reload()
    #expect(try browser.text("tbody tr")?.contains("2 bit-exact") == true)
    try browser.expectGoodLooks("scores")
    try browser.click("tbody a")
    #expect(try browser.text("dl.facts")?.contains("2 bit-exact") == true)
    #expect(try browser.text("dl.facts")?.contains("first") == true)
    try expectClean(browser, served)
  }

  @Test func withoutJavaScriptEverythingCanBeReadAndStarted() throws {
    let served = try ServedKitchen(try TestKitchen(["slow": ServeTests.recipe()]))
    let browser = try Browser(runsScripts: false)
    try browser.open(served.address)
    try browser.click("tbody a")
    #expect(try browser.text("#state-rows")?.contains("waiting") == true)
    try browser.click("form.start button")
    // The page comes again by itself.
    try browser.wait(until: "document.querySelector('#live-head').innerText.includes('Succeeded')")
    try browser.click("#live-head a")
    #expect(try browser.text(".lead")?.contains("Succeeded") == true)
    try expectClean(browser, served)
  }

  @Test func mistakesAreShownWithTheirLines() throws {
    let kitchen = try TestKitchen(["slow": ServeTests.recipe()])
    try kitchen.write(
      "# <b>Wrong</b>\n\n```yaml {#a}\nuses: cleen\n```\n", to: "recipes/wrong.md")
    let served = try ServedKitchen(kitchen)
    let browser = try Browser()
    try browser.open(served.address)
    #expect(try browser.text("main")?.contains("mistakes") == true)
    try browser.open(served.page("/recipes/wrong"))
    #expect(try browser.text(".problem")?.contains("did you mean `clean`") == true)
    #expect(try browser.text(".problem pre")?.contains("^^^^^") == true)
    #expect(try browser.count("main b") == 0)
    // And of what a form says.
    try browser.open(served.page("/recipes/slow"))
    try browser.click("form.start summary")
    try browser.type("sead=2", into: "textarea[name=set]")
    try browser.click("form.start button")
    try browser.wait(until: "document.querySelector('.problem')?.innerText.includes('seed')")
    try browser.expectGoodLooks("mistake")
    try expectClean(browser, served, status: 422)
  }
}
