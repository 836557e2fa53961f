import Comparison
import Digests
import Documents
import Experiments
import Notebook
import Reporting
import Rows
import Store
import Testing
import WebPage

@Suite struct RunComparisonTests {
  private typealias FakeStep = RunBench.FakeStep

  /// A recipe with a cell for each step of `steps`.
  private static let text = """
    # Sample

    ```jsonl {#raw}
    {"id":"a"}
    ```

    ```yaml {#clean}
    uses: clean
    in: { rows: raw }
    ```

    ```yaml {#adapter}
    uses: train/lora
    in: { rows: clean }
    with: { epoch: "${epoch}" }
    ```

    ```yaml {#answers}
    uses: generate
    in: { adapter: adapter }
    ```

    ```yaml {#score}
    uses: score
    in: { answers: answers }
    ```
    """

  private static func rows(_ count: Int, changing: [Int: String] = [:]) -> String {
    (0..<count).map { number in
      let answer = changing[number] ?? "The answer to question number \(number)."
      return #"{"id":"r\#(number)","instruction":"Ask \#(number)","response":"\#(answer)"}"# + "\n"
    }.joined()
  }

  private func steps(
    epoch: JSON = 2, raw: String = rows(40), cleaned: String? = nil, log: String = "",
    answers: [String] = ["yes", "no"], scores: [JSON] = [1, 0], more: [FakeStep] = []
  ) -> [FakeStep] {
    let answered = zip(["a", "b", "c", "d", "e", "f", "g", "h"], answers).map { id, text in
      #"{"id":"\#(id)","instruction":"Is it \#(id)?","response":"yes","tuned":{"answer":"\#(text)"}}"#
        + "\n"
    }.joined()
    let scored = zip(["a", "b", "c", "d", "e", "f", "g", "h"], scores).map { id, value in
      #"{"id":"\#(id)","tuned":{"f1":\#(value.string ?? value.canonicalText)}}"# + "\n"
    }.joined()
    return [
      FakeStep(
        id: "raw",
        action: ["kind": "data", "content": .digest(Digest(of: Array(raw.utf8)))],
        outputs: ["data.jsonl": .text(raw)]),
      .library(
        "clean", "clean", inputs: ["rows": "raw.data"],
        outputs: [
          "rows.jsonl": .text(cleaned ?? raw), "report.json": .text(#"{"n":\#(raw.count)}"#),
        ]),
      .library(
        "adapter", "train/lora", parameters: ["epoch": epoch], inputs: ["rows": "clean.rows"],
        outputs: [
          "adapter.bin": .bytes([0, 1, 2, 255] + Array((epoch.canonicalText + raw).utf8)),
          "log.jsonl": .text(log + #"{"epoch":1,"train_loss":1,"validation_loss":0.5}"# + "\n"),
        ]),
      .library(
        "answers", "generate", inputs: ["adapter": "adapter.adapter"],
        outputs: ["answers.jsonl": .text(answered)]),
      .library(
        "score", "score", inputs: ["answers": "answers.answers"],
        outputs: ["questions.jsonl": .text(scored), "metrics.json": .text("{}")]),
    ] + more
  }

  private func compare(
    _ bench: RunBench, _ a: OpenedRun, _ b: OpenedRun
  ) throws -> RunComparison {
    RunComparison(try ComparedSide(a, name: "one"), try ComparedSide(b, name: "other"))
  }

  private func two(
    _ a: [FakeStep], _ b: [FakeStep], textA: String = text, textB: String = text,
    parametersA: JSON = ["epoch": 2], parametersB: JSON = ["epoch": 2]
  ) throws -> RunComparison {
    let bench = try RunBench()
    return try compare(
      bench, bench.run("main", text: textA, parameters: parametersA, steps: a),
      bench.run("new", text: textB, parameters: parametersB, steps: b))
  }

  @Test func theSameRunTwiceDiffersInNothing() throws {
    let bench = try RunBench()
    let run = try bench.run("main", text: RunComparisonTests.text, steps: steps())
    let found = try compare(bench, run, run)
    #expect(found.isEmpty)
    #expect(found.sentence == "nothing differs")
    #expect(found.sameSteps == 5)
    #expect(DiffText(style: Style(usesColor: false)).lines(found).last == "nothing differs")
  }

  @Test func oneParameterIsOneParameterAndNothingElse() throws {
    let found = try two(
      steps(), steps(epoch: 3, answers: ["yes", "yes"], scores: [1, 1]),
      parametersB: ["epoch": 3])
    #expect(found.parameters == [ParameterDifference(name: "epoch", a: 2, b: 3)])
    #expect(found.cells.isEmpty && found.prose.isEmpty && found.rows.isEmpty)
    #expect(found.environment.isEmpty && found.sources.isEmpty && found.licences.isEmpty)
    #expect(found.sentence == "1 parameter changed; f1 +0.500, within noise")
    #expect(found.steps.map(\.step.text) == ["adapter", "answers", "score"])
    #expect(
      found.steps.map(\.because) == [
        ["parameter `epoch` was 2, is 3"], ["follows `adapter`"], ["follows `answers`"],
      ])
    #expect(found.sameSteps == 2)
    let example = try #require(found.answers.first?.examples.first)
    #expect(example.id == "b" && example.a == "no" && example.b == "yes")
    #expect(example.delta == 1)
    #expect(example.rows.isEmpty)
    // The binary output is told by its size and digest.
    let outputs = try #require(found.steps.first?.outputs["adapter"])
    #expect(outputs.a != outputs.b && outputs.a?.kind == .file)
  }

  @Test func changedRowsAreFollowedToTheTrainingAndJoinedWithTheAnswers() throws {
    let changed = RunComparisonTests.rows(40, changing: [7: "Is it a? Nobody knows."])
    let found = try two(
      steps(), steps(raw: changed, answers: ["never", "no"], scores: [0, 0]),
      textB: RunComparisonTests.text.replacing(#"{"id":"a"}"#, with: #"{"id":"b"}"#))
    #expect(found.rows.map(\.name) == ["raw.data", "clean.rows"])
    #expect(found.rows.map(\.isTraining) == [false, true])
    #expect(found.rows.last?.follows == ["raw.data"])
    #expect(found.rows.compactMap(\.counts?.changed) == [1, 1])
    #expect(found.rows.last?.changes.first?.content.key == "r7")
    #expect(
      found.sentence == "1 cell and 1 of 40 training rows changed; f1 -0.500, within noise")
    let example = try #require(found.answers.first?.examples.first)
    #expect(example.rows.first?.id == "r7")
    #expect(example.rows.first?.similarity ?? 0 > 0.2)
    #expect(found.cells.map(\.cell) == ["raw"])
    #expect(found.cells.first?.effect == .work)
  }

  @Test func metricsArePairedAndReadAgainstNoise() throws {
    let ones = [JSON](repeating: 1, count: 8)
    let halves = [JSON](repeating: .number(0.5), count: 8)
    let better = try two(steps(scores: halves), steps(epoch: 3, scores: ones))
    let f1 = try #require(better.metrics.first)
    #expect(f1.reading == .better && f1.pairs == 8)
    #expect(f1.interval == Interval(value: 0.5, low: 0.5, high: 0.5))
    #expect(better.warning?.hasPrefix("8 questions:") == true)
    // Four questions cannot decide anything, however far they are apart.
    let few = try two(
      steps(scores: Array(halves.prefix(4))), steps(epoch: 3, scores: Array(ones.prefix(4))))
    #expect(few.metrics.first?.reading == .withinNoise)
    // Of eight questions and four, the four common ones are compared.
    let uneven = try two(steps(scores: halves), steps(epoch: 3, scores: Array(ones.prefix(4))))
    #expect(uneven.metrics.first?.pairs == 4)
    #expect(uneven.metrics.first?.onlyA == 4)
    #expect(uneven.metrics.first?.a == 0.5)
  }

  @Test(arguments: ["NaN", "Infinity", "-Infinity", "null"])
  func aMetricWithoutANumberIsNotComparedAndSaysWhy(_ word: String) throws {
    let found = try two(
      steps(scores: [1, 0]), steps(epoch: 3, scores: [.string(word), 0]),
      parametersB: ["epoch": 3])
    let f1 = try #require(found.metrics.first)
    #expect(f1.a == nil && f1.b == nil && f1.interval == nil && f1.reading == nil)
    #expect(f1.note?.contains("for 1 of 2 questions") == true)
    #expect(found.sentence == "1 parameter changed; no metric can be compared")
    let text = DiffText(style: Style(usesColor: false)).lines(found).joined(separator: "\n")
    #expect(text.contains("not comparable: B: "))
    _ = DiffJSON.document(found).canonicalText
  }

  @Test func aRenamedStepIsNeitherGoneNorNew() throws {
    var renamed = steps()
    renamed[1].id = "tidy"
    renamed[2].inputs = ["rows": "tidy.rows"]
    let text = RunComparisonTests.text.replacing("{#clean}", with: "{#tidy}")
      .replacing("rows: clean", with: "rows: tidy")
    let found = try two(steps(), renamed, textB: text)
    #expect(found.steps.map(\.step.text) == ["tidy"])
    #expect(found.steps.first?.status == .same)
    #expect(found.steps.first?.because == ["renamed from `clean`"])
    #expect(found.cells.map(\.kind) == [.renamed, .changed])
    #expect(found.cells.last?.effect == CellDifference.Effect.none)
    #expect(found.rows.isEmpty && found.metrics.isEmpty)
    #expect(
      found.sentence
        == "only the text of 2 cells changed, and no step by it; no result changed")
  }

  @Test func proseIsCountedAsProse() throws {
    let found = try two(
      steps(), steps(), textB: RunComparisonTests.text.replacing("# Sample", with: "# Better"))
    #expect(found.prose == ["sample"])
    #expect(found.cells.isEmpty && found.steps.isEmpty)
    #expect(found.sentence == "only prose changed; no result changed")
  }

  @Test func aStepWithTheSameResultStopsTheChange() throws {
    let changed = RunComparisonTests.rows(40) + "\n"
    let found = try two(steps(), steps(raw: changed, cleaned: RunComparisonTests.rows(40)))
    let clean = try #require(found.steps.first { $0.step.text == "clean" })
    #expect(clean.follows == ["raw"])
    #expect(!clean.hasSameResult, "the report differs")
    #expect(found.rows.first?.counts?.changes == 0)
  }

  @Test func aRunThatFailedIsComparedAsFarAsItWent() throws {
    let found = try two(
      steps(), Array(steps(epoch: 3).prefix(3)) + [.failed("answers"), .failed("score")],
      parametersB: ["epoch": 3])
    #expect(found.sentence == "1 parameter changed; `answers` failed in B")
    let answers = try #require(found.steps.first { $0.step.text == "answers" })
    #expect(answers.because == ["failed in B"])
    #expect(found.metrics.isEmpty)
    #expect(found.parameters.count == 1)
  }

  @Test func runsThatShareNothingAreSaidToAndListed() throws {
    let found = try two(
      [.script("one", code: "1", outputs: ["a.txt": .text("1")])],
      [.script("two", code: "2", outputs: ["b.txt": .text("2")])],
      textA: "```bash {#one}\n1\n```\n", textB: "```bash {#two}\n2\n```\n")
    #expect(found.sentence == "the two runs have no step in common")
    #expect(found.steps.map(\.status) == [.added, .removed])
    #expect(found.cells.map(\.kind) == [.added, .removed])
  }

  @Test func rowsThatAreNoTextOrGoneAreSaid() throws {
    let broken: [FakeStep] = [
      .script("lost", code: "1", outputs: ["rows.jsonl": .lost("{}\n")]),
      .script("binary", code: "1", outputs: ["rows.jsonl": .bytes([0, 1, 2, 3, 10])]),
      .script(
        "latin", code: "1", outputs: ["rows.jsonl": .bytes(Array("{\"a\":\"".utf8) + [0xE9])]),
    ]
    let whole: [FakeStep] = ["lost", "binary", "latin"].map {
      .script($0, code: "2", outputs: ["rows.jsonl": .text("{\"a\":1}\n")])
    }
    // What the store lacks has to be too large for the history itself.
    let long = String(repeating: "x", count: 70_000)
    var lost = broken
    lost[0].outputs = ["rows.jsonl": .lost(long)]
    let found = try two(lost, whole)
    #expect(found.rows.count == 3)
    #expect(found.rows.allSatisfy { $0.counts == nil && $0.problem != nil })
    for set in found.rows { #expect(set.summary.hasPrefix("not compared: ")) }
  }

  @Test func everyPackageThatDiffersIsNamedWithItsSteps() throws {
    func environment(_ version: String) -> JSON {
      [
        "digest": .digest(Digest(of: Array(version.utf8))), "python": "3.11.2",
        "files": [
          ["name": "torch", "version": .string(version), "sha256": .digest(Digest(of: [1]))],
          ["name": "same", "version": "1", "sha256": .digest(Digest(of: [2]))],
        ],
      ]
    }
    func step(_ version: String) -> FakeStep {
      var step = FakeStep.script("fit", code: "x", outputs: ["a.txt": .text(version)])
      step.more = ["environment": .digest(Digest(of: Array(version.utf8)))]
      return step
    }
    let bench = try RunBench()
    let found = try compare(
      bench,
      bench.run("main", steps: [step("2.1")], environments: ["e": environment("2.1")]),
      bench.run("new", steps: [step("2.2")], environments: ["e": environment("2.2")]))
    #expect(found.environment.texts == ["fit: the package `torch` was 2.1, is 2.2"])
    #expect(found.steps.first?.because == ["the environment changed"])
    #expect(found.sentence == "1 package changed; 1 step came out differently")
  }

  @Test func metricsOfTheUsersOwnHaveNoInterval() throws {
    func step(_ value: String) -> FakeStep {
      .script("judge", code: value, outputs: ["metrics.json": .text("{\"f1\":\(value)}")])
    }
    let found = try two([step("0.5")], [step("0.75")])
    let metric = try #require(found.metrics.first)
    #expect(metric.delta == 0.25 && metric.interval == nil && metric.reading == nil)
    #expect(found.sentence == "no cell, parameter or row changed; f1 +0.250")
    let broken = try two([step("0.5")], [step("NaN")])
    #expect(broken.metrics.first?.note == "not comparable: B: NaN")
  }

  /// Text, JSON and page say the same numbers.
  @Test func textJSONAndPageAgree() throws {
    let changed = RunComparisonTests.rows(40, changing: [3: "<script>alert(1)</script>"])
    let found = try two(
      steps(scores: [1, 0, 1, 0, 1, 0, 1, 0]),
      steps(
        epoch: 3, raw: changed, answers: ["<b>no</b>", "yes"], scores: [1, 1, 1, 1, 1, 1, 0, 0]),
      parametersB: ["epoch": 3])
    let json = DiffJSON.document(found)
    let text = DiffText(style: Style(usesColor: false)).lines(found)
    let page = DiffPage(found).page().text(.file)
    #expect(text.contains(found.sentence))
    #expect(page.contains("<p class=\"lead\">\(found.sentence)</p>"))
    #expect(json["sentence"]?.string == found.sentence)
    let metric = try #require(json["metrics"]?.array?.first)
    let numbers = try [
      metric["a"], metric["b"], metric["interval"]?.array?[0], metric["interval"]?.array?[1],
    ].map { Words.fixed(try #require($0?.number), 3) }
    let delta = Words.signed(try #require(metric["delta"]?.number))
    let line = try #require(text.first { $0.hasPrefix("f1 ") })
    #expect(
      line.split(separator: " ").map(String.init) == [
        "f1", numbers[0], numbers[1], delta, "[\(numbers[2]),", "\(numbers[3])]", "within",
        "noise",
      ])
    let row =
      "<th scope=\"row\">f1</th><td class=\"number\">\(numbers[0])</td><td class=\"number\">"
      + "\(numbers[1])</td><td class=\"number\">\(delta)</td><td class=\"short\">"
      + "[\(numbers[2]), \(numbers[3])]</td>"
    #expect(page.contains(row))
    for set in json["rows"]?.array ?? [] {
      let name = "\(set["step"]?.string ?? "").\(set["output"]?.string ?? "")"
      let said = "\(set["changed"]?.integer ?? -1) changed of \(set["new"]?.integer ?? -1) rows"
      #expect(text.contains { $0.contains(name) && $0.contains(said) })
      #expect(page.contains("<code>\(name)</code> \(said)"))
    }
    #expect(json["rows"]?.array?.count == 2)
    // What data says is text, never markup.
    #expect(!page.contains("<script") && !page.contains("<b>no"))
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
  }

  @Test func noLineOfTextIsWiderThanItMayBe() throws {
    let changed = RunComparisonTests.rows(
      40, changing: [3: String(repeating: "a long answer, ", count: 40)])
    let found = try two(
      steps(),
      steps(
        epoch: 3, raw: changed, answers: [String(repeating: "word ", count: 80), "no"],
        scores: [0, 0]), parametersB: ["epoch": 3])
    let wide = DiffText(style: Style(usesColor: false)).lines(found).filter { $0.count > 80 }
    #expect(wide.isEmpty, "\(wide)")
  }
}
