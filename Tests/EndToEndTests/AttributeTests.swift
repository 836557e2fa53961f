import Documents
import Foundation
import Testing

/// `larder attribute` on recipes whose metrics are known by arithmetic.
@Suite struct AttributeTests {
  /// Twenty questions; question i scores (weight × sum of the rows + bonus) × (1 + i / 20).
  static let text = """
    ---
    params: { weight: 0.5 }
    ---

    ```python {#model}
    #| in: { rows: "file:../data/rows.txt" }
    #| out: model.json
    #| with: { weight: "${weight}" }
    import json
    weight = json.load(open("params.json"))["weight"]
    value = weight * sum(float(line) for line in open("in/rows")) + 0
    json.dump(value, open("out/model.json", "w"))
    ```

    ```python {#score}
    #| in: { model: model }
    #| out: { metrics: metrics.json, questions: questions.jsonl }
    import json
    value = json.load(open("in/model"))
    rows = [{"id": f"q{i}", "tuned": {"f1": value * (1 + i / 20), "loss": 1 / value}} for i in range(20)]
    json.dump({"f1": sum(row["tuned"]["f1"] for row in rows) / 20}, open("out/metrics.json", "w"))
    with open("out/questions.jsonl", "w") as file:
        for row in rows:
            print(json.dumps(row), file=file)
    ```

    ```python {#after}
    #| in: { metrics: score.metrics }
    #| out: after.txt
    open("out/after.txt", "w").write("after")
    ```
    """

  private func kitchen(_ text: String = text) throws -> TestKitchen {
    let kitchen = try TestKitchen(["toy": text])
    try kitchen.write("2\n4\n", to: "data/rows.txt")
    try #require(try kitchen.larder("run", "toy").exitCode == 0)
    return kitchen
  }

  private func document(_ result: TestKitchen.Result) throws -> JSON {
    try JSON(parsing: result.output)
  }

  private func close(_ value: JSON?, _ expected: Double) -> Bool {
    value?.number.map { abs($0 - expected) < 1e-5 } ?? false
  }

  @Test func dataAndParametersAreToldApart() throws {
    let kitchen = try kitchen()
    try kitchen.write("2\n6\n", to: "data/rows.txt")
    try #require(
      try kitchen.larder("run", "toy", "--set", "weight=0.75", "--name", "heavy").exitCode == 0)
    let before = try kitchen.larder("show", "@last").output

    let plan = try kitchen.larder("attribute", "toy", "toy/heavy", "--plan", "--json")
    #expect(plan.exitCode == 0)
    let hybrids = try document(plan)["hybrids"]?.array ?? []
    #expect(hybrids.map { $0["from_b"] } == [["data"], ["parameters"]])
    #expect(
      hybrids.map { $0["to_run"]?.array?.compactMap { $0["step"]?.string } } == [
        ["model", "score"], ["model", "score"],
      ])
    #expect(try kitchen.larder("runs", "--json").output.contains("attribute.") == false)

    let result = try kitchen.larder("attribute", "toy", "toy/heavy", "--json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let found = try document(result)
    #expect(found["metric"] == "f1" && found["step"] == "score" && found["answerer"] == "tuned")
    let metric = try #require(found["metrics"]?.array?.first { $0["name"] == "f1" })
    // The values are 3, 4 with the data, 4.5 with the parameter, 6 with both; times 1.475.
    #expect(close(metric["a"], 3 * 1.475) && close(metric["b"], 6 * 1.475))
    #expect(close(metric["delta"], 3 * 1.475) && metric["reading"] == "better")
    #expect(close(metric["interaction"]?["value"], 0.5 * 1.475))
    let shares = try #require(metric["shares"]?.array)
    #expect(shares.map { $0["factors"] } == [["data"], ["parameters"]])
    #expect(close(shares[0]["share"], 1.25 * 1.475) && close(shares[1]["share"], 1.75 * 1.475))
    #expect(
      close(shares[0]["alone"]?["value"], 1.475) && close(shares[0]["last"]?["value"], 1.5 * 1.475))
    #expect(shares.allSatisfy { $0["reading"] == "better" })
    let loss = try #require(found["metrics"]?.array?.first { $0["name"] == "loss" })
    #expect(loss["lower_is_better"] == true && loss["reading"] == "better")
    #expect(close(loss["delta"], 1.0 / 6 - 1.0 / 3))
    #expect(
      found["changes"]?.array?.map { $0["what"] } == [
        "file:../data/rows.txt", "weight 0.5 → 0.75",
      ])
    #expect(found["hybrids"]?.array?.map { $0["status"] } == ["ran", "ran"])

    // A hybrid is an ordinary run, which nobody's names lead to by accident.
    let run = try #require(found["hybrids"]?.array?.first?["run"]?.string)
    #expect(try kitchen.larder("cat", "\(run):model").output == "4.0")
    #expect(try kitchen.larder("replay", run, "--step", "score").exitCode == 0)
    #expect(try kitchen.larder("show", "@last").output == before)
    #expect(try kitchen.read("artifacts/toy/model/model.json") == "6.0")

    // What ran once is in the store.
    let again = try kitchen.larder("attribute", "toy", "toy/heavy")
    #expect(again.output.contains("from the store") && !again.output.contains(" ran "))
    #expect(again.output.contains("data         +1.844"))
    #expect(again.output.contains("parameters   +2.581"))
    #expect(again.output.contains("interaction  +0.738"))
    for line in again.output.split(separator: "\n") { #expect(line.count <= 100) }
  }

  @Test func oneChangeNeedsNoHybrid() throws {
    let kitchen = try kitchen()
    try #require(
      try kitchen.larder("run", "toy", "--set", "weight=0.25", "--name", "light").exitCode == 0)
    let count = try kitchen.larder("runs", "--json").output
    let result = try kitchen.larder("attribute", "toy", "toy/light")
    #expect(result.exitCode == 0)
    #expect(result.output.contains("parameters  -2.213") && result.output.contains("worse"))
    #expect(result.output.contains("total       -2.213"))
    #expect(!result.output.contains("interaction") && !result.output.contains("from the store"))
    #expect(try kitchen.larder("runs", "--json").output == count)
  }

  /// New code that the old parameters cannot go with: what can be said is said, together.
  @Test func whatCannotBeToldApartIsReportedTogether() throws {
    let kitchen = try kitchen()
    try kitchen.write(
      Self.text.replacing("weight: 0.5", with: "weight: heavy")
        .replacing(
          "weight = json.load(open(\"params.json\"))[\"weight\"]",
          with: "weight = {\"heavy\": 1.5}[json.load(open(\"params.json\"))[\"weight\"]]"),
      to: "recipes/toy.md")
    try kitchen.write("2\n6\n", to: "data/rows.txt")
    try #require(try kitchen.larder("run", "toy").exitCode == 0)
    let result = try kitchen.larder("attribute", "toy~1", "toy", "--json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let found = try document(result)
    let metric = try #require(found["metrics"]?.array?.first { $0["name"] == "f1" })
    // 3 with neither, 12 with both; the data alone makes 4, the rest alone 9.
    #expect(metric["shares"]?.array?.map { $0["factors"] } == [["data"], ["parameters", "code"]])
    #expect(close(metric["shares"]?.array?[0]["share"], 2 * 1.475))
    #expect(close(metric["shares"]?.array?[1]["share"], 7 * 1.475))
    #expect(found["notes"] == ["parameters and code cannot be told apart here"])
    let impossible = found["hybrids"]?.array?.filter { $0["status"] == "impossible" } ?? []
    #expect(!impossible.isEmpty)
    #expect(impossible.allSatisfy { $0["why"]?.string?.contains("weight") == true })
  }

  @Test func aHybridThatFailsIsReportedAndTheRestGoesOn() throws {
    let kitchen = try kitchen()
    // The new code needs the new rows: with the old ones it fails.
    try kitchen.write(
      Self.text.replacing(
        "value = weight", with: "assert len(open(\"in/rows\").readlines()) == 3\nvalue = weight"),
      to: "recipes/toy.md")
    try kitchen.write("2\n4\n3\n", to: "data/rows.txt")
    try #require(try kitchen.larder("run", "toy", "--set", "weight=1", "--name", "b").exitCode == 0)
    let result = try kitchen.larder("attribute", "toy", "toy/b", "--json")
    #expect(result.exitCode == 1)
    let found = try document(result)
    let metric = try #require(found["metrics"]?.array?.first { $0["name"] == "f1" })
    #expect(metric["shares"]?.array?.map { $0["factors"] } == [["data", "code"], ["parameters"]])
    #expect(found["hybrids"]?.array?.contains { $0["status"] == "failed" } == true)
    #expect(result.errors.contains("AssertionError"))
  }

  @Test func factorsCanBeNamed() throws {
    let kitchen = try kitchen()
    try kitchen.write(Self.text.replacing("+ 0\n", with: "+ 1\n"), to: "recipes/toy.md")
    try kitchen.write("2\n6\n", to: "data/rows.txt")
    try #require(try kitchen.larder("run", "toy", "--set", "weight=1", "--name", "b").exitCode == 0)
    let one = try document(
      try kitchen.larder("attribute", "toy", "toy/b", "--factor", "code,environment", "--json"))
    let shares = try #require(one["metrics"]?.array?.first?["shares"]?.array)
    #expect(shares.map { $0["factors"] } == [["code"], ["data", "parameters"]])
    #expect(one["hybrids"]?.array?.count == 2)
    #expect(one["notes"] == ["nothing differs in environment"])
    let all = try document(try kitchen.larder("attribute", "toy", "toy/b", "--json"))
    #expect(all["hybrids"]?.array?.count == 6)
    let ordered = try document(
      try kitchen.larder(
        "attribute", "toy", "toy/b", "--factor", "code,data,parameters", "--sequential", "--json"))
    #expect(ordered["hybrids"]?.array?.map { $0["from_b"] } == [["code"], ["data", "code"]])
    #expect(ordered["hybrids"]?.array?.allSatisfy { $0["status"] == "cached" } == true)
    let steps = try #require(ordered["metrics"]?.array?.first?["shares"]?.array)
    // 3 → 4 with the code → 5 with the data → 9 with the parameter.
    #expect(close(steps[0]["share"], 1.475) && close(steps[1]["share"], 1.475))
    #expect(close(steps[2]["share"], 4 * 1.475))
  }

  @Test func mistakesOfTheUserAreClear() throws {
    let kitchen = try kitchen()
    try kitchen.write(Self.text, to: "recipes/other.md")
    try kitchen.write("```text {#t}\nx\n```\n", to: "recipes/plain.md")
    for recipe in ["other", "plain"] { try kitchen.larder("run", recipe) }
    try kitchen.larder("run", "toy", "--set", "weight=heavy", "--name", "wrong")
    try kitchen.write(
      Self.text.replacing("f\"q{i}\"", with: "f\"r{i}\""), to: "recipes/toy.md")
    try kitchen.larder("run", "toy", "--name", "asked")
    try kitchen.write(
      Self.text.replacing("value = weight", with: "value = 1 / 0 *"), to: "recipes/toy.md")
    try kitchen.larder("run", "toy", "--name", "broken")
    let broken = try #require(
      try document(try kitchen.larder("runs", "toy/broken", "--json")).array?.first?["run"]?.string)
    for (arguments, message) in [
      (["toy", "toy"], "both are the run"),
      (["toy", "other"], "runs of different recipes: `toy` and `other`"),
      (["plain", "toy"], "different recipes"),
      (["toy", "nope"], "there is no run `nope`"),
      (["toy", "toy/asked"], "answered no question in common"),
      (["toy", broken], "is failed and has no scores"),
      (["toy", "toy/asked", "--factor", "dat"], "did you mean `data`?"),
      (["toy", "toy/asked", "--jobs", "0"], "--jobs 0 is not usable"),
    ] {
      let result = try kitchen.start(["attribute"] + arguments).wait()
      #expect(result.exitCode == 2, "\(arguments)")
      #expect(result.errors.contains(message), "\(result.errors)")
    }
    try kitchen.larder("run", "plain", "--name", "two", "--force", "t")
    try kitchen.write("```text {#t}\ny\n```\n", to: "recipes/plain.md")
    try kitchen.larder("run", "plain")
    let plain = try kitchen.larder("attribute", "plain~1", "plain")
    #expect(
      plain.exitCode == 2 && plain.errors.contains("no metric with values of single questions"))
  }

  @Test func runsThatDoNotDifferSaySo() throws {
    let kitchen = try kitchen()
    try kitchen.write(Self.text + "\nProse.\n", to: "recipes/toy.md")
    try #require(try kitchen.larder("run", "toy").exitCode == 0)
    let result = try kitchen.larder("attribute", "toy~1", "toy")
    #expect(result.exitCode == 0)
    #expect(result.output.contains("nothing that `score` rests on differs between the two"))
    #expect(!result.output.contains("and yet"))
  }

  /// A run that another system made is compared as it would be here.
  @Test func aRunThatWasMadeOtherwiseIsMadeAgain() throws {
    let kitchen = try kitchen()
    try #require(
      try kitchen.larder("run", "toy", "--set", "weight=1", "--name", "b").exitCode == 0)
    try shell(
      """
      set -e; export GIT_DIR='\(kitchen.root.path)/artifacts/history.git'
      export GIT_INDEX_FILE='\(kitchen.root.path)/index' GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
      export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b
      git read-tree toy/main
      blob=$(git show toy/main:actions/model.json \
        | sed 's/"interpreter_version":"[^"]*"/"interpreter_version":"Python 2.7"/' \
        | tr -d '\\n' | git hash-object -w --stdin)
      git update-index --cacheinfo 100644,$blob,actions/model.json
      commit=$(git log -1 --format=%B toy/main | git commit-tree $(git write-tree))
      git update-ref refs/heads/toy/main $commit
      """)
    let result = try kitchen.larder("attribute", "toy", "toy/b", "--json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let found = try document(result)
    let note = found["notes"]?.array?.first?.string ?? ""
    #expect(note.contains("is made again, since it was made otherwise: step `model`"))
    #expect(note.contains("interpreter's version was \"Python 2.7\""))
    #expect(found["hybrids"]?.array?.map { $0["from_b"] } == [[]])
    #expect(found["hybrids"]?.array?.map { $0["status"] } == ["cached"])
    #expect(close(found["metrics"]?.array?.first { $0["name"] == "f1" }?["delta"], 3 * 1.475))
  }

  /// Ctrl-C leaves what ran; a second call goes on there.
  @Test func goesOnAfterAnInterruption() throws {
    let kitchen = try kitchen(
      Self.text.replacing("import json\nweight", with: "import json, time\ntime.sleep(1)\nweight"))
    try kitchen.write("2\n6\n", to: "data/rows.txt")
    try #require(try kitchen.larder("run", "toy", "--set", "weight=1", "--name", "b").exitCode == 0)
    let running = try kitchen.start(["attribute", "toy", "toy/b", "--progress", "plain"])
    running.waitFor("hybrid 2 of 2")
    kill(running.id, SIGINT)
    let stopped = running.wait()
    #expect(stopped.exitCode == 130, "\(stopped.errors)")
    #expect(stopped.output.isEmpty)
    let found = try document(try kitchen.larder("attribute", "toy", "toy/b", "--json"))
    #expect(found["hybrids"]?.array?.map { $0["status"] } == ["cached", "ran"])
  }
}
