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
  private let upstream: [[Int]]
  private let downstream: [[Int]]
  private var unknownInputs: [Int]
  private var resolvable: [Int] = []
  private var ready: [Int] = []

  /// - Parameters:
  ///   - files: the content of every `file:` input, by its path in the recipe.
  ///   - runs: the content of every `run:` input, by the name of the recipe that it stands in and
  ///     by its target.
  ///   - until: only this step and those it needs take part; nil for all.
  package init(
    recipe: Recipe, files: [String: Artifact], runs: [String: [String: Artifact]] = [:],
    until: StepID? = nil
  ) {
    let ordered = Plan.order(recipe.steps, until: until)
    steps = ordered
    self.recipe = recipe.name
    self.files = files
    self.runs = runs
    let positions = Dictionary(
      ordered.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    self.positions = positions
    upstream = ordered.map { step in
      Set(Plan.needs(of: step).compactMap { positions[$0] }).sorted()
    }
    var downstream = [[Int]](repeating: [], count: ordered.count)
    for (index, before) in upstream.enumerated() {
      for other in before { downstream[other].append(index) }
    }
    self.downstream = downstream
    unknownInputs = upstream.map(\.count)
    states = Array(repeating: .waiting, count: ordered.count)
    outputs = Array(repeating: [:], count: ordered.count)
    for index in ordered.indices where unknownInputs[index] == 0 {
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
      }
    }
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
    var front = downstream[index]
    while let next = front.popLast() {
      guard !states[next].isFinal else { continue }
      states[next] = .skipped(because: steps[index].id)
      skipped.append(next)
      front.append(contentsOf: downstream[next])
    }
    return skipped.sorted()
  }

  /// Whether nothing is left to do.
  package var isComplete: Bool { states.allSatisfy(\.isFinal) }

  private mutating func complete(_ index: Int, _ state: State, _ outputs: [String: Artifact]) {
    states[index] = state
    self.outputs[index] = outputs
    for next in downstream[index] {
      unknownInputs[next] -= 1
      if unknownInputs[next] == 0, states[next] == .waiting {
        states[next] = .resolvable
        resolvable.append(next)
      }
    }
  }

  private static func needs(of step: Step) -> [StepID] {
    step.inputs.values.compactMap { if case .output(let id, _) = $0 { id } else { nil } }
  }

  /// Depth first from each step in document order: what a step needs comes right before it.
  private static func order(_ steps: [Step], until: StepID?) -> [Step] {
    let positions = Dictionary(
      steps.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var included = Set(steps.indices)
    if let until, let last = positions[until] {
      included = [last]
      var front = [last]
      while let next = front.popLast() {
        for id in needs(of: steps[next]) {
          if let before = positions[id], included.insert(before).inserted { front.append(before) }
        }
      }
    }
    var state = [UInt8](repeating: 0, count: steps.count)
    var ordered: [Step] = []
    ordered.reserveCapacity(included.count)
    // Depth first without recursion: a chain may be 10,000 steps long.
    for root in steps.indices where included.contains(root) && state[root] == 0 {
      var stack = [root]
      while let top = stack.last {
        if state[top] == 2 {
          stack.removeLast()
          continue
        }
        state[top] = 1
        let open = Set(needs(of: steps[top]).compactMap { positions[$0] })
          .filter { state[$0] == 0 }.sorted(by: >)
        if open.isEmpty {
          state[top] = 2
          ordered.append(steps[top])
          stack.removeLast()
        } else {
          stack.append(contentsOf: open)
        }
      }
    }
    return ordered
  }
}
