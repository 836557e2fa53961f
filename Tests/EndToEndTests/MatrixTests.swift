import Documents
import Foundation
import Testing

/// `matrix` cells: run, looked at, made again and carried away.
@Suite struct MatrixTests {
  private static let recipe = """
    ---
    params: { ranks: [4, 8] }
    ---
    ```text {#base}
    base
    ```

    ```bash {#train}
    #| in: { b: base }
    #| matrix: { rank: "${ranks}", word: [one, "a b"] }
    #| with: { r: "${rank}", word: "${word}" }
    #| out: { model: model/, log: train.log }
    echo training
    mkdir out/model
    cat in/b params.json > out/model/w.bin
    printf '%s' "$(cat params.json)" > out/train.log
    if grep -q '"r":13' params.json; then exit 1; fi
    ```

    ```bash {#eval}
    #| matrix: { from: train }
    #| in: { m: train.model, l: train.log }
    #| out: score.txt
    cat in/m/w.bin in/l > out/score.txt
    ```

    ```bash {#report}
    #| in: { scores: eval, models: train.model, some: "train.log@rank=4", one: "train.log@rank=8+word=a%20b" }
    #| out: all.txt
    find in | sort > out/all.txt
    cat in/scores/index.json in/one >> out/all.txt
    ```
    """

  private func kitchen() throws -> TestKitchen {
    let kitchen = try TestKitchen(["m": MatrixTests.recipe])
    let run = try kitchen.larder("run", "m", "--json")
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.ran.count == 10)
    return kitchen
  }

  @Test func eachInstanceRunsAndIsFound() throws {
    let kitchen = try kitchen()
    let report = try kitchen.larder("cat", "m:report").output
    for line in [
      "in/scores/rank=4+word=%22one%22/score.txt\n", "in/models/rank=8+word=%22a%20b%22/w.bin\n",
      "in/some/rank=4+word=%22one%22/train.log\n", "in/some/index.json\n",
      #"[{"axes":{"rank":4,"word":"one"},"label":"rank=4+word=%22one%22","path":"rank=4+word=%22one%22/score.txt"},"#,
    ] { #expect(report.contains(line), "\(line) in \(report)") }
    #expect(!report.contains("in/some/rank=8"))
    #expect(report.hasSuffix(#"{"r":8,"word":"a b"}"#))

    let again = try kitchen.larder("run", "m", "--json")
    #expect(again.ran.isEmpty)
    #expect(again.end?["cached"] == 10)
    // One value more: only its instances run, and what needs all of them.
    let more = try kitchen.larder("run", "m", "--set", "ranks=[4, 8, 16]", "--json")
    #expect(more.exitCode == 0, "\(more.errors)")
    #expect(more.ran.count == 5)
    #expect(more.ran.contains("train@rank=16+word=%22one%22"))
  }

  @Test func labelsNameInstances() throws {
    let kitchen = try kitchen()
    #expect(
      try kitchen.larder("cat", "m:train.log@rank=4+word=one").output == #"{"r":4,"word":"one"}"#)
    #expect(
      try kitchen.larder("cat", "m:train.model@rank=4+word=%22one%22/w.bin").output
        == "base\n" + #"{"r":4,"word":"one"}"#)
    let several = try kitchen.larder("cat", "m:train.log@rank=4")
    #expect(several.exitCode == 2)
    #expect(several.errors.contains("means 2 instances"))
    #expect(try kitchen.larder("cat", "m:train.log@rank=5+word=one").exitCode == 2)
    #expect(try kitchen.larder("cat", "m:base@rank=5").exitCode == 2)
    let shown = try kitchen.larder("show", "m:train@word=one+rank=8")
    #expect(shown.output.contains("with    r: 8"), "\(shown.errors)")
    #expect(try kitchen.larder("log", "m", "train@rank=8+word=one").output == "training\n")
    #expect(try kitchen.larder("log", "m", "train").exitCode == 2)
    let explained = try kitchen.larder("explain", "m", "train@rank=8")
    #expect(explained.output.split(separator: "\n").count == 2)
    #expect(explained.output.contains("train@rank=8+word=%22one%22 is cached"))
    let forced = try kitchen.larder(
      "run", "m", "--force", "train@rank=4", "--until", "eval@rank=4", "--json")
    #expect(forced.exitCode == 0, "\(forced.errors)")
    #expect(forced.ran == ["train@rank=4+word=%22one%22", "train@rank=4+word=%22a%20b%22"])
    #expect(forced.steps.count == 5)
    #expect(try kitchen.larder("run", "m", "--until", "eval@rank=9").exitCode == 2)
    let plan = try kitchen.larder("plan", "m").output
    #expect(plan.contains("train (4 instances)  cached"), "\(plan)")
    #expect(kitchen.exists("artifacts/m/eval@rank=4+word=%22one%22/score.txt"))
  }

  @Test func anInstanceIsThePlainStep() throws {
    let kitchen = try kitchen()
    try kitchen.write(
      """
      ```text {#other-name}
      base
      ```

      ```bash {#alone}
      #| in: { b: other-name }
      #| with: { r: 8, word: one }
      #| out: { model: model/, log: train.log }
      echo training
      mkdir out/model
      cat in/b params.json > out/model/w.bin
      printf '%s' "$(cat params.json)" > out/train.log
      if grep -q '"r":13' params.json; then exit 1; fi
      ```
      """, to: "recipes/plain.md")
    let plain = try kitchen.larder("run", "plain", "--json")
    #expect(plain.steps["alone"] == "cached", "\(plain.errors)")
  }

  @Test(arguments: [false, true])
  func aFailedInstanceKeepsOnlyWhatNeedsIt(keepsGoing: Bool) throws {
    let kitchen = try TestKitchen(["m": MatrixTests.recipe])
    let run = try kitchen.start(
      ["run", "m", "--set", "ranks=[13, 4, 8]", "--json", "--jobs", "1"]
        + (keepsGoing ? ["--keep-going"] : [])
    ).wait()
    #expect(run.exitCode == 1)
    #expect(run.steps["train@rank=13+word=%22one%22"] == "failed")
    #expect(run.steps["report"] == "skipped")
    #expect(run.steps["eval@rank=13+word=%22one%22"] == "skipped")
    #expect(run.steps["eval@rank=4+word=%22one%22"] == (keepsGoing ? "ran" : "skipped"))
    #expect(kitchen.exists("cache/failed/m-train@rank=13+word=%22one%22/log.txt"))
  }

  @Test func replayAndBundle() throws {
    let kitchen = try kitchen()
    let replay = try kitchen.larder("replay", "m", "--json")
    #expect(replay.exitCode == 0, "\(replay.errors)")
    #expect(replay.lines.count { $0["verdict"] == "identical" } == 11)
    let one = try kitchen.larder("replay", "m", "--step", "eval@rank=8+word=one", "--json")
    #expect(one.exitCode == 0, "\(one.errors)")
    #expect(one.lines.count { $0["type"] == "step" } == 3)
    #expect(try kitchen.larder("bundle", "m", "-o", "m.tar.zst").exitCode == 0)
    let elsewhere = try TestKitchen()
    let bundle = kitchen.root.appending(path: "m.tar.zst").path
    let carried = try elsewhere.larder("replay", bundle, "--json")
    #expect(carried.exitCode == 0, "\(carried.errors)")
    #expect(carried.lines.count { $0["verdict"] == "identical" } == 11)
    let names = try shell(
      "git --git-dir '\(kitchen.root.path)/artifacts/history.git' ls-tree -r --name-only m/main")
    for name in [
      "actions/train@rank=4+word=%22one%22.json",
      "result/train@rank=4+word=%22one%22/model/w.bin",
      "record/logs/train@rank=4+word=%22one%22.log",
    ] { #expect(names.contains("\(name)\n"), "\(names)") }
  }

  @Test func otherRecipesUseInstances() throws {
    let kitchen = try kitchen()
    try kitchen.write(
      """
      ```bash {#all}
      #| in: { all: "recipe:m/eval", one: "recipe:m/train.log@rank=4+word=one" }
      #| out: a.txt
      ls in/all | wc -l > out/a.txt
      cat in/one >> out/a.txt
      ```

      ```bash {#past}
      #| in: { log: "run:m:train.log@rank=4+word=one", model: "run:m:train.model@rank=8+word=one" }
      #| out: a.txt
      cat in/log in/model/w.bin > out/a.txt
      ```
      """, to: "recipes/top.md")
    let top = try kitchen.larder("run", "top", "--json")
    #expect(top.exitCode == 0, "\(top.errors)")
    #expect(top.ran == ["all", "past"])
    #expect(try kitchen.larder("cat", "top:all").output == "5\n" + #"{"r":4,"word":"one"}"#)
    #expect(
      try kitchen.larder("cat", "top:m/train.log@rank=4+word=one").output
        == #"{"r":4,"word":"one"}"#)
    #expect(try kitchen.larder("replay", "top").exitCode == 0)
    try kitchen.write(
      """
      ```bash {#past}
      #| in: { logs: "run:m:train.log@rank=4" }
      #| out: a.txt
      true
      ```
      """, to: "recipes/several.md")
    let several = try kitchen.larder("run", "several")
    #expect(several.exitCode == 2)
    #expect(several.errors.contains("means 2 instances"), "\(several.errors)")
  }
}
