import Documents
import Executors
import Files
import Foundation
import Problems
import SystemPackage
import Testing

/// What every executor promises.
@Suite(.serialized) struct ConformanceTests {
  @Test(arguments: Kitchen.Place.allCases)
  func writesOutputs(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    let job = try kitchen.bash("echo made > out/rows.jsonl; mkdir out/deep; echo x > out/deep/y")
    let outcome = try await kitchen.run(job)
    #expect(outcome.ending == .exited(0))
    #expect(outcome.log.isEmpty)
    #expect(outcome.seconds > 0 && outcome.seconds < 10)
    #expect(outcome.peakMemory > 0)
    #expect(try Files.readText(job.outputFolder.appending("rows.jsonl")) == "made\n")
    #expect(try Files.names(in: job.outputFolder) == ["deep", "rows.jsonl"])
  }

  @Test(arguments: Kitchen.Place.allCases)
  func givesFilesAndMounts(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    let rows = kitchen.folder.appending("kept-rows")
    try Files.write(Array("one\n".utf8), to: rows)
    let tree = kitchen.folder.appending("kept-tree")
    try Files.makeFolder(tree.appending("sub"))
    try Files.write(Array("two\n".utf8), to: tree.appending("sub").appending("file"))
    var job = try kitchen.bash(
      "cat in/rows in/tree/sub/file params.json; cat \"$PROGRAM\"/sub/file; ls in")
    job.files = ["params.json": Array("{}\n".utf8)]
    job.mounts = [
      .init(source: rows, target: "in/rows"), .init(source: tree, target: "in/tree"),
      .init(source: tree, target: "/program"),
    ]
    job.variables = ["PROGRAM": kitchen.executor.seenPath("/program", in: job)]
    let outcome = try await kitchen.run(job)
    #expect(outcome.text == "one\ntwo\n{}\ntwo\nrows\ntree\n")
    #expect(outcome.ending == .exited(0))
  }

  @Test(arguments: Kitchen.Place.allCases)
  func leavesInputsAlone(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    let rows = kitchen.folder.appending("kept-rows")
    try Files.write(Array("one\n".utf8), to: rows)
    var job = try kitchen.bash("echo more >> in/rows || true; rm -f in/rows || true")
    job.mounts = [.init(source: rows, target: "in/rows")]
    _ = try await kitchen.run(job)
    #expect(try Files.readText(rows) == "one\n")
  }

  @Test(arguments: Kitchen.Place.allCases, [("exit 0", 0), ("exit 1", 1), ("exit 75", 75)])
  func tellsExitCodes(place: Kitchen.Place, script: (String, Int32)) async throws {
    let kitchen = try Kitchen(place)
    let outcome = try await kitchen.run(kitchen.bash(script.0))
    #expect(outcome.ending == .exited(script.1))
  }

  @Test(arguments: Kitchen.Place.allCases, [SIGKILL, SIGSEGV, SIGTERM])
  func tellsSignals(place: Kitchen.Place, number: Int32) async throws {
    let kitchen = try Kitchen(place)
    let outcome = try await kitchen.run(kitchen.bash("kill -\(number) $$; sleep 5"))
    #expect(outcome.ending == .signalled(number))
  }

  @Test(arguments: Kitchen.Place.allCases)
  func tellsOfAMissingProgram(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    let outcome = try await kitchen.run(kitchen.job(["no-such-program"]))
    #expect(outcome.ending == .exited(127))
    #expect(outcome.text.contains("no-such-program"))
  }

  @Test(arguments: Kitchen.Place.allCases)
  func setsVariables(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    var job = try kitchen.job(["env"])
    job.variables = ["COUNTRY": "Fr=ance"]
    let outcome = try await kitchen.run(job)
    let step = kitchen.executor.seenPath("/step", in: job)
    var lines = Set(outcome.text.split(separator: "\n").map(String.init))
    let path = lines.first { $0.hasPrefix("PATH=") }
    #expect(path?.hasSuffix(":/usr/bin:/bin") == true)
    path.map { _ = lines.remove($0) }
    lines.remove("PWD=/step")
    #expect(
      lines == [
        "COUNTRY=Fr=ance", "HOME=\(step)/home", "TMPDIR=\(step)/tmp", "LANG=C.UTF-8", "TZ=UTC",
      ])
  }

  @Test(arguments: Kitchen.Place.allCases)
  func setsUmaskAndFolders(place: Kitchen.Place) async throws {
    let before = umask(0o077)
    defer { umask(before) }
    let kitchen = try Kitchen(place)
    let text = try await kitchen.output(
      """
      umask; test "$PWD" -ef out/..; touch "$TMPDIR/x" "$HOME/x"; stat -c %a . in out
      readlink -f "$(command -v python)"; python -c 'import sys; print(sys.version_info[0])'
      """)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(Array(lines.prefix(4)) == ["0022", "755", "755", "755"])
    #expect(lines.dropFirst(4).first?.hasPrefix("/usr/bin/python3") == true)
    #expect(lines.last == "3")
  }

  @Test(arguments: Kitchen.Place.allCases)
  func putsTheEnvironmentFirst(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    let tool = kitchen.folder.appending("kept-env").appending("bin")
    try Files.makeFolder(tool)
    try Files.write(
      Array("#!/bin/sh\necho from the environment\n".utf8), to: tool.appending("python"),
      mode: 0o755)
    var job = try kitchen.job(["python"])
    job.mounts = [.init(source: kitchen.folder.appending("kept-env"), target: "/env/data")]
    job.environmentPath = "/env/data"
    #expect(try await kitchen.run(job).text == "from the environment\n")
  }

  @Test(arguments: Kitchen.Place.allCases)
  func reportsLinesAsTheyCome(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    let outcome = try await kitchen.run(
      kitchen.bash("echo one; echo two >&2; printf 'bad \\xff'"))
    #expect(kitchen.lines == ["one", "two", "bad \u{FFFD}"])
    #expect(outcome.log == Array("one\ntwo\nbad ".utf8) + [0xFF])
  }

  @Test(arguments: Kitchen.Place.allCases)
  func reportsProgress(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    let mark = #"\x1e{"progress":{"done":3,"total":10,"unit":"steps","text":"loss 1"}}\n"#
    let outcome = try await kitchen.run(kitchen.bash("echo a; printf '\(mark)'; echo b"))
    #expect(
      kitchen.reports == [
        .line("a"), .progress(Progress(done: 3, total: 10, unit: "steps", text: "loss 1")),
        .line("b"),
      ])
    #expect(outcome.text == "a\nb\n")
  }

  @Test(arguments: Kitchen.Place.allCases)
  func boundsTheLog(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    let outcome = try await kitchen.run(kitchen.bash("seq -f %080.0f 40000"))
    #expect(outcome.text.hasPrefix(String(repeating: "0", count: 79) + "1\n"))
    #expect(outcome.text.hasSuffix("0039999\n" + String(repeating: "0", count: 75) + "40000\n"))
    #expect(outcome.text.contains("bytes left out]\n"))
    #expect(outcome.log.count < (2 << 20) + 100)
    #expect(kitchen.lines.count == 40_000)
  }

  @Test(arguments: Kitchen.Place.allCases)
  func stopsAtTheTimeLimit(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    var job = try kitchen.bash("trap 'echo asked; exit 3' TERM; sleep 31 & wait")
    job.limits.time = 0.5
    let outcome = try await kitchen.run(job)
    guard case .timeLimit(let words) = outcome.ending else {
      Issue.record("\(outcome)")
      return
    }
    #expect(words.hasPrefix("0.5 s allowed, stopped after "))
    #expect(outcome.text == "asked\n")
    #expect(outcome.seconds < 5)
    #expect(!Kitchen.isAlive("sleep 31"))
  }

  @Test(arguments: Kitchen.Place.allCases)
  func killsWhatDoesNotListen(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    var job = try kitchen.bash("trap '' TERM; while true; do sleep 0.1; done")
    job.limits.time = 0.2
    let outcome = try await kitchen.run(job)
    guard case .timeLimit = outcome.ending else {
      Issue.record("\(outcome)")
      return
    }
    #expect(outcome.seconds > 2 && outcome.seconds < 6)
  }

  @Test(arguments: Kitchen.Place.allCases)
  func stopsAtTheMemoryLimit(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    var job = try kitchen.job([
      "python", "-c", "import time; x = bytearray(200 << 20); time.sleep(30)",
    ])
    job.limits.memory = 100 << 20
    let outcome = try await kitchen.run(job)
    guard case .memoryLimit(let words) = outcome.ending else {
      Issue.record("\(outcome)")
      return
    }
    #expect(words.hasPrefix("100 MiB allowed, 1") || words.hasPrefix("100 MiB allowed, 2"))
    #expect(words.hasSuffix(" MiB used"))
    #expect(outcome.peakMemory > 100 << 20)
  }

  @Test(arguments: Kitchen.Place.allCases)
  func stopsAtTheDiskLimit(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    var job = try kitchen.bash("head -c 50000000 /dev/zero > tmp/x; sleep 30")
    job.limits.disk = 10 << 20
    let outcome = try await kitchen.run(job)
    guard case .diskLimit(let words) = outcome.ending else {
      Issue.record("\(outcome)")
      return
    }
    #expect(words.hasPrefix("10 MiB allowed, "))
    #expect(outcome.seconds < 10)
  }

  @Test(arguments: Kitchen.Place.allCases)
  func findsTooMuchWrittenInAnInstant(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    var job = try kitchen.bash("head -c 3000000 /dev/zero > out/x")
    job.limits.disk = 1 << 20
    guard case .diskLimit = try await kitchen.run(job).ending else {
      Issue.record("not found")
      return
    }
  }

  @Test(arguments: Kitchen.Place.allCases)
  func leavesNoChildBehind(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    let sleep = place == .sandbox ? "sleep 1234" : "sleep 1235"
    let outcome = try await kitchen.run(kitchen.bash("(\(sleep) &) ; echo done"))
    #expect(outcome.ending == .exited(0))
    #expect(outcome.text == "done\n")
    // Without the sandbox nobody waits for orphans: a killed one may take a moment to go.
    if place == .unsandboxed {
      for _ in 0..<500 where Kitchen.isAlive(sleep) { try await Task.sleep(for: .milliseconds(10)) }
    }
    #expect(!Kitchen.isAlive(sleep))
    #expect(outcome.seconds < 600)
  }

  @Test(arguments: Kitchen.Place.allCases)
  func readsAllOutputOfAShortProgram(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    for _ in 1...20 {
      #expect(try await kitchen.output("seq 5000 | tail -n 1") == "5000\n")
      #expect(try await kitchen.output("head -c 60000 /dev/zero | tr '\\0' x").utf8.count == 60000)
    }
  }

  @Test(arguments: Kitchen.Place.allCases)
  func endsWithItsTask(place: Kitchen.Place) async throws {
    let kitchen = try Kitchen(place)
    let job = try kitchen.bash("echo up; sleep 4321 & sleep 4321")
    let task = Task { try await kitchen.run(job) }
    while kitchen.lines.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(!Kitchen.isAlive("sleep 4321"))
  }

  @Test(arguments: Kitchen.Place.allCases, ["../x", "/x", "a//b", ".", ""])
  func refusesFilesElsewhere(place: Kitchen.Place, name: String) async throws {
    let kitchen = try Kitchen(place)
    var job = try kitchen.job(["true"])
    job.files = [name: []]
    await #expect(throws: Problem.self) { try await kitchen.run(job) }
  }
}
