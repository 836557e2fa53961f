import Documents
import Notebook
import Steps
import Testing

@Suite struct IngestStepTests {
  static let csv =
    "\u{FEFF}name,note\r\nSingapore,\"city, \"\"state\"\"\nof two lines\"\r\nPeru\r\nChad,x\r\n"

  /// Raise the step's version when these bytes change.
  @Test func goldenTable() throws {
    let outcome = try StepBench.run("ingest", folders: ["files": ["a.csv": Self.csv]])
    #expect(
      outcome["rows.jsonl"] == """
        {"name":"Singapore","note":"city, \\"state\\"\\nof two lines","source":{"file":"a.csv","row":1}}
        {"name":"Chad","note":"x","source":{"file":"a.csv","row":3}}

        """)
    #expect(
      outcome["rejected.jsonl"] == """
        {"detail":"1 columns on line 4, the header has 2","reason":"column_count","row":["Peru"],"source":{"file":"a.csv","row":2}}

        """)
    #expect(
      outcome["report.json"] == """
        {"dropped":{"column_count":1},"files":1,"formats":{"csv":1},"in":3,"left_out":[],"out":2,"rejected":1}

        """)
    #expect(StepLibrary.declarations["ingest"]?.version == 1)
  }

  /// Raise the step's version when these bytes change.
  @Test func goldenFolder() throws {
    let outcome = try StepBench.run(
      "ingest",
      [
        "fields": [
          "instruction": "What is the capital of {name.common}?", "response": "capital.0",
          "context": "",
        ]
      ],
      folders: [
        "files": [
          "b/france.json": #"{"name":{"common":"France"},"capital":["Paris"]}"#,
          "b/peru.json": #"{"name":{"common":"Peru"}}"#,
          "a.jsonl":
            "{\"name\":{\"common\":\"Chad\"},\"capital\":[\"N’Djamena\"],\"source\":\"x\"}\n\n[1]\n{bad\n",
          "readme.txt": "no rows",
        ]
      ])
    #expect(
      outcome["rows.jsonl"] == """
        {"context":"","instruction":"What is the capital of Chad?","response":"N’Djamena","source":{"file":"a.jsonl","row":1}}
        {"context":"","instruction":"What is the capital of France?","response":"Paris","source":{"file":"b/france.json","row":1}}

        """)
    #expect(
      outcome["rejected.jsonl"] == """
        {"detail":"a list where an object is expected","reason":"not_a_row","row":[1],"source":{"file":"a.jsonl","row":2}}
        {"detail":"line 4, column 2: no name where one is expected","reason":"not_json","source":{"file":"a.jsonl","row":3},"text":"{bad"}
        {"detail":"the row has no `capital.0`","reason":"missing_field","row":{"name":{"common":"Peru"}},"source":{"file":"b/peru.json","row":1}}

        """)
    #expect(
      outcome["report.json"] == """
        {"dropped":{"missing_field":1,"not_a_row":1,"not_json":1},"files":3,"formats":{"json":2,"jsonl":1},"in":5,"left_out":["readme.txt"],"out":2,"rejected":3}

        """)
  }

  struct Sniff: Sendable {
    var content: String
    var rows: Int
    var format: String
  }

  @Test(arguments: [
    Sniff(content: "[{\"a\":1},{\"a\":2}]", rows: 2, format: "json"),
    Sniff(content: "{\n \"a\":1\n}", rows: 1, format: "json"),
    Sniff(content: "{\"a\":1}\n{\"a\":2}", rows: 2, format: "jsonl"),
    Sniff(content: "\n{\"a\":1}\n", rows: 1, format: "jsonl"),
    Sniff(content: "a,b\n1,2\n", rows: 1, format: "csv"),
    Sniff(content: "a\tb\n1\t2\n", rows: 1, format: "tsv"),
    Sniff(content: "", rows: 0, format: "csv"),
  ])
  func sniffs(sniff: Sniff) throws {
    let outcome = try StepBench.run(
      "ingest", ["provenance": false], inputs: ["files": sniff.content])
    #expect(try outcome.rows("rows.jsonl").count == sniff.rows)
    #expect(try outcome.report()["formats"]?.object?.keys.first == sniff.format)
  }

  @Test func pathsIntoDocuments() throws {
    let document = #"{"data":{"items":[{"a":1},2,{"a":3}]}}"#
    let outcome = try StepBench.run(
      "ingest", ["format": "json", "path": "data.items"], inputs: ["files": document])
    #expect(
      outcome["rows.jsonl"] == """
        {"a":1,"source":{"file":"files","row":1}}
        {"a":3,"source":{"file":"files","row":3}}

        """)
    #expect(try outcome.rows("rejected.jsonl").count == 1)
  }

  @Test func aSourceOfItsOwnIsKept() throws {
    let outcome = try StepBench.run("ingest", inputs: ["files": #"{"source":"wiki"}"#])
    #expect(
      outcome["rows.jsonl"] == #"{"source":{"file":"files","row":1,"source":"wiki"}}"# + "\n")
  }

  struct Mistake: Sendable {
    var parameters: [String: JSON] = [:]
    var content: String
    var message: String
  }

  @Test(arguments: [
    Mistake(
      parameters: ["format": "json"], content: "[{\"a\":1},\n {\"a\" 2}]",
      message: "cannot read files, line 2, column 7: no `:` after the name, near ` {\"a\" 2}]`"),
    Mistake(
      parameters: ["path": "data.rows"], content: "{\n\"data\":{}}",
      message: "cannot make rows of files: there is nothing at `data.rows`"),
    Mistake(
      parameters: ["path": "a..b"], content: "[]",
      message: "the parameter `path` is `a..b`, which has an empty part"),
    Mistake(
      parameters: ["fields": ["a": 1]], content: "[]",
      message: "the field `a` of `fields` is `1`, which is neither a path nor a text with paths in "
        + "braces"),
    Mistake(
      content: "a,a\n1,2\n", message: "cannot read files: its header has the column `a` twice"),
    Mistake(
      content: "a,\n1,2\n", message: "cannot read files: its header has a column without a name"),
  ])
  func refuses(mistake: Mistake) {
    let message = StepBench.message {
      _ = try StepBench.run("ingest", mistake.parameters, inputs: ["files": mistake.content])
    }
    #expect(message == mistake.message)
  }

  @Test func aFolderWithoutDataIsRefused() {
    let message = StepBench.message {
      _ = try StepBench.run("ingest", folders: ["files": ["a.txt": "x"]])
    }
    #expect(
      message
        == "cannot make rows of in/files: none of its 1 files is JSON, JSON Lines, CSV or TSV by its "
        + "name")
  }
}
