internal import Notebook

/// The graph that the inputs of steps make, put in order.
struct StepGraph {
  /// Those that take part, in an order in which every step comes after those it needs, and otherwise
  /// as in the document.
  let steps: [Step]
  /// Those that a step has as input; they are nodes of the graph behind the steps.
  let collections: [StepCollection]
  /// By node: the nodes that it needs.
  let needs: [[Int]]

  /// - Parameter until: only these steps and those they need; nil for all.
  init(_ all: [Step], until: Set<StepID>?) {
    let positions = Dictionary(
      all.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var nodes: [StepCollection: Int] = [:]
    var found: [StepCollection] = []
    var needs = all.map { step in
      Set(
        step.inputs.values.compactMap { reference -> Int? in
          switch reference {
          case .output(let id, _): return positions[id]
          case .collection(let collection):
            if let node = nodes[collection] { return node }
            let node = all.count + found.count
            nodes[collection] = node
            found.append(collection)
            return node
          case .file, .run: return nil
          }
        }
      ).sorted()
    }
    needs += found.map { collection in collection.steps.compactMap { positions[$0] }.sorted() }

    let order = StepGraph.order(
      needs, steps: all.count,
      included: StepGraph.included(
        needs, until.map { ids in ids.compactMap { positions[$0] } } ?? Array(all.indices)))
    let ordered = order.filter { $0 < all.count } + order.filter { $0 >= all.count }
    var places = [Int?](repeating: nil, count: needs.count)
    for (place, node) in ordered.enumerated() { places[node] = place }
    steps = ordered.prefix { $0 < all.count }.map { all[$0] }
    collections = ordered.drop { $0 < all.count }.map { found[$0 - all.count] }
    self.needs = ordered.map { node in needs[node].compactMap { places[$0] }.sorted() }
  }

  /// Some nodes and everything that they need.
  private static func included(_ needs: [[Int]], _ roots: [Int]) -> [Bool] {
    var isIncluded = [Bool](repeating: false, count: needs.count)
    var front = roots
    for root in roots { isIncluded[root] = true }
    while let next = front.popLast() {
      for need in needs[next] where !isIncluded[need] {
        isIncluded[need] = true
        front.append(need)
      }
    }
    return isIncluded
  }

  /// Depth first from each step in document order: what a step needs comes right before it.
  private static func order(_ needs: [[Int]], steps: Int, included: [Bool]) -> [Int] {
    var isDone = [Bool](repeating: false, count: needs.count)
    var ordered: [Int] = []
    ordered.reserveCapacity(needs.count)
    // Without recursion: a chain may be 10,000 steps long.
    for root in 0..<steps where included[root] && !isDone[root] {
      var stack = [root]
      while let top = stack.last {
        if isDone[top] {
          stack.removeLast()
          continue
        }
        let open = needs[top].reversed().filter { !isDone[$0] }
        if open.isEmpty {
          isDone[top] = true
          ordered.append(top)
          stack.removeLast()
        } else {
          stack.append(contentsOf: open)
        }
      }
    }
    return ordered
  }
}
