import Documents
import Notebook
import Steps
import Testing

@Suite struct ScoreStepTests {
  static func questions(_ count: Int, tuned: Bool = true) -> String {
    (0..<count).map { index in
      let base: JSON = [
        "f1": .number(Double(index % 4) / 8), "loss": .number(2 + Double(index % 3) / 4),
      ]
      var row: [String: JSON] = ["id": .string("q\(index)"), "base": base]
      if tuned {
        row["tuned"] = [
          "f1": .number(Double(index % 4) / 8 + 0.25 + Double(index % 2) / 4),
          "loss": .number(0.5 + Double(index % 5) / 8),
        ]
      }
      return JSON.object(row).canonicalText + "\n"
    }.joined()
  }

  /// Raise the step's version when these bytes change.
  @Test func goldenMetrics() throws {
    let outcome = try StepBench.run(
      "score", outputs: ["questions.jsonl": Self.questions(20)])
    #expect(
      outcome["metrics.json"] == #"""
        {"base":{"f1":{"high":0.25,"low":0.125,"value":0.1875},"loss":{"high":2.325,"low":2.15,"value":2.2375},"perplexity":{"high":10.22668,"low":8.584858,"value":9.369877}},"difference":{"f1":{"high":0.425,"low":0.325,"reading":"better","value":0.375},"loss":{"high":-1.375,"low":-1.6,"reading":"better","value":-1.4875},"perplexity":{"high":-6.445244,"low":-8.11001,"reading":"better","value":-7.252877}},"n":20,"tuned":{"f1":{"high":0.6625,"low":0.46875,"value":0.5625},"loss":{"high":0.825,"low":0.675,"value":0.75},"perplexity":{"high":2.281881,"low":1.964033,"value":2.117}}}

        """#)
    #expect(
      outcome["report.json"] == #"""
        {"confidence":0.95,"metrics":["f1","loss"],"n":20,"resamples":2000,"seed":0}

        """#)
    #expect(StepLibrary.declarations["score"]?.version == 1)
  }

  @Test func lowerLossIsBetter() throws {
    let outcome = try StepBench.run("score", outputs: ["questions.jsonl": Self.questions(20)])
    let difference = try #require(try JSON(parsing: outcome["metrics.json"])["difference"])
    for name in ["f1", "loss", "perplexity"] {
      #expect(difference[name]?["reading"] == "better")
    }
    #expect(try #require(difference["loss"]?["high"]?.number) < 0)
  }

  @Test func baseAlone() throws {
    let outcome = try StepBench.run(
      "score", outputs: ["questions.jsonl": Self.questions(3, tuned: false)])
    let metrics = try #require(try JSON(parsing: outcome["metrics.json"]).object)
    #expect(metrics.keys.sorted() == ["base", "n"])
  }

  @Test func fewQuestionsDecideNothing() throws {
    let outcome = try StepBench.run("score", outputs: ["questions.jsonl": Self.questions(5)])
    let metrics = try JSON(parsing: outcome["metrics.json"])
    #expect(metrics["difference"]?["loss"]?["reading"] == "within noise")
  }

  @Test(arguments: [
    ("", "cannot score questions.jsonl: it has no scored question"),
    (#"{"id":"a"}"#, "cannot score questions.jsonl: it has no scored question"),
    (
      #"{"base":{"f1":1}}"# + "\n" + #"{"base":{"f1":1,"loss":2}}"#,
      "cannot score question 2: its values of base are not those of the first"
    ),
    (
      #"{"base":{"f1":1}}"# + "\n" + #"{"base":{"f1":1},"tuned":{"f1":1}}"#,
      "cannot score question 2: its values of tuned are not those of the first"
    ),
    (
      #"{"base":{"f1":1},"tuned":{"f1":1}}"# + "\n" + #"{"base":{"f1":1}}"#,
      "cannot score question 2: its values of tuned are not those of the first"
    ),
    (#"{"base":{"f1":"1"}}"#, "cannot score question 1: `f1` of base is a text"),
  ])
  func refuses(questions: String, message: String) {
    #expect(
      StepBench.message {
        _ = try StepBench.run("score", outputs: ["questions.jsonl": questions])
      } == message)
  }
}
