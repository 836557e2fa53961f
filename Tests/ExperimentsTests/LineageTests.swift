import Comparison
import Digests
import Documents
import Experiments
import History
import Notebook
import Problems
import Running
import Store
import Testing

@Suite struct LineageTests {
  /// A run in which `a` is corrected and trained on, `b` evaluated on, `c` rejected, `d` left out by a
  /// cell without a word.
  private func steps(response: String = "old") -> [RunBench.FakeStep] {
    func row(_ id: String, _ response: String = "x", _ more: String = "") -> String {
      #"{"id":"\#(id)","response":"\#(response)"\#(more)}"# + "\n"
    }
    let all = row("a", "old") + row("b") + row("c") + row("d")
    let corrected = row("a", response) + row("b") + row("c") + row("d")
    let clean = row("a", response) + row("b") + row("d")
    return [
      .init(
        id: "facts",
        action: [
          "kind": "source", "uses": "fetch/http", "version": 1,
          "source": ["sha256": .digest(Digest(of: Array("facts".utf8)))],
        ], outputs: ["files": .folder(["facts.json": Array(#"{"a":"fact"}"#.utf8)])]),
      .script(
        "make", code: "make", inputs: ["facts": "facts.files"], outputs: ["rows.jsonl": .text(all)]),
      .script(
        "mend", code: "mend", inputs: ["rows": "make.rows"],
        outputs: ["rows.jsonl": .text(corrected)]),
      .library(
        "clean", "clean", inputs: ["rows": "mend.rows"],
        outputs: [
          "rows.jsonl": .text(clean), "report.json": .text("{}"),
          "rejected.jsonl": .text(
            #"{"detail":"3 characters","reason":"too_short","row":{"id":"c"},"source":{}}"# + "\n"),
        ]),
      .script(
        "part", code: "part", inputs: ["rows": "clean.rows"],
        outputs: ["train.jsonl": .text(row("a", response)), "questions.jsonl": .text(row("b"))]),
      .library(
        "adapter", "train/lora", inputs: ["rows": "part.train"],
        outputs: ["adapter": .folder(["w": [1]]), "log.jsonl": .text(#"{"id":"a"}"# + "\n")]),
      .library(
        "answers", "generate",
        inputs: ["questions": "part.questions", "adapter": "adapter.adapter"],
        outputs: ["answers.jsonl": .text(row("b", "x", #","base":{}"#))]),
    ]
  }

  private func lock(licence: String? = "CC-BY-4.0") -> Lock {
    let request: JSON = ["uses": "fetch/http", "url": "https://example.org/facts.json"]
    return Lock(sources: [
      Digest(of: request): Lock.Source(
        request: request, revision: nil, sha256: Digest(of: Array("facts".utf8)), size: 5,
        mediaType: nil, licence: licence)
    ])
  }

  private func trace(_ needle: Needle, _ steps: [RunBench.FakeStep]) throws -> RowTrace? {
    let bench = try RunBench()
    let run = try bench.run("main", lock: lock(), steps: steps)
    let lineage = try Lineage(history: run.history, store: run.store)
    return try lineage.trace(
      lineage.subject(run.record.run), RowSets(run.store, needle: needle))
  }

  @Test func followsARowToTrainingAndSaysWhoChangedIt() throws {
    let trace = try #require(try trace(.id("a"), steps(response: "new")))
    #expect(trace.uses.map(\.role) == [.trained])
    #expect(trace.uses[0].chain == ["make", "mend", "clean", "part.train", "adapter"])
    #expect(trace.uses[0].rows == 1)
    #expect(trace.changes.map(\.step.text) == ["mend"])
    let field = try #require(trace.changes.first?.differences.first)
    #expect(field.field == "response")
    #expect(field.old == "old")
    #expect(field.new == "new")
    #expect(trace.rejections.isEmpty)
    #expect(trace.ends.isEmpty)
    // A training's log is no row set.
    #expect(!trace.places.contains { $0.label == "adapter.log" })
  }

  @Test func tellsEvaluatedFromTrained() throws {
    let trace = try #require(try trace(.id("b"), steps()))
    #expect(trace.uses.map(\.role) == [.evaluated])
    #expect(trace.uses[0].chain == ["make", "mend", "clean", "part.questions", "answers"])
    #expect(trace.changes.isEmpty)
  }

  @Test func saysWhoRejectedARowAndWhy() throws {
    let trace = try #require(try trace(.id("c"), steps()))
    #expect(trace.uses.isEmpty)
    #expect(trace.rejections.map(\.step.text) == ["clean"])
    #expect(trace.rejections.first?.reasons == ["too_short": 1])
    #expect(trace.rejections.first?.detail == "3 characters")
    #expect(trace.ends.isEmpty)
  }

  @Test func saysWhereARowWasLeftOutWithoutAWord() throws {
    let trace = try #require(try trace(.id("d"), steps()))
    #expect(trace.uses.isEmpty)
    #expect(trace.ends.map(\.text) == ["part"])
  }

  @Test func followsATextFromItsSource() throws {
    #expect(try trace(.text("nowhere"), steps()) == nil)
    let trace = try #require(try trace(.text("fact"), steps()))
    #expect(trace.places.map(\.label) == ["facts"])
    #expect(trace.places.first?.findings.first.first?.file == "facts.json")
  }

  @Test func goesOnWhereAContentIsMissing() throws {
    let bench = try RunBench()
    let run = try bench.run("main", lock: lock(), steps: steps())
    let lineage = try Lineage(history: run.history, store: RunBench.emptyStore())
    let sets = RowSets(RunBench.emptyStore(), needle: .id("a"))
    let trace = try #require(try lineage.trace(lineage.subject(run.record.run), sets))
    // What is small stands in the history itself; a folder's tree object does not.
    #expect(trace.uses.map(\.role) == [.trained])
    #expect(sets.missing.contains { $0.hasPrefix("facts of run ") })
  }

  @Test(arguments: [
    ("CC-BY-4.0", true), ("cc-by-4.0", true), ("CC-BY-4", false), ("MIT", false), ("none", false),
  ])
  func findsSourcesByLicence(_ licence: String, _ isThere: Bool) throws {
    let bench = try RunBench()
    let run = try bench.run("main", lock: lock(), steps: steps())
    let lineage = try Lineage(history: run.history, store: run.store)
    let trace = try lineage.trace(lineage.subject(run.record.run), RowSets(run.store)) {
      $0.isUnder(licence)
    }
    #expect((trace != nil) == isThere)
  }

  @Test func saysWhatMayDeriveFromASourceAndWhatRowsShow() throws {
    let bench = try RunBench()
    var steps = steps()
    let rows =
      #"{"id":"a","source":{"file":"facts.json","row":1}}"# + "\n" + #"{"id":"z","source":"mine"}"#
      + "\n" + #"{"id":"y"}"# + "\n"
    steps[4].outputs["train.jsonl"] = .text(rows)
    let run = try bench.run("main", lock: lock(), steps: steps)
    let lineage = try Lineage(history: run.history, store: run.store)
    let trace = try #require(
      try lineage.trace(lineage.subject(run.record.run), RowSets(run.store)) {
        $0.isNamed("example.org")
      })
    #expect(trace.sources.map(\.title) == ["https://example.org/facts.json"])
    let trained = try #require(trace.uses.first { $0.role == .trained })
    #expect(trained.rows == 3)
    #expect(trained.shown == 1)
    #expect(trained.chain.first == "facts")
    let evaluated = try #require(trace.uses.first { $0.role == .evaluated })
    #expect(evaluated.shown == nil)
  }

  @Test func looksBackStepByStep() throws {
    let bench = try RunBench()
    let run = try bench.run("main", lock: lock(licence: nil), steps: steps())
    let lineage = try Lineage(history: run.history, store: run.store)
    let subject = lineage.subject(run.record.run)
    let output = try lineage.output(step: "part", named: "train", of: run.record.run)
    let ancestry = try lineage.ancestry(subject, of: output, RowSets(run.store))
    #expect(ancestry.flows.map(\.step.text) == ["facts", "make", "mend", "clean", "part"])
    #expect(ancestry.flows[3].read.map(\.rows) == [4])
    #expect(ancestry.flows[3].given.first { $0.name == "rows" }?.rows == 3)
    #expect(ancestry.flows[3].reasons == ["too_short": 1])
    #expect(ancestry.sources.map(\.title) == ["https://example.org/facts.json"])
    #expect(ancestry.sources.first?.licence == nil)
    #expect(ancestry.uses.isEmpty)
    let whole = try lineage.ancestry(subject, RowSets(run.store))
    #expect(whole.uses.map(\.role) == [.trained, .evaluated])
    let problem = #expect(throws: Problem.self) {
      try lineage.output(step: "clean", named: "rowz", of: run.record.run)
    }
    #expect(problem?.hint == "did you mean `rows`?")
  }

  @Test func followsRowsThroughAPastResult() throws {
    let bench = try RunBench()
    let first = try bench.run("main", recipe: "prep", lock: lock(), steps: steps())
    let train = #"{"id":"a","response":"old"}"# + "\n"
    let bytes = Array(train.utf8)
    let pin = Lock.Run(
      run: first.record.run.id.hex, isFolder: false, digest: Digest(of: bytes),
      size: Int64(bytes.count))
    let run = try bench.run(
      "main", lock: Lock(runs: ["prep:part.train": pin]),
      steps: [
        .init(
          id: "adapter", action: ["kind": "library", "uses": "train/lora", "version": 1],
          outputs: ["adapter": .folder(["w": [2]])],
          past: ["rows": Artifact(kind: .file, digest: Digest(of: bytes), size: pin.size)])
      ])
    let lineage = try Lineage(history: run.history, store: run.store)
    let subject = lineage.subject(run.record.run)
    let trace = try #require(
      try lineage.trace(subject, RowSets(run.store, needle: .id("a"))))
    #expect(
      trace.uses.first?.chain
        == ["make", "mend", "clean", "part.train", "run:prep:part.train", "adapter"])
    let derived = try #require(
      try lineage.trace(subject, RowSets(run.store)) { $0.isUnder("CC-BY-4.0") })
    #expect(derived.uses.map(\.role) == [.trained])
    let ancestry = try lineage.ancestry(subject, RowSets(run.store))
    #expect(ancestry.sources.isEmpty)
    #expect(ancestry.allSources.map(\.title) == ["https://example.org/facts.json"])
  }

  // MARK: Queries

  @Test(arguments: [
    ("de-capital", "id"), ("id:CC-BY-4.0", "id"), ("text:CC-BY-4.0", "text"), ("a b", "text"),
    ("\"word\"", "text"), ("CC-BY-4.0", "licence"), ("licence:MIT", "licence"),
    ("license:MIT", "licence"), ("https://example.org/x", "source"),
    ("https://example.org/facts.json", "source"), ("source:facts", "source"), ("url:x", "source"),
    ("sample", "run"), ("@last", "run"), ("sample:clean", "output"),
    ("sample:part.train", "output"), ("sample:part.train@a=0.5", "output"),
    ("nobody:clean", "id"), ("123456", "id"), ("none", "id"),
  ])
  func readsQueries(_ text: String, _ kind: String) throws {
    let bench = try RunBench()
    let run = try bench.run("main", lock: lock(), steps: steps())
    let lineage = try Lineage(history: run.history, store: run.store)
    let query = try LineageQuery(text, history: run.history) {
      try lineage.graph(run.record.run).sources(run.store)
    }
    #expect(query.kind == kind)
  }

  @Test(arguments: [
    ("", "lineage-query"), ("  ", "lineage-query"), ("id:", "lineage-query"),
    ("licence: ", "lineage-query"), ("\"\"", "lineage-query"),
    ("submission/none", "unknown-submission"), ("sample:", "target"), ("sample:clean.", "target"),
    ("sample:clean@", "target"),
  ])
  func refusesQueriesThatAskForNothing(_ text: String, _ code: String) throws {
    let bench = try RunBench()
    let run = try bench.run("main", steps: steps())
    let problem = #expect(throws: Problem.self) {
      try LineageQuery(text, history: run.history) { [] }
    }
    #expect(problem?.code == Problem.Code(code))
    #expect(problem?.tier == .user)
  }
}
