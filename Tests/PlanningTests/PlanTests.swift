import Digests
import Documents
import Notebook
import Planning
import Store
import SystemPackage
import Testing

@Suite struct PlanTests {
  @Test func aStepWaitsForItsInputs() throws {
    var plan = Plan(recipe: try recipe(["a": [], "b": ["a"], "c": ["a", "b"]]), files: [:])
    #expect(plan.takeResolvable().map { plan.steps[$0].id.text } == ["a"])
    #expect(plan.takeResolvable().isEmpty)
    plan.foundMissing(0, key: key("a"))
    #expect(plan.runnable == [0])
    plan.started(0)
    #expect(plan.runnable.isEmpty)
    plan.finished(0, outputs: ["out": artifact("a")])
    #expect(plan.takeResolvable().map { plan.steps[$0].id.text } == ["b"])
    #expect(plan.inputs(of: 1) == ["a": artifact("a")])
    plan.foundCached(1, key: key("b"), outputs: ["out": artifact("b")])
    #expect(plan.takeResolvable() == [2])
    #expect(!plan.isComplete)
    plan.foundCached(2, key: key("c"), outputs: [:])
    #expect(plan.isComplete)
  }

  @Test func aFailureSkipsWhatFollowsAndNothingElse() throws {
    var plan = Plan(
      recipe: try recipe(["a": [], "b": ["a"], "c": ["b"], "d": [], "e": ["d"]]), files: [:])
    for index in plan.takeResolvable() { plan.foundMissing(index, key: key("\(index)")) }
    let a = try #require(plan.position(of: try id("a")))
    plan.started(a)
    let skipped = plan.failed(a).map { plan.steps[$0].id.text }
    #expect(skipped == ["b", "c"])
    #expect(plan.states[a] == .failed)
    #expect(
      plan.states[try #require(plan.position(of: try id("c")))] == .skipped(because: try id("a")))
    #expect(plan.runnable.map { plan.steps[$0].id.text } == ["d"])
  }

  @Test func untilKeepsOnlyWhatTheStepNeeds() throws {
    let plan = Plan(
      recipe: try recipe(["a": [], "b": ["a"], "c": ["b"], "d": []]), files: [:],
      until: [try id("b")]
    )
    #expect(plan.steps.map(\.id.text) == ["a", "b"])
  }

  @Test func theOrderIsThatOfTheDocumentAsFarAsNeedsAllow() throws {
    let plan = Plan(recipe: try recipe(["late": ["early"], "other": [], "early": []]), files: [:])
    #expect(plan.steps.map(\.id.text) == ["early", "late", "other"])
  }

  @Test func aLongChainIsOrderedWithoutRecursion() throws {
    let names = (0..<20_000).map { "s\($0)" }
    let pairs = names.indices.map { ($0 == 0 ? [] : [names[$0 - 1]]) }
    let plan = Plan(recipe: try recipe(Array(zip(names, pairs).reversed())), files: [:])
    #expect(plan.steps.first?.id.text == "s0")
    #expect(plan.steps.last?.id.text == "s19999")
  }

  // MARK: Making recipes

  private func recipe(_ needs: KeyValuePairs<String, [String]>) throws -> Recipe {
    try recipe(needs.map { ($0.key, $0.value) })
  }

  private func recipe(_ needs: [(String, [String])]) throws -> Recipe {
    let steps = try needs.enumerated().map { line, entry in
      var step = Step(id: try id(entry.0), line: line + 1, work: .data(entry.0))
      step.outputs = [Step.Output(name: "out", path: "out.txt", isFolder: false)]
      for name in entry.1 { step.inputs[name] = .output(try id(name), "out") }
      return step
    }
    return Recipe(
      name: "test", path: "test.md", text: "", title: nil, parameters: [:], environments: [:],
      licences: nil, steps: steps)
  }

  private func id(_ text: String) throws -> StepID { try #require(StepID(text)) }
  private func key(_ text: String) -> Digest { Digest(of: "key \(text)") }
  private func artifact(_ text: String) -> Artifact {
    Artifact(kind: .file, digest: Digest(of: text), size: Int64(text.utf8.count))
  }
}
