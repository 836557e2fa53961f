import Comparison
import Documents
import Experiments
import Notebook
import Testing

@Suite struct QuestionScoresTests {
  private func scores(_ lines: String..., parameters: [String: JSON] = [:]) throws
    -> QuestionScores
  {
    let bench = try RunBench()
    let run = try bench.run(
      "main",
      steps: [
        .library(
          "other/score", "score", parameters: parameters,
          outputs: [
            "questions.jsonl": .text(lines.map { $0 + "\n" }.joined()),
            "metrics.json": .text(#"{"n":2,"base":{}}"#),
          ]),
        .library("clean", "clean", outputs: ["rows.jsonl": .text("{}\n")]),
      ])
    let all = QuestionScores.all(of: run)
    #expect(all.map(\.step.text) == ["other/score"])
    return try #require(all.first)
  }

  @Test func readsEachMetricOfBothModelsByQuestion() throws {
    let found = try scores(
      #"{"id":"a","instruction":"A?","base":{"f1":0.5},"tuned":{"f1":1}}"#,
      #"{"id":7,"base":{"f1":0.25},"tuned":{"f1":0}}"#, "",
      #"{"base":{"f1":0.125},"tuned":{"f1":0.75}}"#,
      parameters: ["confidence": .number(0.9), "resamples": 300, "seed": 4])
    #expect(found.questions == ["a", "7", "#3"])
    #expect(found.texts == ["a": "A?"])
    #expect(found.values[.base]?["f1"]?.byQuestion == ["a": 0.5, "7": 0.25, "#3": 0.125])
    #expect(found.values[.tuned]?["f1"]?.byQuestion == ["a": 1, "7": 0, "#3": 0.75])
    #expect(found.values[.tuned]?["f1"]?.objection == nil)
    #expect(found.problem == nil)
    #expect(found.totals?["n"] == 2)
    #expect(found.bootstrap.confidence == 0.9)
    #expect(found.bootstrap.resamples == 300)
    #expect(found.bootstrap.seed == 4)
  }

  @Test func namesAndCountsWhatIsNoNumber() throws {
    let found = try scores(
      #"{"id":"a","tuned":{"f1":NaN,"loss":1,"text":"NaN Infinity \" NaN"}}"#,
      #"{"id":"b","tuned":{"f1":-Infinity,"loss":2}}"#, #"{"id":"c","tuned":{"f1":0.5}}"#,
      #"{"id":"d"}"#, #"{"id":"e","tuned":{"f1":null,"loss":"high"}}"#)
    let f1 = try #require(found.values[.tuned]?["f1"])
    #expect(f1.byQuestion == ["c": 0.5])
    #expect(f1.holes == ["a": "NaN", "b": "infinite", "d": "missing", "e": "null"])
    let loss = try #require(found.values[.tuned]?["loss"])
    #expect(loss.byQuestion == ["a": 1, "b": 2])
    #expect(loss.objection == "missing for 2, a text for 1 of 5 questions")
    #expect(found.values[.base] == nil)
  }

  @Test func anIdThatComesTwiceIsTwoQuestions() throws {
    let found = try scores(
      #"{"id":"a","tuned":{"f1":0}}"#, #"{"id":"a","tuned":{"f1":1}}"#)
    #expect(found.values[.tuned]?["f1"]?.byQuestion == ["a": 0, "a (2)": 1])
  }

  @Test(arguments: ["no json", "[1]", "{\"id\":", "\u{0}\u{1}"])
  func aLineThatIsNoQuestionIsSaid(_ line: String) throws {
    let found = try scores(#"{"id":"a","tuned":{"f1":0}}"#, line)
    #expect(found.questions == ["a"])
    #expect(
      found.problem == "1 of 2 lines of questions.jsonl of other/score are no JSON objects")
  }

  @Test func whatTheStoreLacksIsSaid() throws {
    let bench = try RunBench()
    let run = try bench.run(
      "main",
      steps: [
        .library(
          "score", "score",
          outputs: ["questions.jsonl": .bytes([0, 1, 2]), "metrics.json": .text("{}")])
      ])
    let empty = OpenedRun(record: run.record, history: run.history, store: RunBench.emptyStore())
    let found = try #require(QuestionScores.all(of: empty).first)
    #expect(found.values.isEmpty)
    #expect(found.problem?.contains("is no longer in the store") == true)
  }
}

@Suite struct PlainMetricsTests {
  @Test func takesTheNumbersOfAFileOfTheUsersOwn() throws {
    let bench = try RunBench()
    let run = try bench.run(
      "main",
      steps: [
        .script(
          "judge", code: "x",
          outputs: [
            "metrics.json": .text(
              #"{"f1":0.5,"by_kind":{"seen":1,"unseen":NaN},"rouge":{"value":0.25,"low":0,"high":1},"who":"me","all":[1]}"#
            ), "other.json": .text(#"{"f1":1}"#),
          ]),
        .script("broken", code: "y", outputs: ["metrics-2.json": .text("{f1: 1}")]),
        .library("score", "score", outputs: ["metrics.json": .text(#"{"n":3}"#)]),
      ])
    let found = PlainMetrics.all(of: run)
    #expect(found.map { "\($0.step).\($0.output)" } == ["broken.metrics-2", "judge.metrics"])
    #expect(found.last?.values == ["f1": 0.5, "by_kind.seen": 1, "rouge": 0.25])
    #expect(found.last?.holes == ["by_kind.unseen": "NaN"])
    #expect(found.first?.values == [:])
    #expect(found.first?.problem?.hasPrefix("broken.metrics-2 is no JSON") == true)
  }
}

@Suite struct LossCurveTests {
  private func curve(_ log: String) throws -> LossCurve {
    let bench = try RunBench()
    let run = try bench.run(
      "main", steps: [.library("adapter", "train/lora", outputs: ["log.jsonl": .text(log)])])
    return try #require(LossCurve.all(of: run).first)
  }

  @Test func tellsStepsFromEpochs() throws {
    let found = try curve(
      """
      {"epoch":0,"step":0,"tokens":0,"validation_loss":1.75}
      {"epoch":0.5,"learning_rate":0.001,"step":1,"tokens":5,"train_loss":1.5}
      {"epoch":1,"learning_rate":0.0005,"step":2,"tokens":9,"train_loss":NaN}
      {"epoch":1,"step":2,"tokens":9,"train_loss":1.25,"validation_loss":0.5}

      """)
    #expect(found.training.map(\.step) == [1])
    #expect(found.validation.map(\.validation) == [1.75, 0.5])
    #expect(found.best?.epoch == 1)
    #expect(found.holes == 1)
    #expect(!found.isByStep)
  }

  @Test func readsTheLogOfAConsole() throws {
    let found = try curve(
      """
      {"epoch":0.5,"step":0,"train_loss":1.5}
      {"step":10,"train_loss":1}
      {"epoch":1,"train_loss":1.25}
      not json

      """)
    #expect(found.training.map(\.training) == [1.5, 1])
    #expect(found.points.map(\.isEpoch) == [false, false, true])
    #expect(found.holes == 1)
  }
}
