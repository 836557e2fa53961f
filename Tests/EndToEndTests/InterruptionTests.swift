import Documents
import Foundation
import Testing

/// Ctrl-C, kill and several at once.
@Suite struct InterruptionTests {
  private static func recipe(_ mark: String) -> String {
    """
    ```bash {#first}
    #| out: a.txt
    echo first > out/a.txt
    ```

    ```bash {#slow}
    #| in: { a: first }
    #| out: b.txt
    echo \(mark)
    sleep 30.\(mark.hashValue.magnitude % 1000)
    cp in/a out/b.txt
    ```
    """
  }

  private func mended(_ kitchen: TestKitchen) throws {
    try kitchen.write(
      InterruptionTests.recipe("x").replacing(#/sleep 30[.0-9]*/#, with: "true"),
      to: "recipes/slow.md")
    let next = try kitchen.larder("run", "slow", "--json")
    #expect(next.exitCode == 0, "\(next.errors)")
    #expect(next.steps["first"] == "cached")
    #expect(try kitchen.larder("cat", "slow:slow").output == "first\n")
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalStopsCleanly(signal: Int32) throws {
    let kitchen = try TestKitchen(["slow": InterruptionTests.recipe("stopped")])
    let running = try kitchen.start(["run", "slow", "--progress", "plain", "--json"])
    running.waitFor("◐ slow")
    Thread.sleep(forTimeInterval: 0.3)
    kill(running.id, signal)
    let result = running.wait()
    #expect(result.exitCode == 130, "\(result.errors)")
    #expect(result.end?["status"] == "interrupted")
    #expect(try processes(with: kitchen.root.path) == "")
    #expect(try kitchen.larder("runs", "--json").output.contains("\"status\":\"interrupted\""))
    try mended(kitchen)
  }

  @Test func killLeavesAStoreThatOpens() throws {
    let kitchen = try TestKitchen(["slow": InterruptionTests.recipe("killed")])
    let running = try kitchen.start(["run", "slow", "--progress", "plain"])
    running.waitFor("◐ slow")
    Thread.sleep(forTimeInterval: 0.3)
    kill(running.id, SIGKILL)
    #expect(running.wait().exitCode == 137)
    Thread.sleep(forTimeInterval: 0.5)
    #expect(try processes(with: kitchen.root.path) == "")
    try mended(kitchen)
  }

  @Test func killedAtManyMomentsTheNextRunIsRight() throws {
    let text = (0..<12).map { index in
      "```bash {#s\(index)}\n\(index == 0 ? "" : "#| in: { a: s\(index - 1) }\n")#| out: a.txt\n"
        + "{ \(index == 0 ? "true" : "cat in/a"); echo \(index); } > out/a.txt\n```\n"
    }.joined(separator: "\n")
    let whole = try TestKitchen(["chain": text])
    let expected = try whole.larder("run", "chain", "--json").end?["result"]
    let rounds = ProcessInfo.processInfo.environment["LARDER_LONG_TESTS"] == nil ? 12 : 200
    let kitchen = try TestKitchen(["chain": text])
    var generator = SystemRandomNumberGenerator()
    for round in 0..<rounds {
      let running = try kitchen.start(["run", "chain", "--progress", "none"])
      Thread.sleep(forTimeInterval: Double.random(in: 0...0.35, using: &generator))
      kill(running.id, SIGKILL)
      _ = running.wait()
      if round % 4 == 3 { try shell("rm -rf \(kitchen.root.path)/artifacts") }
      let plan = try kitchen.larder("plan", "chain")
      #expect(plan.exitCode == 0, "\(plan.errors)")
    }
    let last = try kitchen.larder("run", "chain", "--json")
    #expect(last.exitCode == 0, "\(last.errors)")
    #expect(last.end?["result"] == expected)
  }

  @Test func twoRunsAtOnceShareAStep() throws {
    let kitchen = try TestKitchen([
      "one": "```bash {#step}\n#| out: a.txt\nsleep 1\ndate +%N > out/a.txt\n```\n",
      "two": "```bash {#other-name}\n#| out: a.txt\nsleep 1\ndate +%N > out/a.txt\n```\n",
    ])
    let first = try kitchen.start(["run", "one", "--json"])
    let second = try kitchen.start(["run", "two", "--json"])
    let (a, b) = (first.wait(), second.wait())
    #expect(a.exitCode == 0, "\(a.errors)")
    #expect(b.exitCode == 0, "\(b.errors)")
    // The clock in the output shows that the step was executed once.
    #expect(
      try kitchen.larder("cat", "one:step").output == kitchen.larder("cat", "two:other-name").output
    )
    #expect(a.ran.count + b.ran.count == 1)
  }

  @Test func eightProcessesGiveWhatOneGives() throws {
    let texts = Dictionary(
      uniqueKeysWithValues: (0..<8).map { number in
        (
          "r\(number)",
          (0..<6).map { index in
            "```bash {#s\(index)}\n\(index == 0 ? "" : "#| in: { a: s\(index - 1) }\n")#| out: a.txt\n"
              + "{ \(index == 0 ? "true" : "cat in/a"); echo \(index < 4 ? "shared" : "own \(number)"); } > out/a.txt\n```\n"
          }.joined(separator: "\n")
        )
      })
    let one = try TestKitchen(texts)
    let expected = try texts.keys.sorted().map {
      try one.larder("run", $0, "--json").end?["result"]
    }
    let many = try TestKitchen(texts)
    let running = try texts.keys.sorted().map { try many.start(["run", $0, "--json"]) }
    let results = running.map { $0.wait() }
    for result in results { #expect(result.exitCode == 0, "\(result.errors)") }
    #expect(results.map { $0.end?["result"] } == expected)
    #expect(results.reduce(0) { $0 + $1.ran.count } == 4 + 2 * 8)
  }
}
