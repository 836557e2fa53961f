package import Digests
package import Notebook
package import Store

/// What is to be done for a recipe: a pure value that is told what happened and answers with what
/// to do next. It touches no file, clock or process.
///
/// A step waits until all its inputs are known; then its key can be made and looked up. A hit makes
/// it cached, a miss ready to run. Outputs that came out as before give the steps after them the
/// keys that they had before: that is the early cutoff.
package struct Plan: Sendable {
  package enum State: Hashable, Sendable {
    /// An input is not known yet.
    case waiting
    /// All inputs are known, the key is not.
    case resolvable
    /// The key is known and has no result.
    case ready(Digest)
    case running(Digest)
    case cached(Digest)
    case ran(Digest)
    case failed
    /// A step before it failed.
    case skipped(because: StepID)

    /// Whether nothing more will happen to the step.
    package var isFinal: Bool {
      switch self {
      case .cached, .ran, .failed, .skipped: true
      default: false
      }
    }

    /// The step's key, as soon as it is known.
    package var key: Digest? {
      switch self {
      case .ready(let key), .running(let key), .cached(let key), .ran(let key): key
      default: nil
      }
    }
  }

  /// The steps that take part, in an order in which every step comes after those it needs, and
  /// otherwise as in the document.
  package let steps: [Step]
  package private(set) var states: [State]
  package private(set) var outputs: [[String: Artifact]]

  private let recipe: String
  private let files: [String: Artifact]
  private let runs: [String: [String: Artifact]]
  private let positions: [StepID: Int]
  /// The collections that steps have as inputs, and their nodes. Together with the steps they are the
  /// nodes of the graph, after those, so that a thousand steps may need the same thousand instances.
  private let collections: [StepCollection]
  private let collectionNodes: [StepCollection: Int]
  /// What each collection holds, as soon as all its instances are known.
  private var folders: [CollectionFolder?]
  /// By node: the nodes that need it.
  private let downstream: [[Int]]
  /// By node.
  private var unknownInputs: [Int]
  private var resolvable: [Int] = []
  private var ready: [Int] = []

  /// - Parameters:
  ///   - files: the content of every `file:` input, by its path in the recipe.
  ///   - runs: the content of every `run:` input, by the name of the recipe that it stands in and
  ///     by its target.
  ///   - until: only these steps and those they need take part; nil for all.
  package init(
    recipe: Recipe, files: [String: Artifact], runs: [String: [String: Artifact]] = [:],
    until: Set<StepID>? = nil
  ) {
    let graph = StepGraph(recipe.steps, until: until)
    steps = graph.steps
    self.recipe = recipe.name
    self.files = files
    self.runs = runs
    positions = Dictionary(
      steps.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    collections = graph.collections
    let count = steps.count
    collectionNodes = Dictionary(
      collections.enumerated().map { ($1, count + $0) }, uniquingKeysWith: { first, _ in first })
    folders = Array(repeating: nil, count: collections.count)
    var downstream = [[Int]](repeating: [], count: graph.needs.count)
    for (node, needs) in graph.needs.enumerated() {
      for other in needs { downstream[other].append(node) }
    }
    self.downstream = downstream
    unknownInputs = graph.needs.map(\.count)
    states = Array(repeating: .waiting, count: count)
    outputs = Array(repeating: [:], count: count)
    for index in steps.indices where unknownInputs[index] == 0 {
      states[index] = .resolvable
      resolvable.append(index)
    }
  }

  /// Where a step stands in `steps`, or nil where it takes no part.
  package func position(of id: StepID) -> Int? { positions[id] }

  /// The steps whose keys can be made now, each given out once.
  package mutating func takeResolvable() -> [Int] {
    defer { resolvable.removeAll(keepingCapacity: true) }
    return resolvable
  }

  /// What the inputs of a step hold; a `run:` input without a pin is left out.
  ///
  /// - Precondition: its state is past `waiting`.
  package func inputs(of index: Int) -> [String: Artifact] {
    steps[index].inputs.compactMapValues { reference in
      switch reference {
      case .file(let path): files[path]
      case .run(let target): runs[steps[index].id.recipe ?? recipe]?[target]
      case .output(let id, let name): positions[id].flatMap { outputs[$0][name] }
      case .collection(let collection): folder(of: collection)?.artifact
      }
    }
  }

  /// The objects of the store that the collections among a step's inputs consist of, besides the
  /// outputs themselves. Each collection's are given out once.
  package mutating func takeCollectionObjects(of index: Int) -> [[UInt8]] {
    var objects: [[UInt8]] = []
    for case .collection(let collection) in steps[index].inputs.values {
      guard let node = collectionNodes[collection] else { continue }
      objects += folders[node - steps.count]?.takeObjects() ?? []
    }
    return objects
  }

  private func folder(of collection: StepCollection) -> CollectionFolder? {
    collectionNodes[collection].flatMap { folders[$0 - steps.count] }
  }

  /// The key was found in the store.
  package mutating func foundCached(_ index: Int, key: Digest, outputs: [String: Artifact]) {
    complete(index, .cached(key), outputs)
  }

  /// The key has no result: the step is to run.
  package mutating func foundMissing(_ index: Int, key: Digest) {
    states[index] = .ready(key)
    ready.append(index)
  }

  /// The steps that could start now, in order; they stay until `started`.
  package var runnable: [Int] { ready }

  package mutating func started(_ index: Int) {
    guard case .ready(let key) = states[index] else { return }
    states[index] = .running(key)
    ready.removeAll { $0 == index }
  }

  /// The step ran and gave these outputs.
  package mutating func finished(_ index: Int, outputs: [String: Artifact]) {
    guard case .running(let key) = states[index] else { return }
    complete(index, .ran(key), outputs)
  }

  /// While the step waited for its turn, another run made its result.
  package mutating func sharedFromElsewhere(_ index: Int, outputs: [String: Artifact]) {
    guard case .running(let key) = states[index] else { return }
    complete(index, .cached(key), outputs)
  }

  /// The step failed: everything after it is skipped.
  ///
  /// - Returns: the steps that are skipped because of it, in order.
  @discardableResult
  package mutating func failed(_ index: Int) -> [Int] {
    states[index] = .failed
    ready.removeAll { $0 == index }
    var skipped: [Int] = []
    var reached: Set<Int> = []
    var front = downstream[index]
    while let next = front.popLast() {
      if next < steps.count {
        guard !states[next].isFinal else { continue }
        states[next] = .skipped(because: steps[index].id)
        skipped.append(next)
      } else if !reached.insert(next).inserted {
        continue
      }
      front.append(contentsOf: downstream[next])
    }
    return skipped.sorted()
  }

  /// Whether nothing is left to do.
  package var isComplete: Bool { states.allSatisfy(\.isFinal) }

  private mutating func complete(_ index: Int, _ state: State, _ outputs: [String: Artifact]) {
    states[index] = state
    self.outputs[index] = outputs
    release(index)
  }

  /// Tells the nodes that need one that it is known.
  private mutating func release(_ node: Int) {
    for next in downstream[node] {
      unknownInputs[next] -= 1
      guard unknownInputs[next] == 0 else { continue }
      if next >= steps.count {
        let collection = collections[next - steps.count]
        folders[next - steps.count] = CollectionFolder(collection) { id, output in
          positions[id].flatMap { outputs[$0][output] }
        }
        release(next)
      } else if states[next] == .waiting {
        states[next] = .resolvable
        resolvable.append(next)
      }
    }
  }
}
