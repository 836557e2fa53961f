import Documents
import Experiments
import Files
import Notebook
import Problems
import SystemPackage
import Testing

/// Recipes that are one run's in some factors and another's in the rest.
@Suite struct HybridTests {
  static let text = """
    ---
    params: { weight: 0.5, name: small }
    ---

    ```jsonl {#extra}
    {"id":1}
    ```

    ```text {#prompt}
    Say it.
    ```

    ```bash {#model}
    #| in: { rows: "file:../data/rows.jsonl", extra: extra, prompt: prompt, lib.py: "file:../data/lib.py" }
    #| out: model.txt
    #| with: { weight: "${weight}", depth: 1 }
    #| env: { NAME: "${name}" }
    first
    ```

    ```yaml {#clean}
    uses: clean
    in: { rows: extra }
    with: { min_response_chars: 5 }
    ```

    ```bash {#score}
    #| in: { model: model, clean: clean }
    #| out: { metrics: metrics.json, questions: questions.jsonl }
    score
    ```

    ```bash {#after}
    #| in: { score: score.metrics }
    #| out: a.txt
    after
    ```
    """
  static let files = ["../data/rows.jsonl": "rows of a", "../data/lib.py": "lib of a"]

  /// Two runs and what lies between them.
  private struct Pair {
    let bench: RunBench
    let a: RecipeSide
    let b: RecipeSide
    private var count = 0

    init(
      _ text: String = HybridTests.text, _ parameters: JSON = [:],
      _ files: [String: String] = HybridTests.files,
      against first: String = HybridTests.text
    ) throws {
      bench = try RunBench()
      a = try RecipeSide(
        try bench.run("main", text: first, steps: [], inputs: HybridTests.files),
        in: Pair.folder(bench))
      b = try RecipeSide(
        try bench.run("other", text: text, parameters: parameters, steps: [], inputs: files),
        in: Pair.folder(bench))
    }

    private static func folder(_ bench: RunBench) throws -> FilePath {
      try Files.makeTemporaryFolder(in: bench.folder, prefix: "recipe-")
    }

    func hybrid(_ fromB: Set<Factor>) throws -> (recipe: Recipe, folder: FilePath) {
      let folder = try Pair.folder(bench)
      let hybrid = try Hybrid(
        of: a, b, fromB: fromB, until: try #require(StepID("score")), in: folder,
        store: bench.store)
      return (hybrid.recipe, folder)
    }

    var split: FactorSplit {
      get throws {
        FactorSplit(
          a, b, until: try #require(StepID("score")),
          otherwiseA: try? hybrid([.parameters]).recipe)
      }
    }
  }

  private func step(_ name: String, _ recipe: Recipe) throws -> Step {
    try #require(recipe.steps.first { $0.id.text == name })
  }

  /// A change, the factor that it belongs to, and what is said of it.
  struct Change: Sendable, CustomTestStringConvertible {
    var old: String
    var new: String
    var factor: Factor
    var said: String
    var testDescription: String { said }
  }

  static let changes = [
    Change(old: "weight: 0.5", new: "weight: 0.75", factor: .parameters, said: "weight 0.5 → 0.75"),
    Change(old: "depth: 1", new: "depth: 2", factor: .parameters, said: "model.depth 1 → 2"),
    Change(old: "name: small", new: "name: big", factor: .parameters, said: "name small → big"),
    Change(
      old: "min_response_chars: 5", new: "min_response_chars: 7", factor: .parameters,
      said: "clean.min_response_chars 5 → 7"),
    Change(
      old: "{\"id\":1}", new: "{\"id\":1}\n{\"id\":2}", factor: .data,
      said: "cell `extra`: +1 −0 lines"),
    Change(old: "Say it.", new: "Say.", factor: .code, said: "cell `prompt`: +1 −1 lines"),
    Change(old: "first\n", new: "second\n", factor: .code, said: "script `model`: +1 −1 lines"),
    Change(
      old: "in: { rows: extra }", new: "in: { rows: model }", factor: .code,
      said: "input `rows` of `clean`"),
    Change(old: "numbers", new: "", factor: .code, said: ""),
  ].dropLast().map { $0 }

  @Test(arguments: changes)
  func eachChangeBelongsToOneFactor(_ change: Change) throws {
    let other = Self.text.replacing(change.old, with: change.new)
    try #require(other != Self.text)
    let pair = try Pair(other)
    let split = try pair.split
    #expect(split.changes == [FactorChange(change.factor, change.said)])
    // Taken alone it gives the second recipe, and everything else the first.
    for factors in [Set(Factor.allCases), [change.factor]] {
      try expect(try pair.hybrid(factors).recipe, is: pair.b.recipe)
    }
    try expect(
      try pair.hybrid(Set(Factor.allCases).subtracting([change.factor])).recipe,
      is: pair.a.recipe)
  }

  private func expect(_ recipe: Recipe, is other: Recipe) throws {
    #expect(recipe.steps.map(\.id) == other.steps.map(\.id))
    for step in recipe.steps {
      let same = try self.step(step.id.text, other)
      #expect(step.work == same.work && step.parameters == same.parameters, "\(step.id)")
      #expect(step.inputs == same.inputs && step.variables == same.variables, "\(step.id)")
      #expect(step.numerics == same.numerics && step.threads == same.threads, "\(step.id)")
    }
  }

  @Test func allFourAtOnceAreToldApart() throws {
    let other = Self.text.replacing("weight: 0.5", with: "weight: 0.75")
      .replacing("{\"id\":1}", with: "{\"id\":9}").replacing("first\n", with: "second\n")
      .replacing("uses: clean", with: "uses: clean\nnumerics: native")
    let pair = try Pair(other)
    #expect(try pair.split.factors == [.data, .parameters, .environment, .code])
    for set in 0..<16 {
      let fromB = Set(
        Factor.allCases.enumerated().filter { set >> $0.offset & 1 == 1 }.map(\.element))
      let recipe = try pair.hybrid(fromB).recipe
      func side(_ factor: Factor) -> Recipe {
        fromB.contains(factor) ? pair.b.recipe : pair.a.recipe
      }
      #expect(try step("model", recipe).work == step("model", side(.code)).work)
      #expect(try step("extra", recipe).work == step("extra", side(.data)).work)
      #expect(try step("model", recipe).parameters == step("model", side(.parameters)).parameters)
      #expect(try step("clean", recipe).numerics == step("clean", side(.environment)).numerics)
      #expect(recipe.parameters == side(.parameters).parameters)
    }
  }

  @Test func whatIsInAFileIsData() throws {
    let pair = try Pair(
      Self.text, [:], Self.files.merging(["../data/rows.jsonl": "rows of b"]) { $1 })
    #expect(try pair.split.changes == [FactorChange(.data, "file:../data/rows.jsonl")])
    #expect(try content("rows.jsonl", pair.hybrid([.data]).folder) == "rows of b")
    #expect(try content("rows.jsonl", pair.hybrid([.code]).folder) == "rows of a")
  }

  @Test func aModuleIsCode() throws {
    let pair = try Pair(Self.text, [:], Self.files.merging(["../data/lib.py": "lib of b"]) { $1 })
    #expect(try pair.split.changes == [FactorChange(.code, "file:../data/lib.py")])
    #expect(try content("lib.py", pair.hybrid([.data]).folder) == "lib of a")
    #expect(try content("lib.py", pair.hybrid([.code]).folder) == "lib of b")
  }

  /// Another file under another name is other data, whoever names it.
  @Test(arguments: [false, true])
  func anotherFileIsData(namedByAParameter: Bool) throws {
    var first = Self.text
    if namedByAParameter {
      first = first.replacing("../data/rows.jsonl", with: "../data/${name}.jsonl")
        .replacing("name: small", with: "name: rows").replacing("NAME: \"${name}\"", with: "A: b")
    }
    let other =
      namedByAParameter
      ? first.replacing("name: rows", with: "name: more")
      : first.replacing("rows.jsonl", with: "more.jsonl")
    let pair = try Pair(
      other, [:], ["../data/more.jsonl": "more of b", "../data/lib.py": "lib of a"], against: first)
    #expect(
      try pair.split.changes
        == [FactorChange(.data, "file:../data/rows.jsonl → file:../data/more.jsonl")])
    #expect(try content("rows.jsonl", pair.hybrid([.data]).folder) == "more of b")
    #expect(try content("rows.jsonl", pair.hybrid([]).folder) == "rows of a")
  }

  private func content(_ name: String, _ folder: FilePath) throws -> String {
    try Files.readText(folder.appending("data").appending(name))
  }

  @Test func overridesOfTheCommandLineAreParameters() throws {
    let pair = try Pair(Self.text, ["weight": .number(0.25), "model.depth": 3])
    #expect(
      try pair.split.changes.map(\.text) == ["model.depth 1 → 3", "weight 0.5 → 0.25"])
    let recipe = try pair.hybrid([.parameters]).recipe
    #expect(try step("model", recipe).parameters == ["weight": .number(0.25), "depth": 3])
    #expect(recipe.stepOverrides == ["model.depth": 3])
    #expect(
      try step("model", pair.hybrid([.data, .code]).recipe).parameters == [
        "weight": .number(0.5), "depth": 1,
      ])
  }

  /// A parameter of a step that was set is not taken for one of the recipe that changed alike.
  @Test func whatWasSetOfAStepIsTheSteps() throws {
    let pair = try Pair(
      Self.text.replacing("weight: 0.5", with: "weight: 2"),
      ["weight": 2, "model.depth": 2],
      against: Self.text.replacing("weight: 0.5", with: "weight: 1"))
    #expect(try pair.split.changes.map(\.text) == ["model.depth 1 → 2", "weight 1 → 2"])
  }

  /// Instances of a matrix are one cell; another axis is another recipe.
  @Test func instancesOfAMatrixAreOneCell() throws {
    let first = Self.text.replacing(
      "#| out: model.txt", with: "#| out: model.txt\n#| matrix: { size: [1, 2] }"
    ).replacing("depth: 1", with: "size: \"${size}\", depth: 1")
    let pair = try Pair(
      first.replacing("depth: 1", with: "depth: 2").replacing("{\"id\":1}", with: "{\"id\":2}")
        .replacing("first\n", with: "second\n"), against: first)
    #expect(
      try pair.split.changes.map(\.text) == [
        "cell `extra`: +1 −1 lines", "model.depth 1 → 2", "script `model`: +1 −1 lines",
      ])
    for (fromB, depth) in [(Set([Factor.parameters]), 2), ([.code, .data], 1)]
      as [(Set<Factor>, Int64)]
    {
      let recipe = try pair.hybrid(fromB).recipe
      #expect(
        recipe.steps.filter { $0.id.cell.text == "model" }.map { $0.parameters["depth"] } == [
          .integer(depth), .integer(depth),
        ])
    }
    let axes = try Pair(
      first.replacing("[1, 2]", with: "[1, 3]"), against: first)
    #expect(try axes.split.factors == [.code])
  }

  /// A parameter that only the new code has comes with the code.
  @Test func newCodeBringsItsOwnParameters() throws {
    let other = Self.text.replacing("depth: 1", with: "depth: 2, more: \"${extra}\"")
      .replacing("params: {", with: "params: { extra: 7,")
    let pair = try Pair(other, ["extra": 8])
    let texts = try pair.split.changes
    #expect(
      Set(texts) == [
        FactorChange(.parameters, "model.depth 1 → 2"),
        FactorChange(.code, "parameter `model.more` is new"),
      ])
    #expect(
      try step("model", pair.hybrid([.code]).recipe).parameters
        == ["weight": .number(0.5), "depth": 1, "more": 8])
    #expect(
      try step("model", pair.hybrid([.parameters]).recipe).parameters
        == ["weight": .number(0.5), "depth": 2])
  }

  @Test func aNewCellIsCode() throws {
    let cell = "```jsonl {#new}\n{}\n```\n\n"
    let other = Self.text.replacing("```bash {#model}", with: cell + "```bash {#model}")
      .replacing("extra: extra", with: "extra: new")
    let pair = try Pair(other)
    #expect(
      try pair.split.changes.map(\.text) == ["input `extra` of `model`", "step `new` is new"])
    #expect(try pair.split.factors == [.code])
  }

  /// What the metric does not rest on is no change.
  @Test func whatComesAfterDoesNotCount() throws {
    let pair = try Pair(
      Self.text.replacing("after\n", with: "afterwards\n").replacing(
        "---\n\n", with: "---\n\nProse.\n\n"))
    #expect(try pair.split.changes.isEmpty)
  }

  @Test func environmentsAreTakenWithTheirPins() throws {
    func text(_ version: String) -> String {
      Self.text.replacing("params:", with: "environments: { data: [orjson==\(version)] }\nparams:")
        .replacing("#| out: model.txt", with: "#| out: model.txt\n#| environment: data")
    }
    let pair = try Pair(text("3.11.5"), against: text("3.11.4"))
    #expect(
      try pair.split.changes == [FactorChange(.environment, "environment `data`: its requirements")]
    )
    #expect(
      try pair.hybrid([.environment]).recipe.environments["data"]?.requirements == [
        "orjson==3.11.5"
      ])
    #expect(
      try pair.hybrid([.code]).recipe.environments["data"]?.requirements == ["orjson==3.11.4"])
  }

  /// What cannot be taken apart is refused with its reason, never done halfway.
  @Test func refusesWhatCannotBeTakenApart() throws {
    let flow = Self.text.replacing(
      "uses: clean\nin: { rows: extra }\nwith: { min_response_chars: 5 }",
      with: "{ uses: clean, in: { rows: extra }, with: { min_response_chars: 5 } }")
    let pair = try Pair(
      flow.replacing("{ uses: clean,", with: "{ uses: clean, numerics: native,"), against: flow)
    #expect(try pair.split.factors == [.environment])
    let problem = #expect(throws: Problem.self) { try pair.hybrid([.environment]) }
    #expect(problem?.message == "the environment of step `clean` cannot be set apart from its code")
    // A parameter of another type than the code's.
    let typed = try Pair(
      Self.text.replacing("weight: 0.5", with: "weight: heavy").replacing(
        "first\n", with: "second\n"))
    #expect(throws: Problem.self) { try typed.hybrid([.parameters]) }
    #expect(throws: Problem.self) { try typed.hybrid([.code]) }
  }

  @Test func aLostInputIsNamed() throws {
    let bench = try RunBench()
    let run = try bench.run("main", text: Self.text, steps: [], inputs: ["../data/rows.jsonl": "x"])
    let empty = OpenedRun(record: run.record, history: run.history, store: RunBench.emptyStore())
    let folder = try Files.makeTemporaryFolder(in: bench.folder, prefix: "recipe-")
    let problem = #expect(throws: Problem.self) { try RecipeSide(empty, in: folder) }
    #expect(problem?.code == "missing-blob")
  }

  @Test(
    arguments: [
      ([[.data]], [[[.data]]]),
      ([[.data], [.code]], [[[.data], [.code]], [[.data, .code]]]),
      (
        [[.data], [.parameters], [.code]],
        [
          [[.data], [.parameters], [.code]], [[.data], [.parameters, .code]],
          [[.data, .code], [.parameters]], [[.data, .parameters], [.code]],
          [[.data, .parameters, .code]],
        ]
      ),
    ] as [([[Factor]], [[[Factor]]])])
  func factorsAreJoinedNoFurtherThanNeeded(_ groups: [[Factor]], expected: [[[Factor]]]) {
    let coarser = FactorPartition(groups).coarser.map(\.groups)
    #expect(Set(coarser) == Set(expected))
    #expect(coarser.first == groups && coarser.last?.count == 1)
    #expect(zip(coarser, coarser.dropFirst()).allSatisfy { $0.count >= $1.count })
  }
}
