import Documents
import Notebook
import Problems
import Testing

/// `matrix`: a step for each combination.
@Suite struct MatrixTests {
  private static let train = """
    ```bash {#train}
    #| matrix: { lora_r: [4, 8], epoch: [1, 2] }
    #| with: { r: "${lora_r}", text: "epoch ${epoch}", fixed: 1 }
    #| env: { EPOCH: "${epoch}" }
    #| out: { model: model/, log: logs/train.log }
    true
    ```

    """

  private func ids(_ recipe: Recipe) -> [String] { recipe.steps.map(\.id.text) }

  @Test func eachCombinationIsAStep() throws {
    let recipe = try TestKitchen.read(Self.train)
    #expect(
      ids(recipe) == [
        "train@lora_r=4+epoch=1", "train@lora_r=4+epoch=2", "train@lora_r=8+epoch=1",
        "train@lora_r=8+epoch=2",
      ])
    let step = recipe.steps[2]
    #expect(step.parameters == ["r": 8, "text": "epoch 1", "fixed": 1])
    #expect(step.variables == ["EPOCH": "1"])
    #expect(step.id.label == "lora_r=8+epoch=1")
    #expect(step.id.cell.text == "train")
    #expect(step.instance?.axes.map(\.name) == ["lora_r", "epoch"])
    #expect(step.instance?.axes.map(\.value) == [8, 1])
    #expect(step.line == 1)
  }

  @Test(arguments: [
    (
      "[a, NO, \"1\", 1.50, true, null]", ["%22a%22", "%22NO%22", "%221%22", "1.5", "true", "null"]
    ),
    ("[\"a/b c\", \"é\", 1e30]", ["%22a%2Fb%20c%22", "%22%C3%A9%22", "1e%2B30"]),
    ("\"${list}\"", ["7", "9"]),
  ])
  func labels(values: String, encoded: [String]) throws {
    let recipe = try TestKitchen.read(
      """
      ---
      params: { list: [7, 9] }
      ---
      ```bash {#s}
      #| matrix: { x: \(values) }
      #| with: { x: "${x}" }
      #| out: a.txt
      true
      ```
      """)
    #expect(recipe.steps.map(\.id.label) == encoded.map { "x=\($0)" })
  }

  @Test func typesAreThoseOfTheDeclaration() throws {
    let recipe = try TestKitchen.read(
      """
      ```yaml {#adapter}
      uses: train/lora
      matrix: { rate: [1, 0.001], module: [q_proj, v_proj] }
      in: { model: "file:local.jsonl", rows: "file:local.jsonl" }
      with: { learning_rate: "${rate}", target_modules: ["${module}"] }
      ```
      ```yaml {#package}
      uses: fetch/pypi
      matrix: { version: [1.0, NO] }
      with: { package: p, version: "${version}" }
      ```
      """)
    #expect(
      recipe.steps.prefix(4).map { $0.parameters["learning_rate"] }
        == [1, 1, .number(0.001), .number(0.001)])
    #expect(recipe.steps[1].parameters["target_modules"] == ["v_proj"])
    #expect(recipe.steps.suffix(2).map { $0.parameters["version"] } == ["1.0", "NO"])
  }

  // MARK: References

  private static let readers = """
    ```bash {#eval}
    #| matrix: { from: train }
    #| in: { model: train.model, all: "train.log@epoch=${epoch}" }
    #| out: score.txt
    true
    ```
    ```bash {#best}
    #| matrix: { from: eval }
    #| in: { score: eval, model: train.model }
    #| out: b.txt
    true
    ```
    ```bash {#report}
    #| in:
    #|   whole: train.model
    #|   logs: train.log
    #|   some: "train.log@lora_r=8"
    #|   one: "train.log@epoch=2+lora_r=8"
    #| out: r.txt
    true
    ```
    """

  @Test func aStepThatFollowsHasTheSameLabels() throws {
    let recipe = try TestKitchen.read(Self.train + Self.readers)
    let eval = recipe.steps.filter { $0.id.cell.text == "eval" }
    #expect(eval.count == 4)
    for step in eval {
      let label = try #require(step.id.label)
      #expect(step.inputs["model"] == .output(try id("train@\(label)"), "model"))
    }
    let best = try #require(recipe.steps.last { $0.id.cell.text == "best" })
    #expect(best.id.label == "lora_r=8+epoch=2")
    #expect(best.inputs["score"] == .output(try id("eval@lora_r=8+epoch=2"), "score"))
    #expect(best.inputs["model"] == .output(try id("train@lora_r=8+epoch=2"), "model"))
    guard case .collection(let all)? = eval[1].inputs["all"] else {
      Issue.record("\(String(describing: eval[1].inputs["all"]))")
      return
    }
    #expect(all.selection?.description == "epoch=2")
    #expect(all.steps.map(\.label) == ["lora_r=4+epoch=2", "lora_r=8+epoch=2"])
  }

  @Test func fewerAxesAreACollection() throws {
    let recipe = try TestKitchen.read(Self.train + Self.readers)
    let report = try #require(recipe.steps.last)
    func collection(_ name: String) throws -> StepCollection {
      guard case .collection(let found)? = report.inputs[name] else {
        throw Problem(.fault, "test", "`\(name)` is no collection")
      }
      return found
    }
    let whole = try collection("whole")
    #expect(whole.steps.count == 4)
    #expect(whole.instances.first.map(whole.path) == "lora_r=4+epoch=1")
    let logs = try collection("logs")
    #expect(logs.instances.last.map(logs.path) == "lora_r=8+epoch=2/train.log")
    #expect(
      try collection("some").steps.map(\.text) == [
        "train@lora_r=8+epoch=1", "train@lora_r=8+epoch=2",
      ])
    // The order in which a reference names the axes does not matter.
    #expect(report.inputs["one"] == .output(try id("train@lora_r=8+epoch=2"), "log"))
  }

  @Test func aTextNeedsNoQuotesInAReference() throws {
    let recipe = try TestKitchen.read(
      """
      ```bash {#s}
      #| matrix: { x: [short, "a+b@c", 1, "true"] }
      #| with: { x: "${x}" }
      #| out: a.txt
      true
      ```
      ```bash {#follower}
      #| matrix: { y: [short, "a+b@c", 1, "true"] }
      #| in: { s: "s@x=${y}", plain: "s@x=short", quoted: "s@x=%22short%22", encoded: "s@x=a%2Bb%40c" }
      #| out: a.txt
      true
      ```
      """)
    let labels = recipe.steps.prefix(4).map(\.id)
    #expect(
      recipe.steps.suffix(4).map { $0.inputs["s"] } == labels.map { .output($0, "a") })
    let last = try #require(recipe.steps.last)
    #expect(last.inputs["plain"] == last.inputs["quoted"])
    #expect(last.inputs["encoded"] == .output(labels[1], "a"))
  }

  @Test func instancesOfOtherRecipesJoin() throws {
    let kitchen = try TestKitchen()
    defer { kitchen.remove() }
    try kitchen.write(Self.train + Self.readers, to: "recipes/other.md")
    let recipe = try kitchen.read(
      """
      ```bash {#one}
      #| in: { one: "recipe:other/eval@lora_r=4+epoch=1" }
      #| out: a.txt
      true
      ```
      ```bash {#all}
      #| in: { some: "recipe:other/train.log@epoch=1" }
      #| out: a.txt
      true
      ```
      """)
    #expect(
      ids(recipe) == [
        "one", "all", "other/eval@lora_r=4+epoch=1", "other/train@lora_r=4+epoch=1",
        "other/train@lora_r=8+epoch=1",
      ])
    #expect(
      recipe.steps[0].inputs["one"] == .output(try id("other/eval@lora_r=4+epoch=1"), "score"))
    #expect(recipe.steps[1].inputs["some"]?.steps.map(\.text) == Array(ids(recipe).suffix(2)))
    #expect(recipe.steps[2].id.recipe == "other")
  }

  // MARK: Names

  @Test(arguments: [
    ("train", 4), ("train@epoch=1", 2), ("train@epoch=1+lora_r=4", 1), ("report", 1),
  ])
  func stepsByName(name: String, count: Int) throws {
    let recipe = try TestKitchen.read(Self.train + Self.readers)
    #expect(try recipe.steps(named: name).count == count)
  }

  @Test(arguments: ["trian", "train@epoch=3", "train@x=1", "train@", "report@epoch=1"])
  func unknownNames(name: String) throws {
    let recipe = try TestKitchen.read(Self.train + Self.readers)
    #expect(throws: Problem.self) { try recipe.steps(named: name) }
    #expect(throws: Problem.self) { try recipe.step(named: "train") }
  }

  @Test func parametersAreSetForAllInstances() throws {
    let recipe = try TestKitchen.read(
      Self.train, overrides: Overrides(assignments: ["train.fixed=7"]))
    #expect(recipe.steps.allSatisfy { $0.parameters["fixed"] == 7 })
    #expect(recipe.stepOverrides == ["train.fixed": 7])
  }

  @Test(arguments: ["a", "a@x=1", "r/a@x=1+y=%22b%22", "a@x=-1.5"])
  func idsWithLabels(text: String) { #expect(StepID(text)?.text == text) }

  @Test(arguments: [
    "a@", "a@x", "a@x=", "a@x=1+", "a@x=1/b", "a@x=1@y=2", "@x=1", "a@1=2", "A@x=1",
  ])
  func wrongIDs(text: String) { #expect(StepID(text) == nil) }

  private func id(_ text: String) throws -> StepID { try #require(StepID(text)) }
}
