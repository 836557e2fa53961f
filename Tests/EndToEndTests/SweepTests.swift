import Documents
import Foundation
import Testing

/// `run --sweep`: a whole run for each combination.
@Suite struct SweepTests {
  private static let recipe = """
    ---
    params: { n: 1, word: hello, rate: 0.1 }
    ---
    ```bash {#shared}
    #| out: a.txt
    echo shared > out/a.txt
    ```

    ```bash {#say}
    #| in: { a: shared }
    #| with: { n: "${n}", word: "${word}", rate: "${rate}" }
    #| out: b.txt
    if grep -q '"n":13' params.json; then exit 1; fi
    if grep -q '"n":99' params.json; then echo asleep; sleep 30; fi
    cat in/a params.json > out/b.txt
    ```
    """

  private func runs(_ result: TestKitchen.Result) -> [JSON] { result.end?["runs"]?.array ?? [] }

  @Test func eachCombinationIsAnExperiment() throws {
    let kitchen = try TestKitchen(["s": SweepTests.recipe])
    let result = try kitchen.larder(
      "run", "s", "--sweep", "n=1,2", "--sweep", #"word=["a,b", c]"#, "--note", "all four", "--json"
    )
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.errors.contains("run 2 of 4: n 1, word c"))
    let plans = result.lines.filter { $0["type"] == "plan" }
    #expect(plans.map { $0["cached"] } == [0, 1, 1, 1])
    #expect(plans.map { $0["sweep"]?["number"] } == [1, 2, 3, 4])
    #expect(plans.last?["sweep"]?["parameters"] == ["n": 2, "word": "c"])
    #expect(result.lines.count { $0["type"] == "end" } == 1)
    #expect(result.lines.count { $0["type"] == "run" && $0["status"] == "succeeded" } == 4)
    #expect(result.end?["ran"] == 5)
    #expect(
      runs(result).map { $0["experiment"] } == [
        "n=1,word=a,b", "n=1,word=c", "n=2,word=a,b", "n=2,word=c",
      ])
    #expect(
      try kitchen.larder("cat", "s/n=2,word=c:say").output
        == "shared\n{\"n\":2,\"rate\":0.1,\"word\":\"c\"}")
    let listed = try kitchen.larder("runs", "s").output
    #expect(listed.components(separatedBy: "all four").count == 5)
    #expect(try kitchen.larder("show", "s/n=2,word=c").output.contains("note    all four"))
    // The experiment that `--set` alone would make.
    let one = try kitchen.larder("run", "s", "--set", "n=2", "--set", "word=c", "--json")
    #expect(one.end?["run"] == runs(result)[3]["run"])
  }

  @Test func namesAndStepParameters() throws {
    let kitchen = try TestKitchen(["s": SweepTests.recipe])
    let result = try kitchen.larder(
      "run", "s", "--sweep", "say.word=[a b, a-b]", "--set", "n=7", "--name", "slow", "--json")
    #expect(result.exitCode == 0, "\(result.errors)")
    // The two would have the same name without its digest.
    let names = runs(result).compactMap { $0["experiment"]?.string }
    #expect(Set(names).count == 2)
    #expect(names.allSatisfy { $0.hasPrefix("x-slow-say.word=a-b-") })
    #expect(runs(result).map { $0["parameters"] } == [["say.word": "a b"], ["say.word": "a-b"]])
    let plain = try kitchen.larder("run", "s", "--sweep", "n=3", "--name", "slow", "--json")
    #expect(runs(plain).map { $0["experiment"] } == ["slow-n=3"])
  }

  @Test func everyMistakeComesFirst() throws {
    let kitchen = try TestKitchen(["s": SweepTests.recipe])
    let result = try kitchen.larder(
      "run", "s", "--sweep", "n=1,x,y", "--sweep", "say.words=1,2", "--json")
    #expect(result.exitCode == 2)
    #expect(result.end?["status"] == "refused")
    for text in ["found `x`", "found `y`", "`say` has no parameter `words`", "4 mistakes"] {
      #expect(result.errors.contains(text), "\(text): \(result.errors)")
    }
    #expect(!kitchen.exists("artifacts/history.git"))
    let same = try kitchen.larder("run", "s", "--sweep", "rate=0.1,1e-1")
    #expect(same.exitCode == 2)
    #expect(same.errors.contains("the same value twice: `0.1` and `1e-1`"))
  }

  @Test(arguments: [false, true])
  func aFailureEndsTheSweepUnlessItKeepsGoing(keepsGoing: Bool) throws {
    let kitchen = try TestKitchen(["s": SweepTests.recipe])
    let result = try kitchen.start(
      ["run", "s", "--sweep", "n=1,13,2", "--json"] + (keepsGoing ? ["--keep-going"] : [])
    ).wait()
    #expect(result.exitCode == 1)
    #expect(result.end?["status"] == "failed")
    #expect(
      runs(result).map { $0["status"] }
        == ["succeeded", "failed", keepsGoing ? "succeeded" : "skipped"])
  }

  @Test func aSignalStopsTheWholeSweep() throws {
    let kitchen = try TestKitchen(["s": SweepTests.recipe])
    let running = try kitchen.start(
      ["run", "s", "--sweep", "n=1,99,2", "--json", "--keep-going", "--progress", "plain"])
    running.waitFor("run 2 of 3")
    running.waitFor("◐ say")
    Thread.sleep(forTimeInterval: 1)
    kill(running.id, SIGINT)
    let result = running.wait()
    #expect(result.exitCode == 130, "\(result.errors)")
    #expect(runs(result).map { $0["status"] } == ["succeeded", "interrupted", "skipped"])
    #expect(try processes(with: kitchen.root.path) == "")
  }

  @Test func aNoteThatIsNotKeptIsSaid() throws {
    let kitchen = try TestKitchen(["s": SweepTests.recipe])
    #expect(try !kitchen.larder("run", "s", "--note", "one").errors.contains("not kept"))
    #expect(try !kitchen.larder("run", "s", "--note", "one").errors.contains("not kept"))
    #expect(try kitchen.larder("run", "s", "--note", "two").errors.contains("not kept"))
    #expect(try kitchen.larder("show", "s").output.contains("note    one"))
  }
}
