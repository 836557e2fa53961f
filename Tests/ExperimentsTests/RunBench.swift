import Digests
import Documents
import Experiments
import Files
import Foundation
import History
import Notebook
import Problems
import Store
import SystemPackage

/// A history and a store in which tests lay runs out without executing anything.
final class RunBench {
  /// A step as it was: its action without inputs and outputs, and what it gave.
  struct FakeStep {
    var id: String
    var action: JSON
    var parameters: [String: JSON] = [:]
    /// By name, as `STEP.OUTPUT`.
    var inputs: [String: String] = [:]
    /// By path; the output's name is the path without ending.
    var outputs: [String: Content] = [:]
    /// Parts of the action document besides, such as `environment`.
    var more: [String: JSON] = [:]
    /// Inputs that no step of the run gave.
    var past: [String: Artifact] = [:]
    /// A step that failed has neither an action in the commit nor outputs.
    var hasFailed = false
  }

  enum Content {
    case text(String)
    case bytes([UInt8])
    /// The bytes never come into the store.
    case lost(String)
    case folder([String: [UInt8]])
  }

  let folder: FilePath
  let store = MemoryStore()

  init() throws {
    folder = try Files.makeTemporaryFolder(
      in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "larder-runs-")
  }

  deinit { try? Files.remove(folder) }

  /// Lays a run out as a commit and opens it.
  ///
  /// - Parameter inputs: the content of `file:` inputs, by their paths from the recipe.
  func run(
    _ experiment: String, recipe: String = "sample", text: String = "# Sample\n",
    parameters: JSON = [:], lock: Lock = Lock(), steps: [FakeStep],
    environments: [String: JSON] = [:], record: [String: JSON] = [:],
    inputs: [String: String] = [:]
  ) throws -> OpenedRun {
    var actions: [String: [UInt8]] = [:]
    var results: [String: [RunContent.Output]] = [:]
    var known: [String: Artifact] = [:]
    var states: [String: JSON] = [:]
    for step in steps {
      if step.hasFailed {
        states[step.id] = ["status": "failed"]
        continue
      }
      var parts = step.more
      parts["larder"] = 1
      parts["action"] = step.action
      if !step.parameters.isEmpty { parts["parameters"] = .object(step.parameters) }
      parts["inputs"] = .object(
        try step.inputs.mapValues {
          guard let artifact = known[$0] else {
            throw Problem(.fault, "test", "no output \($0)")
          }
          return artifact.identity
        }.merging(step.past.mapValues(\.identity)) { own, _ in own })
      var outputs: [RunContent.Output] = []
      var names: [String: JSON] = [:]
      var records: [String: JSON] = [:]
      for (path, content) in step.outputs {
        let artifact = try artifact(content)
        let name = FilePath(path).lastComponent?.stem ?? path
        names[name] = .string(path)
        records[name] = artifact.record
        known["\(step.id).\(name)"] = artifact
        outputs.append(.init(path: path, artifact: artifact))
      }
      parts["outputs"] = .object(names)
      let action = JSON.object(parts)
      actions[step.id] = action.canonicalBytes
      results[step.id] = outputs
      states[step.id] = [
        "status": "ran", "key": .digest(Digest(of: action)), "outputs": .object(records),
        "seconds": 1,
      ]
    }
    var files: [String: RunContent.Record] = [
      "run.json": .bytes(
        JSON.object(record.merging(["steps": .object(states)]) { _, new in new }).canonicalBytes)
    ]
    for (name, document) in environments {
      files["environments/\(name).json"] = .bytes(document.canonicalBytes)
    }
    var recipeFiles = [
      "\(recipe).md": Array(text.utf8), "\(recipe).lock": Array(lock.text.utf8),
      "parameters.json": parameters.canonicalBytes,
    ]
    if !inputs.isEmpty {
      recipeFiles["files.json"] =
        JSON.object(try inputs.mapValues { try artifact(.text($0)).record }).canonicalBytes
    }
    let content = RunContent(
      recipe: recipe, status: steps.contains(where: \.hasFailed) ? .failed : .succeeded,
      ran: steps.count, cached: 0, time: 1_790_000_000, larderVersion: "0.1.0",
      recipeFiles: recipeFiles, actions: actions, results: results, record: files)
    let history = try HistoryRepository(at: folder.appending("artifacts/history.git"))
    guard let branch = Branch("\(recipe)/\(experiment)") else {
      throw Problem(.fault, "test", "no branch \(experiment)")
    }
    _ = try history.commit(content, branch: branch, store: store)
    guard let made = try history.tip(branch) else {
      throw Problem(.fault, "test", "no run on \(experiment)")
    }
    return try OpenedRun(made, in: history, store: store)
  }

  private func artifact(_ content: Content) throws -> Artifact {
    switch content {
    case .text(let text): try put(Array(text.utf8))
    case .bytes(let bytes): try put(bytes)
    case .lost(let text):
      Artifact(kind: .file, digest: Digest(of: Array(text.utf8)), size: Int64(text.utf8.count))
    case .folder(let files):
      Artifact(
        kind: .folder,
        digest: try store.put(
          Tree(
            try files.map { name, bytes in
              Tree.Item(
                name: name,
                entry: .file(
                  try store.put(bytes), size: Int64(bytes.count), isExecutable: false))
            }
          ).document.canonicalBytes),
        size: files.values.reduce(0) { $0 + Int64($1.count) })
    }
  }

  private func put(_ bytes: [UInt8]) throws -> Artifact {
    Artifact(kind: .file, digest: try store.put(bytes), size: Int64(bytes.count))
  }
}

extension RunBench.FakeStep {
  /// A step of the library.
  static func library(
    _ id: String, _ uses: String, parameters: [String: JSON] = [:], inputs: [String: String] = [:],
    outputs: [String: RunBench.Content]
  ) -> Self {
    Self(
      id: id, action: ["kind": "library", "uses": .string(uses), "version": 1],
      parameters: parameters, inputs: inputs, outputs: outputs)
  }

  /// A cell of the recipe's own.
  static func script(
    _ id: String, code: String, inputs: [String: String] = [:],
    outputs: [String: RunBench.Content]
  ) -> Self {
    Self(
      id: id,
      action: [
        "kind": "script", "code": .digest(Digest(of: Array(code.utf8))),
        "interpreter_version": "5.2",
      ], inputs: inputs, outputs: outputs)
  }

  static func failed(_ id: String) -> Self { Self(id: id, action: [:], hasFailed: true) }
}

extension RunBench {
  /// A store that lacks everything.
  static func emptyStore() -> MemoryStore { MemoryStore() }
}
