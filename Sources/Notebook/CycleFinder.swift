/// Finds the cycles of a graph: one for each group of nodes that all reach one another.
struct CycleFinder {
  /// For each node the nodes that it points to.
  let targets: [[Int]]

  /// One shortest cycle for each such group, as its nodes in order, from the group's first node.
  ///
  /// Tarjan's strongly connected components (SIAM Journal on Computing 1, 1972), without recursion,
  /// so that a chain of any length fits.
  func cycles() -> [[Int]] {
    var search = Search(count: targets.count)
    for node in targets.indices where search.order[node] == nil { search.visit(node, in: targets) }
    return search.groups.compactMap { group in
      guard let first = group.min() else { return nil }
      if group.count == 1, !targets[first].contains(first) { return nil }
      return shortestCycle(from: first, within: Set(group))
    }
  }

  private func shortestCycle(from start: Int, within group: Set<Int>) -> [Int]? {
    var previous: [Int: Int] = [:]
    var queue = [start]
    var next = 0
    while next < queue.count {
      let node = queue[next]
      next += 1
      for target in targets[node] where group.contains(target) {
        if target == start {
          var path = [node]
          while let before = previous[path[path.count - 1]] { path.append(before) }
          return path.reversed()
        }
        if previous[target] == nil {
          previous[target] = node
          queue.append(target)
        }
      }
    }
    return nil
  }
}

/// The state of one search.
private struct Search {
  var order: [Int?]
  var lowest: [Int]
  var isOpen: [Bool]
  var open: [Int] = []
  var groups: [[Int]] = []
  var counter = 0

  init(count: Int) {
    order = Array(repeating: nil, count: count)
    lowest = Array(repeating: 0, count: count)
    isOpen = Array(repeating: false, count: count)
  }

  mutating func visit(_ start: Int, in targets: [[Int]]) {
    var path: [(node: Int, next: Int)] = [(start, 0)]
    enter(start)
    while let (node, next) = path.last {
      if next < targets[node].count {
        path[path.count - 1].next += 1
        let target = targets[node][next]
        if let seen = order[target] {
          if isOpen[target] { lowest[node] = min(lowest[node], seen) }
        } else {
          enter(target)
          path.append((target, 0))
        }
        continue
      }
      path.removeLast()
      if let parent = path.last?.node { lowest[parent] = min(lowest[parent], lowest[node]) }
      if lowest[node] == order[node] { close(node) }
    }
  }

  private mutating func enter(_ node: Int) {
    order[node] = counter
    lowest[node] = counter
    counter += 1
    open.append(node)
    isOpen[node] = true
  }

  private mutating func close(_ node: Int) {
    var group: [Int] = []
    while let last = open.popLast() {
      isOpen[last] = false
      group.append(last)
      if last == node { break }
    }
    groups.append(group)
  }
}
