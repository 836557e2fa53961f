internal import Problems

/// The cells that became steps, and the ids of those that did not.
struct CellList {
  /// In document order.
  private(set) var open: [OpenCell] = []
  /// In document order, those of a cell with a matrix in the order of its instances.
  private(set) var drafts: [Draft] = []
  /// By the ids of the cells.
  private(set) var steps: [String: NamedStep] = [:]
  private(set) var brokenIDs: Set<String> = []

  private var positions: [String: Int] = [:]
  private var matrices: [Int: MatrixReader.Reading] = [:]

  /// A matrix, and the steps from whose cells it was taken.
  private struct Found {
    var matrix: Matrix?
    var followed: [String] = []
  }

  /// Takes the next cell.
  mutating func add(_ cell: Cell, readBy reader: CellReader) {
    guard StepID.isValid(cell.id), let id = StepID(cell.id) else {
      reader.mistakes.add(
        "bad-id", cell.id.isEmpty ? "a step needs an id" : "`\(cell.id)` cannot name a step",
        hint: "use small letters, digits and `-`, a letter first",
        place: cell.place(in: reader.source))
      brokenIDs.insert(String(cell.id.prefix { $0 != "." }))
      return
    }
    let read = reader.open(cell, id: id)
    if let first = positions[id.text] {
      reader.mistakes.add(
        "duplicate-id",
        "two steps are named `\(id)`: the first is on line \(open[first].draft.cell.line)",
        hint: "give one of them another id", place: cell.place(in: reader.source))
      // Its own mistakes count all the same. Which of the two is meant is not known, so neither's
      // outputs are.
      _ = reader.draft(of: read, hasBrokenMatrix: read.options?.matrix != nil)
      duplicates.insert(id.text)
      return
    }
    positions[id.text] = open.count
    matrices[open.count] = reader.matrix(of: read)
    open.append(read)
  }

  private var duplicates: Set<String> = []

  /// Reads the options of all cells, once every matrix is known.
  mutating func readOptions(by reader: CellReader) {
    drafts.reserveCapacity(open.count)
    var found: [Int: Found] = [:]
    for (position, cell) in open.enumerated() {
      let id = cell.draft.step.id
      let first = drafts.count
      if matrices[position] == nil {
        drafts.append(reader.draft(of: cell))
      } else {
        let taken = find(position, &found, reader.mistakes)
        if let matrix = taken.matrix {
          drafts += reader.drafts(of: cell, matrix: matrix)
        } else {
          drafts.append(reader.draft(of: cell, hasBrokenMatrix: true))
        }
        for index in first..<drafts.count { drafts[index].followed = Set(taken.followed) }
      }
      for index in first..<drafts.count { drafts[index].position = position }
      var step = NamedStep(drafts[first], id: id, position: position)
      if duplicates.contains(id.text) { step.knowsOutputs = false }
      if matrices[position] != nil {
        step.matrix = found[position]?.matrix
        step.hasBrokenMatrix = step.matrix == nil
      }
      steps[id.text] = step
    }
  }

  /// The matrix of a cell: its own, or that of the step which it follows.
  private func find(
    _ position: Int, _ found: inout [Int: Found], _ mistakes: Mistakes
  ) -> Found {
    var path: [Int] = []
    var result = Found()
    var next = position
    search: while true {
      if let known = found[next] {
        result = known
        break
      }
      if let start = path.firstIndex(of: next) {
        let names = (path[start...] + [next]).map { "`\(name($0))`" }.joined(separator: " → ")
        if case .following(_, let node)? = matrices[next] {
          mistakes.add(
            "matrix-cycle", "each of these steps takes its matrix from the next: \(names)",
            hint: "let one of them list its axes", at: node)
        }
        break
      }
      path.append(next)
      switch matrices[next] {
      case .axes(let matrix)?:
        result = Found(matrix: matrix)
        found[next] = result
        path.removeLast()
        break search
      case .following(let step, let node)?:
        guard let target = positions[step] else {
          if !brokenIDs.contains(step) {
            mistakes.add(
              "unknown-step", "`from` names the step `\(step)`, which does not exist",
              hint: mistakes.hint(for: step, among: positions.keys, called: "the steps are"),
              at: node)
          }
          break search
        }
        next = target
      case .broken?: break search
      case nil:
        path.removeLast()
        if let last = path.last, case .following(let step, let node)? = matrices[last] {
          mistakes.add(
            "no-matrix", "`from` names the step `\(step)`, which has no matrix",
            hint: "name a step that has one, or list the axes", at: node)
        }
        break search
      }
    }
    for index in path.reversed() {
      if case .following(let step, _)? = matrices[index] {
        result.followed.insert(step, at: 0)
      }
      found[index] = result
    }
    return found[position] ?? result
  }

  private func name(_ position: Int) -> StepID { open[position].draft.step.id }
}
