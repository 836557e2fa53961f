import Documents
import Foundation
import Testing

/// `larder diff` of runs, recipes and bundles, on a recipe without Python packages.
@Suite struct RunDiffTests {
  private static let recipe = #"""
    ---
    params: { count: 200, limit: 150 }
    ---

    # Rows

    ```python {#rows}
    #| out: rows.jsonl
    #| with: { count: "${count}" }
    import json
    count = json.load(open("params.json"))["count"]
    with open("out/rows.jsonl", "w") as file:
        for n in range(count):
            answer = f"Number {n} is the answer to it, and no other number is."
            file.write(json.dumps({"id": f"r{n}", "instruction": f"Which number is it, {n}?", "response": answer}) + "\n")
    ```

    ```jsonl {#corrections}
    {"id": "none", "response": ""}
    ```

    ```python {#corrected}
    #| in: { rows: rows, corrections: corrections }
    #| out: rows.jsonl
    import json
    better = {row["id"]: row["response"] for row in map(json.loads, open("in/corrections"))}
    with open("out/rows.jsonl", "w") as file:
        for line in open("in/rows"):
            row = json.loads(line)
            row["response"] = better.get(row["id"], row["response"])
            file.write(json.dumps(row) + "\n")
    ```

    ```yaml {#picked}
    uses: select
    in: { rows: corrected }
    with: { method: random, k: "${limit}", seed: 3 }
    ```

    ```python {#judge}
    #| in: { rows: picked }
    #| out: metrics.json
    import json
    rows = [json.loads(line) for line in open("in/rows")]
    json.dump({"length": sum(len(row["response"]) for row in rows) / len(rows)}, open("out/metrics.json", "w"))
    ```
    """#

  private static let corrections = #"""
    {"id": "r7", "response": "Number 7 is the answer to it, and no other one is."}
    {"id": "r100", "response": "Number 100 it is: <script>alert('x')</script> & that is that."}
    """#

  private func kitchen() throws -> TestKitchen {
    let kitchen = try TestKitchen(["rows": RunDiffTests.recipe])
    try run(kitchen, "run", "rows")
    return kitchen
  }

  private func run(_ kitchen: TestKitchen, _ arguments: String...) throws {
    let result = try kitchen.start(arguments).wait()
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  private func diff(_ kitchen: TestKitchen, _ arguments: String...) throws -> JSON {
    let result = try kitchen.start(["diff"] + arguments + ["--json"]).wait()
    #expect(result.exitCode == 0, "\(result.errors)")
    return try JSON(parsing: result.output)
  }

  private func names(_ list: JSON?, _ member: String) -> [String] {
    (list?.array ?? []).compactMap { $0[member]?.string }
  }

  @Test func oneParameterAndNothingElse() throws {
    let kitchen = try kitchen()
    try run(kitchen, "run", "rows", "--set", "limit=120", "--name", "fewer")
    let found = try diff(kitchen, "rows", "rows/fewer")
    #expect(found["parameters"] == [["name": "limit", "a": 150, "b": 120]])
    #expect(found["recipe"] == ["cells": [], "prose": []])
    #expect(found["environment"] == ["packages": [], "larder": .null, "machine": .null])
    #expect(found["sources"] == [] && found["licences"] == ["added": [], "removed": []])
    #expect(names(found["steps"], "step") == ["picked", "judge"])
    #expect(found["steps"]?.array?[0]["because"] == ["parameter `k` was 150, is 120"])
    #expect(found["steps"]?.array?[1]["because"] == ["follows `picked`"])
    let rows = found["rows"]?.array?.first
    #expect(names(found["rows"], "output").first == "rows")
    #expect(rows?["old"] == 150 && rows?["new"] == 120)
    #expect(names(found["metrics"], "name") == ["length"])
    // Run again, the one from the cache does not differ.
    #expect(try diff(kitchen, "rows", "rows")["sentence"] == "nothing differs")
  }

  @Test func onePerCentOfTheRowsAndNothingElse() throws {
    let kitchen = try kitchen()
    try kitchen.write(
      RunDiffTests.recipe.replacingOccurrences(
        of: #"{"id": "none", "response": ""}"#, with: RunDiffTests.corrections),
      to: "recipes/rows.md")
    try run(kitchen, "run", "rows", "--name", "corrected")
    let found = try diff(kitchen, "rows", "rows/corrected")
    #expect(found["parameters"] == [])
    #expect(names(found["recipe"]?["cells"], "cell") == ["corrections"])
    #expect(found["recipe"]?["prose"] == [])
    let changed = (found["rows"]?.array ?? []).filter { $0["step"] != "corrections" }
    #expect(changed.first?["changed"] == 2 && changed.first?["same"] == 198)
    #expect(changed.first?["added"] == 0 && changed.first?["removed"] == 0)
    // What a draw by content picks of them is another set, and follows.
    #expect(changed.dropFirst().allSatisfy { $0["follows"] == ["corrected.rows"] })

    // Text, JSON and page say the same, and what data says is never markup.
    let text = try kitchen.larder("diff", "rows", "rows/corrected").output
    let sentence = try #require(found["sentence"]?.string)
    #expect(text.contains("\n\(sentence)\n"))
    #expect(text.contains("corrected.rows: 2 changed of 200 rows"))
    let page = try kitchen.larder("diff", "rows", "rows/corrected", "--html", "diff.html")
    #expect(page.exitCode == 0, "\(page.errors)")
    let html = try kitchen.read("diff.html")
    #expect(html.contains("<p class=\"lead\">\(sentence)</p>"))
    #expect(html.contains("<code>corrected.rows</code> 2 changed of 200 rows"))
    #expect(!html.contains("<script"))
    #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"))
    #expect(!html.contains("http://") && !html.contains("https://"))
  }

  @Test func aRowThatIsDroppedIsCountedOnce() throws {
    let recipe = """
      ```jsonl {#rows}
      {"instruction": "One?", "response": "It is one."}
      {"instruction": "Two?", "response": "It is two, and nothing but two."}
      ```

      ```yaml {#clean}
      uses: clean
      in: { rows: rows }
      with: { min_response_chars: 5 }
      ```
      """
    let kitchen = try TestKitchen(["rows": recipe])
    try run(kitchen, "run", "rows")
    try run(kitchen, "run", "rows", "--set", "clean.min_response_chars=20", "--name", "strict")
    let found = try diff(kitchen, "rows", "rows/strict")
    #expect(found["sentence"] == "1 parameter and 1 of 2 rows changed; 1 step came out differently")
    #expect(names(found["rows"], "output") == ["rows", "rejected"])
  }

  private static let matrix = #"""
    ---
    params: { ranks: [4, 8], rate: 0.25 }
    ---
    ```jsonl {#data}
    {"id": "a", "response": "the first"}
    {"id": "b", "response": "the second"}
    ```

    ```python {#train}
    #| in: { rows: data }
    #| matrix: { rank: "${ranks}" }
    #| with: { rank: "${rank}", rate: "${rate}" }
    #| out: { rows: rows.jsonl, metrics: metrics.json }
    import json
    parameters = json.load(open("params.json"))
    json.dump({"accuracy": parameters["rank"] * parameters["rate"]}, open("out/metrics.json", "w"))
    with open("out/rows.jsonl", "w") as file:
        for row in map(json.loads, open("in/rows")):
            file.write(json.dumps({**row, "rank": parameters["rank"]}) + "\n")
    ```

    ```bash {#report}
    #| in: { all: train.metrics }
    #| out: all.txt
    find in -type f | sort > out/all.txt
    ```
    """#

  @Test func instancesOfAMatrixAreComparedOneByOne() throws {
    let kitchen = try TestKitchen(["m": RunDiffTests.matrix])
    try run(kitchen, "run", "m")
    try run(kitchen, "run", "m", "--set", "rate=0.5", "--name", "faster")
    try run(kitchen, "run", "m", "--set", "ranks=[4, 8, 16]", "--name", "wider")
    try kitchen.write(
      RunDiffTests.matrix.replacingOccurrences(of: "the second", with: "the 2nd"),
      to: "recipes/m.md")
    try run(kitchen, "run", "m", "--name", "corrected")
    let steps = ["train@rank=4", "train@rank=8"]

    let faster = try diff(kitchen, "m", "m/faster")
    #expect(faster["sentence"] == "1 parameter changed; train@rank=4: accuracy +1.000")
    #expect(names(faster["steps"], "step") == steps + ["report"])
    let because = faster["steps"]?.array?.last?["because"]
    #expect(
      because == .array(steps.map { .string("follows `\($0)`") } + ["the result is the same"]))
    #expect(faster["metrics"]?.array?.map { $0["delta"] } == [1, 2])

    let wider = try diff(kitchen, "m", "m/wider")
    #expect(names(wider["steps"], "step") == ["train@rank=16", "report"])
    #expect(wider["same_steps"] == 3)
    #expect(
      wider["steps"]?.array?.last?["because"]
        == ["input `all`: `train.metrics@rank=16` came to it"])
    let narrower = try diff(kitchen, "m/wider", "m")
    #expect(
      narrower["steps"]?.array?.first { $0["step"] == "report" }?["because"]
        == ["input `all`: `train.metrics@rank=16` left it"])

    let corrected = try kitchen.larder("diff", "m", "m/corrected").output
    for step in ["4", "8"] {
      #expect(corrected.contains("\n  ~ train@rank=\(step)  follows `data`\n"))
      #expect(corrected.contains("train.rows@rank=\(step): 1 changed of 2 rows, from data.data\n"))
    }
    #expect(!corrected.contains("report"), "the files' names are the same")
    #expect(!corrected.contains(" \n"), "no line ends with a blank")
  }

  @Test func prosePlacesAndNamesChangeNoStep() throws {
    let kitchen = try kitchen()
    try kitchen.write(
      RunDiffTests.recipe.replacingOccurrences(of: "# Rows", with: "# Rows, of many")
        .replacingOccurrences(of: "{#picked}", with: "{#chosen}")
        .replacingOccurrences(of: "rows: picked", with: "rows: chosen"), to: "recipes/rows.md")
    try run(kitchen, "run", "rows", "--name", "renamed")
    let found = try diff(kitchen, "rows", "rows/renamed")
    #expect(found["recipe"]?["prose"] == ["rows"])
    #expect(names(found["recipe"]?["cells"], "status") == ["renamed", "changed"])
    #expect(names(found["recipe"]?["cells"], "effect") == ["none", "none"])
    #expect(names(found["steps"], "status") == ["same"])
    #expect(found["steps"]?.array?.first?["was"] == "picked")
    #expect(found["rows"] == [] && found["metrics"] == [])
  }

  @Test func runsRecipesAndBundlesAreComparedWithEachOther() throws {
    let kitchen = try kitchen()
    try run(kitchen, "submit", "rows", "--name", "first")
    try run(kitchen, "bundle", "rows", "-o", "rows.tar.zst")
    let same = try diff(kitchen, "submission/first", "rows.tar.zst")
    #expect(same["sentence"] == "nothing differs")
    try run(kitchen, "run", "rows", "--set", "limit=120", "--name", "fewer")
    let mixed = try diff(kitchen, "rows.tar.zst", "rows/fewer")
    #expect(mixed["parameters"] == [["name": "limit", "a": 150, "b": 120]])
    #expect(mixed["rows"]?.array?.first?["new"] == 120)

    try kitchen.write(
      RunDiffTests.recipe.replacingOccurrences(of: "limit: 150", with: "limit: 10"),
      to: "recipes/other.md")
    let recipes = try diff(kitchen, "recipes/rows.md", "other")
    #expect(recipes["parameters"] == [["name": "limit", "a": 150, "b": 10]])
    #expect(recipes["a"]?["run"] == .null && recipes["steps"] == [])
    #expect(
      recipes["sentence"] == "1 parameter changed; compared without a run")
    let today = try diff(kitchen, "rows", "recipes/rows.md")
    #expect(today["sentence"] == "nothing differs")
  }

  @Test func aFailedRunIsComparedAsFarAsItWent() throws {
    let kitchen = try kitchen()
    try kitchen.write(
      RunDiffTests.recipe.replacingOccurrences(
        of: "rows = [json.loads", with: "raise SystemExit(3)\nrows = [json.loads"),
      to: "recipes/rows.md")
    let failed = try kitchen.larder("run", "rows", "--name", "broken", "--json")
    #expect(failed.exitCode == 1)
    let id = try #require(failed.end?["run"]?.string)
    let found = try diff(kitchen, "rows", id)
    #expect(found["sentence"] == "1 cell changed; `judge` failed in B")
    #expect(found["b"]?["unfinished"] == [["step": "judge", "status": "failed"]])
  }

  @Test(arguments: [
    (["rows", "no-such"], "there is no run `no-such`", Int32(2)),
    (["rows", "rows:picked"], "there is no run `rows:picked`", 2),
    (["recipes/rows.lock", "rows"], "cannot compare a file with a run", 2),
    (["rows", "missing.tar.zst"], "there is no such file", 2),
    (["rows", "rows", "--key", ""], "--key", 2),
    (["rows", "broken.tar.zst"], "broken.tar.zst", 2),
  ])
  func whatCannotBeComparedIsRefused(
    _ arguments: [String], _ message: String, _ code: Int32
  ) throws {
    let kitchen = try kitchen()
    try kitchen.write("no lock", to: "recipes/rows.lock")
    try kitchen.write("no bundle", to: "broken.tar.zst")
    let result = try kitchen.start(["diff"] + arguments).wait()
    #expect(result.exitCode == code, "\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.output.isEmpty)
  }
}
