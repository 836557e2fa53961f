import Documents
import Foundation
import Testing

/// What a person does: a training in a console, its evidence, and results that somebody accepts.
@Suite struct ManualTests {
  private static let recipe = #"""
    # Train in the console

    ```jsonl {#rows}
    {"id":"a","instruction":"Capital of France?","response":"Paris."}
    {"id":"b","instruction":"Capital of Peru?","response":"Lima."}
    ```

    ```yaml {#adapter}
    uses: train/lora
    in: { rows: rows }
    with: { backend: console, epoch: 2 }
    ```

    ```bash {#after}
    #| in: { adapter: adapter, log: adapter.log }
    #| out: seen.txt
    cat in/adapter/artifact.json in/log > out/seen.txt
    ```

    ```bash {#other}
    #| out: other.txt
    echo other > out/other.txt
    ```
    """#

  private static let log = "{'loss': 2.5, 'epoch': 1.0}\n{'eval_loss': 2.0, 'epoch': 1.0}\n"

  private func waitingKitchen() throws -> TestKitchen {
    let kitchen = try TestKitchen(["console": ManualTests.recipe])
    try kitchen.write(ManualTests.log, to: "train.log")
    let run = try kitchen.larder("run", "console")
    #expect(run.exitCode == 75, "\(run.errors)")
    #expect(run.errors.contains("artifacts/console.waiting/adapter/INSTRUCTIONS.md"))
    #expect(run.errors.contains("larder supply console adapter artifact=TEXT log=FILE"))
    #expect(run.errors.contains("after: skipped, step `adapter` waits"))
    #expect(run.errors.contains("waiting for evidence in "))
    #expect(run.output.isEmpty)
    return kitchen
  }

  private func runs(_ kitchen: TestKitchen) throws -> Int {
    try JSON(parsing: try kitchen.larder("runs", "--json").output).array?.count ?? 0
  }

  @Test func aTrainingInAConsoleWaitsAndGoesOn() throws {
    let kitchen = try waitingKitchen()
    let waiting = try kitchen.larder("run", "console", "--json")
    #expect(waiting.exitCode == 75)
    #expect(
      waiting.steps == [
        "rows": "cached", "other": "cached", "adapter": "waiting", "after": "skipped",
      ])
    #expect(waiting.end?["status"] == "waiting")
    let problem = waiting.lines.first { $0["type"] == "problem" }
    #expect(problem?["code"] == "waiting")
    #expect(
      problem?["hint"]?.string?.hasSuffix("larder supply console adapter artifact=TEXT log=FILE")
        == true)
    let folder = "artifacts/console.waiting/adapter"
    #expect(try kitchen.read("\(folder)/s3/train/train.jsonl").split(separator: "\n").count == 2)
    #expect(
      try kitchen.read("\(folder)/INSTRUCTIONS.md")
        .contains("\nlarder supply console adapter artifact='…' log=training.log\n"))

    let supply = try kitchen.larder(
      "supply", "console", "adapter", "artifact=model-7", "log=train.log", "remark=quick")
    #expect(supply.exitCode == 0, "\(supply.errors)")
    #expect(supply.errors.contains("kept as evidence of `adapter`: artifact (7 B, "))
    #expect(supply.errors.contains("go on with: larder run console\n"))
    #expect(!kitchen.exists(folder))
    let recording = try JSON(
      parsing: try shell(
        "git --git-dir '\(kitchen.root.path)/artifacts/history.git' show "
          + "console/main:record/recordings/adapter.json"))
    #expect(recording["type"] == "evidence")
    #expect(recording["items"]?["log"]?["size"] == .integer(Int64(ManualTests.log.utf8.count)))

    let onward = try kitchen.larder("run", "console", "--json")
    #expect(onward.exitCode == 0, "\(onward.errors)")
    #expect(onward.ran == ["after"])
    #expect(
      try kitchen.read("artifacts/console/after/seen.txt") == """
        {"artifact":"model-7","backend":"console"}
        {"epoch":1,"train_loss":2.5}
        {"epoch":1,"validation_loss":2}

        """)
    let again = try kitchen.larder("run", "console", "--json")
    #expect(again.exitCode == 0)
    #expect(again.ran.isEmpty)
    #expect(again.end?["cached"] == 4)

    let replay = try kitchen.larder("replay", "console", "--offline", "--json")
    try expectIdentical(replay, how: ["adapter": "evidence", "rows": "executed"])
    let bundle = try kitchen.larder("bundle", "console", "-o", "console.tar.zst")
    #expect(bundle.exitCode == 0, "\(bundle.errors)")
    let elsewhere = try kitchen.larder("replay", "console.tar.zst", "--offline", "--json")
    try expectIdentical(elsewhere, how: ["adapter": "evidence", "after": "executed"])

    // New evidence replaces the old, which the earlier run keeps.
    let second = try kitchen.larder(
      "supply", "console", "adapter", "artifact=model-8", "log=train.log", "--json")
    #expect(second.exitCode == 0, "\(second.errors)")
    #expect(second.steps == ["rows": "cached", "adapter": "ran"])
    #expect(second.end?["status"] == "succeeded")
    #expect(try kitchen.larder("run", "console", "--json").ran == ["after"])
    #expect(try kitchen.larder("cat", "console:after").output.contains("model-8"))
    #expect(try kitchen.larder("cat", "console~1:after").output.contains("model-7"))
    for reference in ["console", "console~1"] {
      try expectIdentical(
        try kitchen.larder("replay", reference, "--offline", "--json"),
        how: ["adapter": "evidence"])
    }
  }

  private func expectIdentical(_ replay: TestKitchen.Result, how: [String: String]) throws {
    #expect(replay.exitCode == 0, "\(replay.errors)")
    #expect(replay.end?["verdict"] == "identical")
    for (step, expected) in how {
      let line = replay.lines.first { $0["step"]?.string == step }
      #expect(line?["verdict"] == "identical")
      #expect(line?["how"]?.string == expected, "\(step)")
    }
  }

  @Test func experimentsWaitApart() throws {
    let kitchen = try waitingKitchen()
    let run = try kitchen.larder(
      "run", "console", "--set", "adapter.learning_rate=0.001", "--name", "fast")
    #expect(run.exitCode == 75)
    let options = "console --set adapter.learning_rate=0.001 --name fast"
    #expect(run.errors.contains("larder supply \(options) adapter artifact=TEXT log=FILE"))
    let text = try kitchen.read("artifacts/console@fast.waiting/adapter/INSTRUCTIONS.md")
    #expect(text.contains("| **learning_rate** | `0.001` |"))
    #expect(kitchen.exists("artifacts/console.waiting/adapter/INSTRUCTIONS.md"))
    let supply = try kitchen.larder(
      "supply", "console", "--set", "adapter.learning_rate=0.001", "--name", "fast", "adapter",
      "artifact=a", "log=train.log")
    #expect(supply.exitCode == 0, "\(supply.errors)")
    #expect(supply.errors.contains("go on with: larder run \(options)\n"))
    #expect(try kitchen.larder("run", "console").exitCode == 75)
  }

  @Test func wrongEvidenceChangesNothing() throws {
    let kitchen = try waitingKitchen()
    try kitchen.write("nothing here\n", to: "empty.log")
    let before = try runs(kitchen)
    let cases: [([String], String)] = [
      (["adapter", "artifact=a"], "needs the evidence `log` as well"),
      (["adapter", "artifct=a", "log=train.log"], "did you mean `artifact`?"),
      (["adapter", "artifact", "log=train.log"], "it is not NAME=VALUE"),
      (["adapter", "artifact=a", "artifact=b", "log=train.log"], "given twice"),
      (["adapter", "artifact=a", "log=missing.log"], "there is no file `missing.log`"),
      (["adapter", "artifact=a", "log=recipes"], "there is no file `recipes`"),
      (["adapter", "artifact=", "log=train.log"], "the evidence `artifact` is empty"),
      (["adapter", "artifact=a", "log=empty.log"], "looked for lines such as `{'loss': 1.234"),
      (["other", "artifact=a", "log=train.log"], "takes no evidence: Larder runs it"),
      (["adaptor", "artifact=a", "log=train.log"], "did you mean `adapter`?"),
      (["adapter", "--set", "rows=1", "artifact=a", "log=train.log"], "rows"),
    ]
    for (arguments, message) in cases {
      let supply = try kitchen.start(["supply", "console"] + arguments).wait()
      #expect(supply.exitCode == 2, "\(arguments): \(supply.errors)")
      #expect(supply.errors.contains(message), "\(arguments): \(supply.errors)")
      #expect(supply.errors.contains("hint: "))
    }
    try shell("truncate -s 67108865 '\(kitchen.root.path)/large.log'")
    let refused = try kitchen.larder(
      "supply", "console", "adapter", "artifact=a", "log=large.log", "--json")
    #expect(refused.exitCode == 2)
    #expect(refused.errors.contains("more than 64 MiB"), "\(refused.errors)")
    #expect(refused.end?["status"] == "refused")
    #expect(try runs(kitchen) == before)
    #expect(kitchen.exists("artifacts/console.waiting/adapter/INSTRUCTIONS.md"))
    #expect(try kitchen.larder("run", "console").exitCode == 75)
  }

  @Test func whatTheStepNeedsRunsFirst() throws {
    let recipe = ManualTests.recipe
      .replacing("in: { rows: rows }", with: "in: { rows: made }")
      .appending(
        "\n\n```bash {#made}\n#| in: { rows: rows }\n#| out: r.jsonl\ncp in/rows out/r.jsonl\n```\n"
      )
    let kitchen = try TestKitchen(["console": recipe])
    try kitchen.write(ManualTests.log, to: "train.log")
    let supply = try kitchen.larder("supply", "console", "adapter", "artifact=a", "log=train.log")
    #expect(supply.exitCode == 2)
    #expect(supply.errors.contains("steps `rows`, `made` must run first"), "\(supply.errors)")
    #expect(supply.errors.contains("larder run console --until adapter"))
    #expect(try kitchen.larder("run", "console", "--until", "adapter").exitCode == 75)
    let ready = try kitchen.larder("supply", "console", "adapter", "artifact=a", "log=train.log")
    #expect(ready.exitCode == 0, "\(ready.errors)")
  }

  @Test func onlyTheConsoleNeedsNoModel() throws {
    let kitchen = try TestKitchen([
      "local": ManualTests.recipe.replacing("backend: console, ", with: "")
    ])
    let check = try kitchen.larder("check", "local")
    #expect(check.exitCode == 2)
    #expect(check.errors.contains("`train/lora` needs the input `model`"), "\(check.errors)")
  }

  // MARK: Accepted results

  private static let clock = """
    # A step that uses the clock

    ```bash {#clock}
    #| out: now.txt
    date +%s%N > out/now.txt
    ```
    """

  @Test(arguments: [[], ["--name", "late"]]) func aNewResultIsAccepted(options: [String]) throws {
    let kitchen = try TestKitchen(["clock": ManualTests.clock])
    let reference = options.isEmpty ? "clock" : "clock/late"
    #expect(try kitchen.start(["run", "clock"] + options).wait().exitCode == 0)
    let first = try kitchen.larder("cat", "\(reference):clock").output
    let none = try kitchen.larder("accept", "\(reference):clock")
    #expect(none.exitCode == 2)
    #expect(none.errors.contains("waits to be accepted"), "\(none.errors)")

    let forced = try kitchen.start(["run", "clock", "--force", "clock"] + options).wait()
    #expect(forced.exitCode == 1)
    #expect(forced.errors.contains("larder accept \(reference):clock"), "\(forced.errors)")
    let kept = try kitchen.start(["run", "clock", "--json"] + options).wait()
    #expect(kept.exitCode == 0 && kept.ran.isEmpty)
    #expect(try kitchen.larder("cat", "\(reference):clock").output == first)

    let accept = try kitchen.larder("accept", "\(reference):clock")
    #expect(accept.exitCode == 0, "\(accept.errors)")
    #expect(accept.errors.contains("accepted for step `clock`:\n  now: "))
    #expect(accept.errors.contains(" → "))
    let next = try kitchen.start(["run", "clock", "--json"] + options).wait()
    #expect(next.exitCode == 0)
    #expect(next.ran.isEmpty)
    let second = try kitchen.larder("cat", "\(reference):clock").output
    #expect(second != first && !second.isEmpty)
    #expect(try kitchen.larder("accept", "\(reference):clock").exitCode == 2)
  }

  @Test(arguments: [
    ("clock", "it is not REF:STEP"), ("clock:", "it is not REF:STEP"),
    ("clock:clok", "did you mean `clock`?"), ("clok:clock", "did you mean `clock`?"),
  ])
  func wrongTargets(target: String, message: String) throws {
    let kitchen = try TestKitchen(["clock": ManualTests.clock])
    #expect(try kitchen.larder("run", "clock").exitCode == 0)
    let accept = try kitchen.larder("accept", target)
    #expect(accept.exitCode == 2)
    #expect(accept.errors.contains(message), "\(accept.errors)")
  }

  /// Executed again, it would give another time.
  @Test func aCapturedStepIsNotExecutedAgain() throws {
    let kitchen = try TestKitchen([
      "clock": ManualTests.clock.replacing("#| out", with: "#| network: true\n#| out")
    ])
    let run = try kitchen.larder("run", "clock")
    #expect(run.exitCode == 0, "\(run.errors)")
    try expectIdentical(
      try kitchen.larder("replay", "clock", "--offline", "--json"), how: ["clock": "captured"])
    #expect(try kitchen.larder("bundle", "clock", "-o", "clock.tar.zst").exitCode == 0)
    try expectIdentical(
      try kitchen.larder("replay", "clock.tar.zst", "--offline", "--json"),
      how: ["clock": "captured"])
  }
}
