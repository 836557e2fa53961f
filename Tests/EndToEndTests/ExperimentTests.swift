import Documents
import Foundation
import Testing

/// Experiments side by side and the ways of rows, on the built binary.
@Suite struct ExperimentTests {
  /// No Python: the training is done in a console, by hand.
  private static let recipe = """
    ---
    params:
      least: 4
      bonus: 0
    ---

    # Desk

    ```jsonl {#pairs}
    {"id":"cat","instruction":"What does a cat say?","response":"It says meow."}
    {"id":"dog","instruction":"What does a dog say?","response":"It says woof."}
    {"id":"cow","instruction":"What does a cow say?","response":"Moo"}
    {"id":"owl","instruction":"What does an owl say?","response":"It says hoot."}
    ```

    ```yaml {#clean}
    uses: clean
    in: { rows: pairs }
    with: { min_response_chars: "${least}", near_duplicates: false }
    ```

    ```bash {#part}
    #| in: { rows: clean }
    #| out: { train: train.jsonl, rest: rest.jsonl }
    grep -v owl in/rows > out/train.jsonl
    grep owl in/rows > out/rest.jsonl
    ```

    ```yaml {#adapter}
    uses: train/lora
    in: { rows: part.train }
    with: { backend: console, epoch: 1 }
    ```

    ```bash {#count}
    #| in: { rows: part.train }
    #| out: metrics.json
    #| env: { BONUS: "${bonus}" }
    rows=$(wc -l < in/rows)
    echo "{\\"rows\\":$rows,\\"score\\":$((rows + BONUS))}" > out/metrics.json
    ```
    """

  private func kitchen() throws -> TestKitchen {
    let kitchen = try TestKitchen(["desk": Self.recipe])
    try kitchen.write(#"{"epoch":1,"train_loss":0.5}"# + "\n", to: "console.log")
    // Waits for what the console gives.
    #expect(try kitchen.larder("run", "desk").exitCode == 75)
    let supplied = try kitchen.larder(
      "supply", "desk", "adapter", "artifact=s3://bucket/model.tar.gz", "log=console.log")
    #expect(supplied.exitCode == 0, "\(supplied.errors)")
    #expect(try kitchen.larder("run", "desk").exitCode == 0)
    return kitchen
  }

  @Test func showsOnlyWhatDiffersBestFirst() throws {
    let kitchen = try kitchen()
    for bonus in ["1", "5"] {
      let ran = try kitchen.larder(
        "run", "desk", "--set", "bonus=\(bonus)", "--note", "=bonus of \(bonus)")
      #expect(ran.exitCode == 0, "\(ran.errors)")
    }
    let text = try kitchen.larder("table")
    #expect(text.exitCode == 0, "\(text.errors)")
    let lines = text.output.split(separator: "\n").map(String.init)
    #expect(lines[0] == "desk: 3 experiments, ranked by score (higher is better)")
    #expect(lines[1].contains("bonus"))
    #expect(!lines[1].contains("least"))
    #expect(lines[3].contains("bonus=5"))
    #expect(lines.allSatisfy { $0.count <= 80 })

    let csv = try kitchen.larder("table", "desk", "--csv", "--sort", "score")
    let records = csv.output.components(separatedBy: "\r\n")
    #expect(records.count == 5)
    #expect(records[1].hasPrefix("desk,main,"))
    #expect(records[3].hasSuffix(",'=bonus of 5"))

    let document = try JSON(parsing: try kitchen.larder("table", "desk/bonus*", "--json").output)
    let rows = try #require(document["tables"]?.array?.first?["experiments"]?.array)
    #expect(rows.map { $0["metrics"]?["score"]?["value"]?.integer } == [7, 3])
    #expect(rows.map { $0["standing"]?.string } == ["best", "not comparable"])

    let page = try kitchen.larder("table", "desk", "--html", "table.html")
    #expect(page.exitCode == 0, "\(page.errors)")
    #expect(page.output.isEmpty)
    let html = try kitchen.read("table.html")
    #expect(html.contains("<h1>Experiments of desk</h1>"))
    #expect(html.contains("=bonus of 5"))
    #expect(!html.contains("<form") && !html.contains("<script"))

    for (arguments, code, words) in [
      (["table", "--sort", "bonnus"], Int32(2), "did you mean `bonus`?"),
      (["table", "nobody"], 2, "there is no run `nobody`"),
      (["table", "desk/x*"], 2, "no experiment matches"),
      (["table", "--csv", "--json"], 2, "cannot both"),
    ] {
      let refused = try kitchen.start(arguments).wait()
      #expect(refused.exitCode == code)
      #expect(refused.errors.contains(words), "\(refused.errors)")
    }
  }

  @Test func followsRowsToSubmissionsAndBack() throws {
    let kitchen = try kitchen()
    #expect(try kitchen.larder("submit", "desk", "--name", "first").exitCode == 0)

    let cat = try kitchen.larder("lineage", "cat")
    #expect(cat.exitCode == 0)
    #expect(
      cat.output.contains("pairs → clean → part.train → adapter → submission/first"),
      "\(cat.output)\(cat.errors)")
    let cow = try kitchen.larder("lineage", "id:cow")
    #expect(cow.output.contains("never trained on"))
    #expect(cow.output.contains("by clean: min_response_chars"))
    let owl = try JSON(parsing: try kitchen.larder("lineage", "owl", "--json").output)
    #expect(owl["query"]?["kind"] == "id")
    let run = try #require(owl["runs"]?.array?.first)
    #expect(run["trained"] == false)
    #expect(run["submissions"] == ["first"])
    #expect(
      run["places"]?.array?.map { $0["place"]?.string } == [
        "pairs.data", "clean.rows", "part.rest",
      ])
    let text = try kitchen.larder("lineage", "It says")
    #expect(text.output.contains("2 rows of part.train"), "\(text.output)")

    let back = try kitchen.larder("lineage", "submission/first")
    #expect(back.output.contains("trained on    2 rows of part.train"), "\(back.output)")
    #expect(back.output.contains("by clean: 1 min_response_chars"))

    let nothing = try kitchen.larder("lineage", "id:bird")
    #expect(nothing.exitCode == 0)
    #expect(nothing.output.isEmpty)
    #expect(nothing.errors.contains("no row has the id `bird`"))
    let empty = try JSON(parsing: try kitchen.larder("lineage", "licence:MIT", "--json").output)
    #expect(empty["runs"] == [])
    for arguments in [["lineage", ""], ["lineage", "id:"], ["lineage", "submission/none"]] {
      #expect(try kitchen.start(arguments).wait().exitCode == 2)
    }
  }

  @Test func saysWhatToTypeWhereThereIsNothing() throws {
    let kitchen = try TestKitchen(["desk": Self.recipe])
    let table = try kitchen.larder("table")
    #expect(table.exitCode == 0)
    #expect(table.output.isEmpty)
    #expect(table.errors.contains("larder run RECIPE"))
    #expect(try kitchen.larder("table", "--json").output == "{\"tables\":[]}\n")
    #expect(try kitchen.larder("table", "--csv").output.isEmpty)
    let lineage = try kitchen.larder("lineage", "cat")
    #expect(lineage.exitCode == 0)
    #expect(lineage.errors.contains("0 runs"))
  }
}
