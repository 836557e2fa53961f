import Comparison
import Documents
import Experiments
import Foundation
import History
import Notebook
import Problems
import Reporting
import Running
import SystemPackage
import Testing

@Suite struct ExperimentTableTests {
  /// A `score` step whose questions have these values of f1 and, as their opposite, loss.
  private func score(
    _ values: [Double], ids: String = "q", texts: String = "What?", totals: Bool = true
  ) -> RunBench.FakeStep {
    let lines = values.enumerated().map { index, value in
      let (f1, loss) = (JSON.number(value).canonicalText, JSON.number(1 - value).canonicalText)
      return
        #"{"id":"\#(ids)\#(index)","instruction":"\#(texts)","tuned":{"f1":\#(f1),"loss":\#(loss)}}"#
    }
    let mean = Sample.mean(values)
    let metrics: JSON = [
      "n": .integer(Int64(values.count)),
      "tuned": [
        "f1": ["value": .number(mean), "low": .number(mean - 0.1), "high": .number(mean + 0.1)],
        "loss": ["value": .number(1 - mean)],
      ],
    ]
    return .library(
      "score", "score",
      outputs: [
        "questions.jsonl": .text(lines.joined(separator: "\n") + "\n"),
        "metrics.json": .text(totals ? metrics.canonicalText : "{}"),
      ])
  }

  private struct Kitchen {
    let bench: RunBench
    let history: HistoryRepository
    init() throws {
      bench = try RunBench()
      history = try HistoryRepository(at: bench.folder.appending("artifacts/history.git"))
    }

    func table(_ references: [String] = [], ranking: String? = nil) throws -> ExperimentTable {
      let selection = try ExperimentSelection(references, in: history)
      let reader = try ExperimentReader(history: history, store: bench.store)
      let group = try #require(selection.groups.first)
      return ExperimentTable(
        try group.runs.map(reader.read), recipe: group.recipe, failed: group.failed,
        ranking: ranking)
    }
  }

  private static let even = (0..<20).map { Double($0 % 2) }
  private static let good = (0..<20).map { $0 % 10 == 0 ? 0.0 : 1 }

  @Test func showsOnlyWhatDiffersAndTellsTiesFromLeads() throws {
    let kitchen = try Kitchen()
    let same: [String: JSON] = ["seed": 7, "epoch": 2]
    func run(_ name: String, _ rate: JSON, _ values: [Double]) throws {
      _ = try kitchen.bench.run(
        name, parameters: .object(same.merging(["rate": rate]) { a, _ in a }),
        steps: [score(values)])
    }
    try run("main", .number(0.1), Self.even)
    try run("good", .number(0.2), Self.good)
    // One question differs from `good`: nobody can tell those two apart.
    try run("near", .number(0.3), [1.0] + Self.good.dropFirst().map { $0 })
    let table = try kitchen.table()
    #expect(table.recipe == "sample")
    #expect(table.parameters == ["rate"])
    #expect(!table.hasCells)
    #expect(table.main?.name == "f1")
    #expect(table.rows.map(\.experiment.run.branch.experiment) == ["near", "good", "main"])
    #expect(table.rows[0].standing == .best)
    guard case .tied(let tied) = table.rows[1].standing else {
      Issue.record("\(String(describing: table.rows[1].standing))")
      return
    }
    #expect(abs(tied.value + 0.05) < 1e-12)
    guard case .behind(let behind) = table.rows[2].standing else {
      Issue.record("\(String(describing: table.rows[2].standing))")
      return
    }
    // The same interval as that of the pair alone.
    let near = [1.0] + Self.good.dropFirst()
    #expect(behind == Bootstrap().meanDifference(from: near, to: Self.even))
    #expect(table.curse?.count == 3)
    #expect(table.curse?.questions == 20)
  }

  @Test func namesTheCellsThatDifferAndOverriddenParametersOfSteps() throws {
    let kitchen = try Kitchen()
    func run(
      _ name: String, text: String = "# A\n", code: String = "a", epoch: JSON = 1,
      overrides: JSON = [:], isLonger: Bool = false
    ) throws {
      _ = try kitchen.bench.run(
        name, text: text, parameters: overrides,
        steps: [
          .script("make", code: code, outputs: ["rows.jsonl": .text("{}\n")]),
          .library("clean", "clean", parameters: ["epoch": epoch], outputs: [:]),
        ] + (isLonger ? [.script("more", code: "m", outputs: [:])] : []))
    }
    try run("main")
    try run("prose", text: "# B\n")
    try run("code", text: "# C\n", code: "b", isLonger: true)
    try run("override", epoch: 3, overrides: ["clean.epoch": 3])
    let table = try kitchen.table()
    #expect(table.hasCells)
    #expect(table.parameters == ["clean.epoch"])
    let rows = Dictionary(
      uniqueKeysWithValues: table.rows.map { ($0.experiment.run.branch.experiment, $0) })
    #expect(rows["main"]?.cells == nil)
    #expect(rows["prose"]?.cells == [])
    #expect(rows["code"]?.cells == ["make", "+more"])
    #expect(rows["override"]?.cells == [])
    // What others set is shown of those too that left it as it is.
    #expect(rows["main"]?.experiment.parameter("clean.epoch") == 1)
    #expect(rows["override"]?.experiment.parameter("clean.epoch") == 3)
    #expect(table.main == nil)
    #expect(rows["main"]?.standing == nil)
    #expect(ExperimentNotes.lines(table).contains { $0.hasPrefix("no metrics") })
  }

  @Test func saysWhyExperimentsCannotBePaired() throws {
    let kitchen = try Kitchen()
    func run(_ name: String, _ steps: [RunBench.FakeStep]) throws {
      _ = try kitchen.bench.run(name, parameters: ["name": .string(name)], steps: steps)
    }
    try run("best", [score([1, 1, 1, 1])])
    try run("others", [score([0, 1, 1, 1], ids: "other")])
    try run("reworded", [score([0, 1, 1, 1], texts: "Which?")])
    try run("none", [.script("make", code: "a", outputs: [:])])
    try run(
      "hole",
      [
        .library(
          "score", "score",
          outputs: [
            "questions.jsonl": .text(#"{"id":"q0","tuned":{"f1":NaN}}"# + "\n"),
            "metrics.json": .text(#"{"tuned":{"f1":{"value":null}}}"#),
          ])
      ])
    let table = try kitchen.table()
    let why = Dictionary(
      uniqueKeysWithValues: table.rows.map { row in
        guard case .unpaired(let why) = row.standing else {
          return (row.experiment.run.branch.experiment, "")
        }
        return (row.experiment.run.branch.experiment, why)
      })
    #expect(
      why == [
        "best": "", "others": "other questions",
        "reworded": "4 of 4 questions ask something else", "none": "no f1",
        "hole": "NaN for 1 of 1 questions",
      ])
    #expect(table.rows.first?.experiment.run.branch.experiment == "best")
    // What has no number comes last.
    #expect(Set(table.rows.suffix(2).map(\.experiment.run.branch.experiment)) == ["none", "hole"])
    #expect(table.curse == nil)
  }

  @Test func takesPlainMetricsAndSeveralScores() throws {
    let kitchen = try Kitchen()
    var second = score([0.5, 0.5])
    second.id = "exam"
    _ = try kitchen.bench.run(
      "main",
      steps: [
        score([1, 0], totals: false), second,
        .script(
          "count", code: "a", outputs: ["metrics.json": .text(#"{"words":12,"bad":NaN}"#)]),
      ])
    let table = try kitchen.table()
    let names = table.measures.map(table.names.name)
    #expect(names == ["exam.f1", "score.f1", "exam.loss", "score.loss", "bad", "words"])
    let metrics = table.rows[0].experiment.metrics
    func metric(_ name: String) -> Experiment.Metric? {
      table.measures.first { table.names.name($0) == name }.flatMap { metrics[$0] }
    }
    #expect(metric("words")?.value == 12)
    #expect(metric("bad")?.value == nil)
    #expect(metric("bad")?.objection == "NaN")
    // Without totals the questions say it.
    #expect(metric("score.f1")?.value == 0.5)
    #expect(metric("score.f1")?.interval != nil)
    #expect(metric("score.f1")?.questions == 2)
  }

  // MARK: Choosing and sorting

  @Test func choosesExperiments() throws {
    let kitchen = try Kitchen()
    for (name, recipe, fails) in [
      ("main", "desk", false), ("epoch=1", "desk", false), ("epoch=2", "desk", false),
      ("broken", "desk", true), ("main", "hello", false), ("attribute.a.b.data", "desk", false),
    ] {
      _ = try kitchen.bench.run(
        name, recipe: recipe,
        steps: fails ? [.failed("a")] : [.script("a", code: name, outputs: [:])])
    }
    func chosen(_ references: String...) throws -> [[String]] {
      try ExperimentSelection(references, in: kitchen.history).groups.map { group in
        group.runs.map(\.branch.description)
      }
    }
    let desk = ["desk/epoch=1", "desk/epoch=2", "desk/main"]
    #expect(try chosen() == [desk, ["hello/main"]])
    #expect(try chosen("desk") == [desk])
    #expect(try chosen("desk/") == [desk])
    #expect(try chosen("desk/epoch=*") == [Array(desk.prefix(2))])
    #expect(try chosen("desk/main", "hello/main", "desk/main") == [["desk/main", "hello/main"]])
    // What another command made for itself is shown where somebody names it.
    #expect(try chosen("desk/*") == [desk])
    #expect(try chosen("desk/attribute.*") == [["desk/attribute.a.b.data"]])
    // A run that failed is shown where somebody names it.
    let failed = try ExperimentSelection(["desk"], in: kitchen.history).groups[0].failed
    #expect(failed.map(\.description) == ["desk/broken"])
    for (reference, code) in [
      ("nobody", "unknown-run"), ("desk/x*", "no-runs"), ("nobody/", "no-runs"),
    ] {
      let problem = #expect(throws: Problem.self) { try chosen(reference) }
      #expect(problem?.code == Problem.Code(code))
      #expect(problem?.tier == .user)
    }
  }

  @Test func sortsByAnyColumn() throws {
    let kitchen = try Kitchen()
    for (index, value) in [0.5, 0.9, 0.1].enumerated() {
      _ = try kitchen.bench.run(
        "e\(index)", parameters: ["rate": .integer([10, 9, 100][index])],
        steps: [score([value, value])])
    }
    _ = try kitchen.bench.run(
      "e3", parameters: ["rate": "high"], steps: [.script("a", code: "", outputs: [:])])
    func order(_ column: String, _ descending: Bool) throws -> [String] {
      var table = try kitchen.table(ranking: column)
      table.sort(by: try table.column(named: column), descending: descending)
      return table.rows.map(\.experiment.run.branch.experiment)
    }
    #expect(try order("f1", false) == ["e2", "e0", "e1", "e3"])
    #expect(try order("f1", true) == ["e1", "e0", "e2", "e3"])
    #expect(try order("rate", false) == ["e1", "e0", "e2", "e3"])
    #expect(try order("experiment", true) == ["e3", "e2", "e1", "e0"])
    #expect(try kitchen.table(ranking: "loss").main?.name == "loss")
    #expect(try kitchen.table(ranking: "rate").main?.name == "f1")
    let table = try kitchen.table()
    #expect(throws: Problem.self) { try table.column(named: "raet") }
  }

  @Test(arguments: [
    ("f1", false), ("loss", true), ("validation_loss", true), ("score.loss", true),
    ("perplexity", true), ("word-error", true), ("lossless", false), ("rouge_l", false),
  ])
  func knowsWhichMetricsFall(_ name: String, _ isLower: Bool) {
    #expect(MetricName.lowerIsBetter(name) == isLower)
  }

  // MARK: Written

  @Test func writesCSVThatNoSpreadsheetTakesForFormulas() throws {
    let kitchen = try Kitchen()
    _ = try kitchen.bench.run(
      "cmd", parameters: ["a": "=1+1", "b": -1, "c": "x,\"y\"\nz"], steps: [score([1, 0])])
    _ = try kitchen.bench.run(
      "main", parameters: ["a": "@a", "b": .number(-0.5), "c": "plain"], steps: [score([0, 0])])
    let csv = ExperimentCSV.text([try kitchen.table()])
    let lines = csv.components(separatedBy: "\r\n")
    #expect(lines.count == 4)
    #expect(lines[3].isEmpty)
    #expect(lines[0].hasPrefix("recipe,experiment,run,commit,time,status,parameter:a,parameter:b"))
    #expect(lines[0].contains(",f1,f1_low,f1_high,"))
    #expect(lines[1].hasPrefix("sample,cmd,"))
    #expect(lines[1].contains(#",'=1+1,-1,"x,""y""\#nz","#))
    #expect(lines[2].contains(",'@a,-0.5,plain,"))
    #expect(lines[1].contains(",0.5,0.4,0.6,"))
    #expect(ExperimentCSV.text([]).isEmpty)
  }

  @Test func fitsThirtyExperimentsIntoEightyColumns() throws {
    let kitchen = try Kitchen()
    for index in 0..<30 {
      _ = try kitchen.bench.run(
        "learning_rate=0.0000\(index),epoch=2,and_a_long_name_that_goes_on_and_on",
        parameters: [
          "learning_rate": .number(Double(index) / 1000),
          "a_parameter_with_a_very_long_name": .string(String(repeating: "long ", count: 20)),
          "other": .integer(Int64(index)),
        ], steps: [score((0..<20).map { Double(($0 + index) % 3) / 2 })])
    }
    let table = try kitchen.table()
    #expect(table.rows.count == 30)
    #expect(table.parameters == ["learning_rate", "other"])
    for width in [40, 80, 200] {
      let lines = ExperimentText(style: Style(usesColor: false), width: width).lines(table)
      #expect(width < 60 || lines.allSatisfy { $0.count <= width })
      // What is left out is said.
      #expect(width == 200 || lines.joined(separator: " ").contains("left out to fit"))
      #expect(lines.contains { $0.contains("the best of 30 on 20 questions") || width < 60 })
    }
  }

  @Test func writesAsJSONWhatTheTableShows() throws {
    let kitchen = try Kitchen()
    _ = try kitchen.bench.run("main", parameters: ["a": 1], steps: [score([1, 0])])
    _ = try kitchen.bench.run("b", parameters: ["a": 2], steps: [score([0, 0])])
    let document = ExperimentJSON.document([try kitchen.table()])
    let table = try #require(document["tables"]?.array?.first)
    #expect(table["ranked_by"] == "f1")
    #expect(table["lower_is_better"] == false)
    #expect(table["parameters"] == ["a"])
    let rows = try #require(table["experiments"]?.array)
    #expect(rows.map { $0["standing"]?.string } == ["best", "within noise"])
    #expect(rows.map { $0["parameters"]?["a"]?.integer } == [1, 2])
    #expect(rows[0]["metrics"]?["f1"]?["interval"]?.array?.count == 2)
    #expect(rows[1]["to_best"]?["value"]?.number == -0.5)
    #expect(table["winners_curse"]?["experiments"] == 2)
  }
}
