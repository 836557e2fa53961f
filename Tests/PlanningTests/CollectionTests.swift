import Digests
import Documents
import Files
import Foundation
import Notebook
import Planning
import Store
import SystemPackage
import Testing

/// Instances of a matrix in a plan.
@Suite struct CollectionTests {
  private static let text = """
    ```bash {#train}
    #| matrix: { r: [4, 8] }
    #| with: { r: "${r}" }
    #| out: { model: model/, log: train.log }
    true
    ```
    ```bash {#report}
    #| in: { logs: train.log, models: train.model }
    #| out: r.txt
    true
    ```
    ```bash {#alone}
    #| with: { r: 8 }
    #| out: { model: model/, log: train.log }
    true
    ```
    """

  private func recipe(_ text: String = CollectionTests.text) throws -> Recipe {
    try RecipeReader(library: [:]).read(
      text: text, path: "/kitchen/recipes/test.md", displayPath: "test.md", kitchen: "/kitchen")
  }

  private func artifact(_ text: String, _ kind: Artifact.Kind = .file) -> Artifact {
    Artifact(kind: kind, digest: Digest(of: text), size: Int64(text.utf8.count))
  }

  private func finish(_ plan: inout Plan, _ index: Int, _ outputs: [String: Artifact]) {
    plan.foundCached(index, key: Digest(of: "\(index)"), outputs: outputs)
  }

  @Test func aCollectionIsKnownWhenAllInstancesAre() throws {
    var plan = Plan(recipe: try recipe(), files: [:])
    #expect(plan.takeResolvable().count == 3)
    let report = try #require(plan.steps.firstIndex { $0.id.text == "report" })
    finish(&plan, 0, ["model": artifact("m4", .folder), "log": artifact("l4")])
    #expect(plan.takeResolvable().isEmpty)
    finish(&plan, 1, ["model": artifact("m8", .folder), "log": artifact("l8")])
    #expect(plan.takeResolvable() == [report])
    let inputs = plan.inputs(of: report)
    #expect(inputs["logs"]?.kind == .folder)
    let objects = plan.takeCollectionObjects(of: report)
    #expect(plan.takeCollectionObjects(of: report).isEmpty)
    let blobs = Dictionary(
      objects.map { (Digest(of: $0), $0) }, uniquingKeysWith: { first, _ in first })

    func tree(_ digest: Digest?) throws -> Tree {
      try Tree(parsing: try #require(digest.flatMap { blobs[$0] }))
    }
    let logs = try tree(inputs["logs"]?.digest)
    #expect(logs.items.map(\.name) == ["index.json", "r=4", "r=8"])
    guard case .folder(let inner, 2) = logs.items[1].entry,
      case .file(let index, _, false) = logs.items[0].entry
    else {
      Issue.record("\(logs)")
      return
    }
    #expect(
      try tree(inner).items == [
        Tree.Item(
          name: "train.log", entry: .file(artifact("l4").digest, size: 2, isExecutable: false))
      ])
    #expect(
      String(decoding: try #require(blobs[index]), as: UTF8.self)
        == #"[{"axes":{"r":4},"label":"r=4","path":"r=4/train.log"},"#
        + #"{"axes":{"r":8},"label":"r=8","path":"r=8/train.log"}]"# + "\n")
    #expect(inputs["logs"]?.size == logs.size)

    let models = try tree(inputs["models"]?.digest)
    #expect(models.items[2].entry == .folder(artifact("m8", .folder).digest, size: 2))
  }

  @Test func aFailedInstanceSkipsWhatNeedsAll() throws {
    var plan = Plan(recipe: try recipe(), files: [:])
    for index in plan.takeResolvable() { plan.foundMissing(index, key: Digest(of: "\(index)")) }
    plan.started(0)
    let skipped = plan.failed(0).map { plan.steps[$0].id.text }
    #expect(skipped == ["report"])
    #expect(plan.runnable.map { plan.steps[$0].id.text } == ["train@r=8", "alone"])
  }

  @Test func untilTakesTheInstancesAlong() throws {
    let recipe = try recipe()
    func steps(_ names: [String]) throws -> [String] {
      let ids = try names.flatMap { try recipe.steps(named: $0).map(\.id) }
      return Plan(recipe: recipe, files: [:], until: Set(ids)).steps.map(\.id.text)
    }
    #expect(try steps(["report"]) == ["train@r=4", "train@r=8", "report"])
    #expect(try steps(["train@r=8"]) == ["train@r=8"])
    #expect(try steps(["train"]) == ["train@r=4", "train@r=8"])
  }

  /// A key holds no label: the instance is the plain step with its parameters.
  @Test func anInstanceHasTheKeyOfThePlainStep() throws {
    let steps = try recipe().steps
    func key(_ id: String) throws -> Digest {
      let step = try #require(steps.first { $0.id.text == id })
      return Action(
        step: step, implementation: .script(interpreterVersion: "1"), inputs: [:]
      ).key
    }
    #expect(try key("train@r=8") == key("alone"))
    #expect(try key("train@r=4") != key("alone"))
  }

  @Test func aThousandReadersOfAThousandInstances() throws {
    let values = (0..<1000).map(String.init).joined(separator: ", ")
    var plan = Plan(
      recipe: try recipe(
        """
        ```bash {#many}
        #| matrix: { i: [\(values)] }
        #| with: { i: "${i}" }
        #| out: a.txt
        true
        ```
        ```bash {#readers}
        #| matrix: { j: [\(values)] }
        #| in: { all: many }
        #| with: { j: "${j}" }
        #| out: a.txt
        true
        ```
        """), files: [:])
    #expect(plan.steps.count == 2000)
    for index in plan.takeResolvable() { finish(&plan, index, ["a": artifact("\(index)")]) }
    let readers = plan.takeResolvable()
    #expect(readers.count == 1000)
    let inputs = Set(readers.map { plan.inputs(of: $0) })
    #expect(inputs.count == 1)
    // The folder, its index and one folder for each instance: put into the store once.
    #expect(readers.map { plan.takeCollectionObjects(of: $0).count }.reduce(0, +) == 1002)
  }
}
