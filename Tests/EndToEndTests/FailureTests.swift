import Documents
import Foundation
import Testing

/// What can go wrong in a step: a clear error each, the store untouched, the next run right.
@Suite struct FailureTests {
  struct Bad: Sendable, CustomTestStringConvertible {
    var name: String
    var options: String = "#| out: made.txt"
    var code: String
    var message: String
    var testDescription: String { name }
  }

  static let bad = [
    Bad(
      name: "exits non-zero", code: "echo half > out/made.txt; echo went wrong >&2; exit 3",
      message: "it exited with 3"),
    Bad(name: "is ended by a signal", code: "kill -SEGV $$", message: "signal 11"),
    Bad(
      name: "writes nothing", code: "true", message: "did not write its output `made`: out/made.txt"
    ),
    Bad(
      name: "writes a folder for a file", code: "mkdir out/made.txt",
      message: "as a folder, but it is declared as a file"),
    Bad(
      name: "writes undeclared files", code: "echo a > out/made.txt; echo b > out/more.txt",
      message: "wrote what it does not declare: out/more.txt"),
    Bad(
      name: "reads an undeclared file",
      code: "cat \"$(dirname \"$0\")\"/../../secret.txt /etc/shadow > out/made.txt",
      message: "it exited with 1"),
    Bad(
      name: "writes its input", options: "#| in: { words: words }\n#| out: made.txt",
      code: "echo x > in/words; cp in/words out/made.txt", message: "it exited with"),
    Bad(
      name: "opens a socket", code: "exec 3<>/dev/tcp/127.0.0.1/9; echo open > out/made.txt",
      message: "it exited with 1"),
    Bad(
      name: "runs past its time", options: "#| out: made.txt\n#| resources: { time: 1 }",
      code: "sleep 60; echo a > out/made.txt", message: "was stopped:"),
    Bad(
      name: "fills its disk", options: "#| out: made.txt\n#| resources: { disk: 5MB }",
      code: "dd if=/dev/zero of=out/made.txt bs=1M count=400 status=none; sleep 5",
      message: "was stopped:"),
    Bad(
      name: "uses too much memory", options: "#| out: made.txt\n#| resources: { memory: 50MB }",
      code: "x=$(head -c 200000000 /dev/zero | tr '\\0' 'x'); sleep 5; echo ${#x} > out/made.txt",
      message: "was stopped:"),
    Bad(
      name: "leaves a link that leads out", options: "#| out: made/",
      code: "mkdir out/made; ln -s /etc/passwd out/made/x", message: "link"),
  ]

  @Test(arguments: bad)
  func aBadStepFailsClearly(bad: Bad) throws {
    let good = "```text {#words}\nword\n```\n\n```bash {#step}\n\(bad.options)\n"
    let kitchen = try TestKitchen(["wrong": good + bad.code + "\n```\n"])
    try kitchen.write("secret", to: "secret.txt")
    let result = try kitchen.larder("run", "wrong", "--json")
    #expect(result.exitCode == 1, "\(result.errors)")
    #expect(result.steps["step"] == "failed")
    #expect(result.errors.contains("step `step`"), "\(result.errors)")
    #expect(result.errors.contains(bad.message), "\(result.errors)")
    #expect(!kitchen.exists("artifacts/wrong/step"))
    #expect(try processes(with: kitchen.root.path) == "")

    let mended =
      bad.options.contains("made/")
      ? "mkdir out/made; echo fine > out/made/a" : "echo fine > out/made.txt"
    try kitchen.write(good + mended + "\n```\n", to: "recipes/wrong.md")
    let next = try kitchen.larder("run", "wrong", "--json")
    #expect(next.exitCode == 0, "\(next.errors)")
    #expect(next.ran == ["step"])
    #expect(
      try kitchen.read(
        "artifacts/wrong/step/\(bad.options.contains("made/") ? "made/a" : "made.txt")") == "fine\n"
    )
  }

  @Test func aFailureShowsTheLogAndKeepsTheFolder() throws {
    let kitchen = try TestKitchen([
      "wrong":
        "```bash {#step}\n#| out: made.txt\necho looking at it\necho half > out/made.txt\nexit 4\n```\n"
    ])
    let result = try kitchen.larder("run", "wrong")
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("looking at it"))
    #expect(try kitchen.read("cache/failed/wrong-step/out/made.txt") == "half\n")
    #expect(try kitchen.larder("log", "wrong", "step").output == "looking at it\n")
  }

  @Test func aChildThatIsLeftBehindIsGone() throws {
    let mark = "left-behind-\(UUID().uuidString)"
    let kitchen = try TestKitchen([
      "fork":
        "```bash {#step}\n#| out: made.txt\n(setsid sh -c 'sleep 300; echo \(mark)' >/dev/null 2>&1 &)\necho done > out/made.txt\n```\n"
    ])
    let start = Date()
    let result = try kitchen.larder("run", "fork")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(Date().timeIntervalSince(start) < 250)
    #expect(try processes(with: mark) == "")
  }

  @Test func keepGoingRunsWhatDoesNotNeedTheFailure() throws {
    let kitchen = try TestKitchen([
      "mixed": """
      ```bash {#bad}
      #| out: a.txt
      exit 1
      ```

      ```bash {#after}
      #| in: { a: bad }
      #| out: b.txt
      cp in/a out/b.txt
      ```

      ```bash {#good}
      #| out: c.txt
      sleep 0.3
      echo c > out/c.txt
      ```

      ```bash {#more}
      #| in: { c: good }
      #| out: d.txt
      cp in/c out/d.txt
      ```
      """
    ])
    let stopped = try kitchen.larder("run", "mixed", "--json", "--jobs", "1")
    #expect(stopped.exitCode == 1)
    #expect(
      stopped.steps == ["bad": "failed", "after": "skipped", "good": "skipped", "more": "skipped"])
    let gone = try kitchen.larder("run", "mixed", "--json", "--keep-going")
    #expect(gone.exitCode == 1)
    #expect(gone.steps == ["bad": "failed", "after": "skipped", "good": "ran", "more": "ran"])
  }

  @Test func aStepThatIsForcedAndDiffersIsNotReproducible() throws {
    let kitchen = try TestKitchen([
      "clock": "```bash {#step}\n#| out: made.txt\ndate +%N > out/made.txt\n```\n"
    ])
    try kitchen.larder("run", "clock")
    let before = try kitchen.larder("cat", "clock:step").output
    let forced = try kitchen.larder("run", "clock", "--force", "step")
    #expect(forced.exitCode == 1)
    #expect(forced.errors.contains("is not reproducible"))
    let next = try kitchen.larder("run", "clock", "--json")
    #expect(next.ran.isEmpty)
    #expect(try kitchen.larder("cat", "clock:step").output == before)
  }

  @Test func withoutTheSandboxResultsAreMarked() throws {
    let kitchen = try TestKitchen([
      "plain": "```bash {#step}\n#| out: made.txt\necho a > out/made.txt\n```\n"
    ])
    let open = try kitchen.larder("run", "plain", "--no-sandbox", "--json")
    #expect(open.exitCode == 0, "\(open.errors)")
    #expect(try kitchen.larder("run", "plain", "--no-sandbox", "--json").ran.isEmpty)
    let closed = try kitchen.larder("run", "plain", "--json", "--explain")
    #expect(closed.ran == ["step"])
    #expect(closed.errors.contains("made without the sandbox"))
  }

  @Test func withoutBubblewrapOneFixIsNamed() throws {
    let kitchen = try TestKitchen([
      "plain": "```bash {#step}\n#| out: made.txt\necho a > out/made.txt\n```\n"
    ])
    try shell(
      "mkdir \(kitchen.root.path)/bin; ln -s /usr/bin/env /usr/bin/git /bin/sh \(kitchen.root.path)/bin/"
    )
    let path = ["PATH": "\(kitchen.root.path)/bin"]
    let run = try kitchen.larder("run", "plain", environment: path)
    #expect(run.exitCode == 3, "\(run.errors)")
    #expect(run.errors.contains("apt-get install bubblewrap"))
    #expect(run.errors.contains("--no-sandbox"))
    let doctor = try kitchen.larder("doctor", environment: path)
    #expect(doctor.exitCode == 3)
    #expect(doctor.output.contains("apt-get install bubblewrap"))
    #expect(try kitchen.larder("run", "plain", "--no-sandbox", environment: path).exitCode == 0)
  }

  @Test func anUnusableCacheIsNamed() throws {
    let kitchen = try TestKitchen([
      "plain": "```bash {#step}\n#| out: made.txt\necho a > out/made.txt\n```\n"
    ])
    try kitchen.write("no folder", to: "cache")
    let result = try kitchen.larder("run", "plain")
    #expect(result.exitCode == 3, "\(result.errors)")
    #expect(result.errors.contains("cache"))
  }

  @Test func aLockedDatabaseIsNamed() throws {
    let kitchen = try TestKitchen([
      "plain": "```bash {#step}\n#| out: made.txt\necho a > out/made.txt\n```\n"
    ])
    try kitchen.larder("run", "plain")
    try kitchen.write(
      "```bash {#step}\n#| out: made.txt\necho b > out/made.txt\n```\n", to: "recipes/plain.md")
    let script =
      "import sqlite3,time\nc=sqlite3.connect('\(kitchen.root.path)/cache/index.sqlite',isolation_level=None)\nc.execute('BEGIN EXCLUSIVE')\nprint('held',flush=True)\ntime.sleep(60)\n"
    let holder = try Running(["/usr/bin/python3", "-c", script])
    holder.waitFor("held")
    let result = try kitchen.larder("run", "plain")
    kill(holder.id, SIGTERM)
    _ = holder.wait()
    #expect(result.exitCode == 3, "\(result.errors)")
    #expect(
      result.errors.contains("locked") || result.errors.contains("another"), "\(result.errors)")
    #expect(try kitchen.larder("run", "plain").exitCode == 0)
  }

  @Test func aFullDiskLosesNothing() throws {
    guard getuid() == 0 else { return }
    let kitchen = try TestKitchen([
      "plain": "```bash {#step}\n#| out: made.txt\necho a > out/made.txt\n```\n"
    ])
    let disk = kitchen.root.appending(path: "disk").path
    #expect(
      try shell(
        "mkdir \(disk) && mount -t tmpfs -o size=6m tmpfs \(disk) && cp -r \(kitchen.root.path)/recipes \(disk)/ && echo ok"
      ) == "ok\n")
    defer { _ = try? shell("umount -l \(disk)") }
    let folder = URL(filePath: disk)
    #expect(try kitchen.larder("run", "plain", folder: folder).exitCode == 0)
    try kitchen.write(
      "```bash {#step}\n#| out: made.txt\nhead -c 20000000 /dev/urandom > out/made.txt\n```\n",
      to: "disk/recipes/plain.md")
    let full = try kitchen.larder("run", "plain", folder: folder)
    #expect(full.exitCode == 1 || full.exitCode == 3, "\(full.errors)")
    #expect(full.errors.contains("space") || full.errors.contains("exited with"), "\(full.errors)")
    try kitchen.write(
      "```bash {#step}\n#| out: made.txt\necho a > out/made.txt\n```\n", to: "disk/recipes/plain.md"
    )
    let after = try kitchen.larder("run", "plain", "--json", folder: folder)
    #expect(after.exitCode == 0, "\(after.errors)")
    #expect(after.ran.isEmpty)
  }
}
