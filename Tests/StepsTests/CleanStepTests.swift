import Digests
import Documents
import Notebook
import Steps
import Testing

@Suite struct CleanStepTests {
  /// One row for each rule, and one that nothing is wrong with.
  static let rows = """
    {"context":"","id":1,"instruction":"What is the capital of France?","response":"Paris is the capital of France."}
    {"context":"","id":2,"instruction":"What is  the   capital of Japan?","response":"### Answer\\nTokyo.  It is the capital.\\r\\n"}
    {"context":"","id":3,"instruction":"Who?","response":"I'm sorry, but I can't help with that."}
    {"context":"","id":4,"instruction":"Empty?","response":"  "}
    {"context":"","id":5,"instruction":"What is the capital of France?","response":"Paris is the capital of France."}
    {"context":"","id":6,"instruction":"Caf\\u0065\\u0301\\u0000?","response":"“Yes”, it is; see https://a.example.org or mail to a@b.org."}
    {"context":"","id":7,"instruction":"How old?","response":"I am ten."}
    {"id":8,"question":"No shape"}
    {"context":"","id":9,"instruction":"One","response":"the quick brown fox jumps over the lazy dog and runs far away into the deep dark wood at night to sleep"}
    {"context":"","id":10,"instruction":"One","response":"the quick brown fox jumps over the lazy dog and runs far away into the deep dark wood at night to sleep well"}

    """

  /// Raise the step's version when these bytes change.
  @Test func goldenOutputs() throws {
    let outcome = try StepBench.run("clean", inputs: ["rows": Self.rows])
    #expect(
      outcome["rows.jsonl"] == #"""
        {"context":"","id":1,"instruction":"What is the capital of France?","response":"Paris is the capital of France."}
        {"context":"","id":2,"instruction":"What is the capital of Japan?","response":"Tokyo. It is the capital."}
        {"context":"","id":6,"instruction":"Café?","response":"“Yes”, it is; see https://a.example.org or mail to a@b.org."}
        {"context":"","id":7,"instruction":"How old?","response":"I am ten."}
        {"context":"","id":10,"instruction":"One","response":"the quick brown fox jumps over the lazy dog and runs far away into the deep dark wood at night to sleep well"}

        """#)
    #expect(
      outcome["rejected.jsonl"] == #"""
        {"detail":"I'm sorry, but I can't help with that.","reason":"refusals","row":{"context":"","id":3,"instruction":"Who?","response":"I'm sorry, but I can't help with that."},"source":{"input":"rows","row":3}}
        {"detail":"`response` is empty","reason":"required","row":{"context":"","id":4,"instruction":"Empty?","response":""},"source":{"input":"rows","row":4}}
        {"detail":"an earlier row is the same","reason":"exact_duplicates","row":{"context":"","id":5,"instruction":"What is the capital of France?","response":"Paris is the capital of France."},"source":{"input":"rows","row":5}}
        {"detail":"the row has id, question","reason":"unknown_shape","row":{"id":8,"question":"No shape"},"source":{"input":"rows","row":8}}
        {"detail":"96 % like row 10, which is kept","reason":"near_duplicates","row":{"context":"","id":9,"instruction":"One","response":"the quick brown fox jumps over the lazy dog and runs far away into the deep dark wood at night to sleep"},"source":{"input":"rows","row":9}}

        """#)
    #expect(
      outcome["report.json"] == #"""
        {"dropped":{"exact_duplicates":1,"near_duplicates":1,"refusals":1,"required":1,"unknown_shape":1},"in":10,"out":5,"rejected":5,"rules":[{"changed":1,"dropped":0,"name":"unicode","parameters":{"unicode":true}},{"changed":1,"dropped":0,"name":"control_characters","parameters":{"control_characters":true}},{"changed":0,"dropped":0,"name":"quotes","parameters":{"quotes":"keep"}},{"changed":2,"dropped":0,"name":"whitespace","parameters":{"whitespace":"fold"}},{"changed":0,"dropped":1,"name":"unknown_shape","parameters":{"prompt_field":null,"response_field":null}},{"changed":1,"dropped":0,"name":"leaked_headers","parameters":{"leaked_headers":"strip"}},{"changed":0,"dropped":1,"name":"required","parameters":{"required":null}},{"changed":0,"dropped":1,"name":"refusals","parameters":{"refusals":"drop"}},{"changed":0,"dropped":0,"name":"min_prompt_chars","parameters":{"min_prompt_chars":null}},{"changed":0,"dropped":0,"name":"max_prompt_chars","parameters":{"max_prompt_chars":null}},{"changed":0,"dropped":0,"name":"min_response_chars","parameters":{"min_response_chars":null}},{"changed":0,"dropped":0,"name":"max_response_chars","parameters":{"max_response_chars":null}},{"changed":0,"dropped":0,"name":"first_person","parameters":{"first_person":"keep"}},{"changed":0,"dropped":0,"name":"links","parameters":{"links":"keep"}},{"changed":0,"dropped":0,"name":"personal_data","parameters":{"personal_data":"keep"}},{"changed":0,"dropped":1,"name":"exact_duplicates","parameters":{"duplicate_fields":null,"exact_duplicates":true}},{"changed":0,"compared_pairs":1,"dropped":1,"name":"near_duplicates","parameters":{"near_duplicate_shingle":3,"near_duplicate_threshold":0.85,"near_duplicate_unit":"words","near_duplicates":true,"seed":0}}]}

        """#)
    #expect(StepLibrary.declarations["clean"]?.version == 1)
  }

  @Test(
    arguments: [
      (["refusals": "keep"], 6), (["leaked_headers": "drop"], 4), (["first_person": "drop"], 4),
      (["links": "drop"], 4), (["personal_data": "drop"], 4), (["min_response_chars": 10], 4),
      (["max_response_chars": 50], 3), (["min_prompt_chars": 9], 2), (["max_prompt_chars": 10], 3),
      (["exact_duplicates": false], 5), (["exact_duplicates": false, "near_duplicates": false], 7),
      (["near_duplicates": false], 6), (["near_duplicate_threshold": 1], 6),
      (["required": ["id"], "refusals": "keep"], 7), (["duplicate_fields": "instruction"], 5),
      (["prompt_field": "question", "response_field": "question"], 1),
    ] as [([String: JSON], Int)])
  func switches(parameters: [String: JSON], kept: Int) throws {
    let outcome = try StepBench.run("clean", parameters, inputs: ["rows": Self.rows])
    #expect(try outcome.rows("rows.jsonl").count == kept)
    try Self.expectNoRowLost(outcome, rows: 10)
  }

  static func expectNoRowLost(_ outcome: StepBench.Outcome, rows: Int) throws {
    let report = try outcome.report()
    let rejected = try outcome.rows("rejected.jsonl")
    #expect(report["in"]?.integer == Int64(rows))
    #expect(try outcome.rows("rows.jsonl").count + rejected.count == rows)
    #expect(report["rejected"]?.integer == Int64(rejected.count))
    let dropped = try #require(report["dropped"]?.object)
    #expect(dropped.values.compactMap(\.integer).reduce(0, +) == Int64(rejected.count))
    let byRule = try #require(report["rules"]?.array).compactMap { $0["dropped"]?.integer }
    #expect(byRule.reduce(0, +) == Int64(rejected.count))
    for line in rejected { #expect(line["reason"] != nil && line["source"]?["row"] != nil) }
  }

  /// Every input row is either kept or rejected, by its id.
  @Test(arguments: [Int64(1), 2, 3]) func everyRowIsAccountedFor(seed: Int64) throws {
    var lines: [String] = []
    for index in 0..<300 {
      let words = (0..<(index * 7 % 23)).map { "w\((index / 3 + $0) * Int(seed) % 40)" }
      let row: JSON = [
        "id": .integer(Int64(index)), "instruction": .string("Q\(index / 4)?"),
        "response": .string(words.joined(separator: " ")),
      ]
      lines.append(row.canonicalText)
    }
    let outcome = try StepBench.run(
      "clean", ["min_response_chars": 4, "seed": .integer(seed)],
      inputs: ["rows": lines.joined(separator: "\n")])
    try Self.expectNoRowLost(outcome, rows: 300)
    let kept = try outcome.rows("rows.jsonl").compactMap { $0["id"]?.integer }
    let rejected = try outcome.rows("rejected.jsonl").compactMap { $0["row"]?["id"]?.integer }
    #expect(Set(kept).union(rejected) == Set(0..<300))
    #expect(kept == kept.sorted())
  }

  @Test func masksPersonalData() throws {
    let row = #"{"instruction":"Q","response":"Call +65 6123 4567 or a@b.org","source":"a@b.org"}"#
    let outcome = try StepBench.run("clean", ["personal_data": "mask"], inputs: ["rows": row])
    #expect(
      outcome["rows.jsonl"]
        == #"{"instruction":"Q","response":"Call [phone] or [email]","source":"a@b.org"}"# + "\n")
  }

  @Test func chatRows() throws {
    let rows = """
      {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Answer:  Hello"}]}
      {"messages":[{"role":"wizard","content":"Hi"}]}
      {"conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"Hello"}]}
      """
    let outcome = try StepBench.run("clean", inputs: ["rows": rows])
    #expect(
      outcome["rows.jsonl"]
        == #"{"messages":[{"content":"Hi","role":"user"},{"content":"Hello","role":"assistant"}]}"#
        + "\n")
    let reasons = try outcome.rows("rejected.jsonl").compactMap { $0["reason"]?.string }
    #expect(reasons == ["required", "exact_duplicates"])
  }

  @Test func noRowsAreNoMistake() throws {
    let outcome = try StepBench.run("clean", inputs: ["rows": ""])
    #expect(outcome["rows.jsonl"].isEmpty && outcome["rejected.jsonl"].isEmpty)
  }

  @Test func aFolderWithOneFileIsItsRows() throws {
    let row = #"{"instruction":"Q","response":"A"}"#
    let one = try StepBench.run("clean", folders: ["rows": ["a/data.jsonl": row]])
    #expect(one["rows.jsonl"] == row + "\n")
    let message = StepBench.message {
      _ = try StepBench.run("clean", folders: ["rows": ["a.jsonl": row, "b.jsonl": row]])
    }
    #expect(message == "the input `rows` is a folder of 2 files, but the step takes rows")
  }

  @Test func brokenRowsAreNamed() {
    let message = StepBench.message {
      _ = try StepBench.run("clean", inputs: ["rows": "{\"a\":1}\nnope\n"])
    }
    #expect(
      message
        == "cannot read in/rows, line 2, column 1: an unknown word, near `nope`")
  }
}
