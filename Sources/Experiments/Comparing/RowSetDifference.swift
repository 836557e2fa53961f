internal import Documents
package import Notebook
internal import Problems
package import Rows
internal import Running
internal import Steps
package import Store
internal import SystemPackage

/// What differs between the rows that one output holds in two runs.
package struct RowSetDifference: Sendable {
  /// Nil for a file of the kitchen that the recipe names.
  package let step: StepID?
  /// The output's name, or the file's path.
  package let output: String
  /// Whether a training read these rows.
  package let isTraining: Bool
  /// The row sets before it that differ as well, and from which its changes most likely come.
  package let follows: [String]
  package let a: Artifact
  package let b: Artifact
  /// Nil where they could not be compared, which `problem` explains.
  package internal(set) var counts: RowComparison.Counts?
  /// What rows were paired by, as in `id`.
  package internal(set) var matching = ""
  /// The first changes with what they say; empty for a row set that only follows.
  package internal(set) var changes: [Change] = []
  package internal(set) var problem: String?

  /// A change of one row.
  package struct Change: Sendable {
    package let place: RowComparison.Change
    package let content: RowComparison.Content
  }

  /// As in `exam.train`.
  package var name: String { step.map { $0.output(output) } ?? output }
}

/// A training row that differs, as the answers are compared with.
struct ChangedRow: Sendable {
  let kind: RowComparison.Kind
  let id: String?
  let a: [String: JSON]?
  let b: [String: JSON]?
  /// The words of what was asked and answered, of both sides.
  let words: [UInt64]
}

/// Compares the row sets of two runs.
struct RowSetComparer {
  let a: OpenedRun
  let b: OpenedRun
  let graphA: RunGraph
  let graphB: RunGraph
  /// By the name in A, the name in B.
  let renamed: [StepID: StepID]
  let key: RowPath?
  /// How many changes of a row set are kept with what they say.
  let limit: Int

  /// More rows are counted, but not looked at one by one.
  private static let most = 5000

  /// Steps whose outputs tell what came out, and are no data that anything was made from.
  var results: Set<StepID> {
    var found: Set<StepID> = []
    for node in graphB.nodes + graphA.nodes {
      let before = RowSetComparer.steps(before: node)
      if node.kind.hasPrefix("train/") || node.kind == "score" || !before.isDisjoint(with: found) {
        found.insert(node.step)
      }
      // Answers that are only scored.
      if node.kind == "score" {
        for step in before where b.uses(step)?.hasPrefix("generate") == true { found.insert(step) }
      }
    }
    return found
  }

  /// In the order of the graph.
  func all() -> (rows: [RowSetDifference], training: [ChangedRow]) {
    let results = results
    let old = Dictionary(
      renamed.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    let trained = trainingRows(graphB).union(
      trainingRows(graphA).map { origin in
        guard case .output(let output) = origin, let new = renamed[output.step] else {
          return origin
        }
        return .output(RunGraph.Output(step: new, name: output.name))
      })
    var found: [RowSetDifference] = []
    var training: [ChangedRow] = []
    /// The names of the row sets that differ, by what holds them.
    var differing: [RunGraph.Origin: String] = [:]
    for (path, one) in graphA.files.sorted(by: { $0.key < $1.key }) {
      guard let other = graphB.files[path], other != one, RowSetComparer.holdsRows(path) else {
        continue
      }
      let origin = RunGraph.Origin.file(path)
      differing[origin] = origin.text
      let difference = RowSetDifference(
        step: nil, output: origin.text, isTraining: trained.contains(origin), follows: [], a: one,
        b: other)
      found.append(
        compare(
          difference, into: &training,
          { try a.withFile(one, named: origin.text, $0) },
          { try b.withFile(other, named: origin.text, $0) }))
    }
    for node in graphB.nodes where !results.contains(node.step) {
      let before = old[node.step] ?? node.step
      let outputs = a.record.outputs(of: before)
      for name in node.outputNames {
        guard let one = outputs[name], let other = node.outputs[name], one != other,
          one.kind == .file, other.kind == .file,
          RowSetComparer.holdsRows(node.paths[name] ?? "")
        else { continue }
        let origin = RunGraph.Origin.output(RunGraph.Output(step: node.step, name: name))
        let difference = RowSetDifference(
          step: node.step, output: name, isTraining: trained.contains(origin),
          follows: upstream(of: node, differing), a: one, b: other)
        differing[origin] = difference.name
        found.append(
          compare(
            difference, into: &training,
            { try a.withOutput(name, of: before, $0) },
            { try b.withOutput(name, of: node.step, $0) }))
      }
    }
    return (found, training)
  }

  private func compare(
    _ difference: RowSetDifference, into training: inout [ChangedRow],
    _ old: @escaping ((FilePath) throws -> Void) throws -> Void,
    _ new: @escaping ((FilePath) throws -> Void) throws -> Void
  ) -> RowSetDifference {
    var difference = difference
    do {
      try old { oldFile in
        try new { newFile in
          let options = RowComparison.Options(
            key: difference.follows.isEmpty ? key : nil, limit: RowSetComparer.most)
          let comparison = try RowComparison(oldFile, newFile, options)
          difference.counts = comparison.counts
          difference.matching =
            switch comparison.matching {
            case .key(let path): path.description
            case .id: "id"
            case .similarity: "similarity"
            }
          // The text of a data cell is told as such.
          let isShown =
            difference.follows.isEmpty && !isData(difference) || difference.isTraining
          for (index, change) in comparison.changes.enumerated() {
            guard isShown, index < limit || difference.isTraining else { break }
            let content = try comparison.content(of: change)
            if index < limit {
              difference.changes.append(RowSetDifference.Change(place: change, content: content))
            }
            if difference.isTraining, change.kind != .moved {
              training.append(ChangedRow(change.kind, content))
            }
          }
        }
      }
    } catch { difference.problem = Problem(error).message }
    return difference
  }

  /// What the trainings of a run read their rows from.
  private func trainingRows(_ graph: RunGraph) -> Set<RunGraph.Origin> {
    Set(
      graph.nodes.filter { $0.kind.hasPrefix("train/") }
        .flatMap { $0.inputs.first { $0.name == "rows" }?.origins.prefix(1) ?? [] })
  }

  /// The nearest row sets before a step that differ.
  private func upstream(
    of node: RunGraph.Node, _ differing: [RunGraph.Origin: String]
  ) -> [String] {
    var names: [String] = []
    var seen: Set<StepID> = [node.step]
    var front = node.inputs.flatMap(\.origins)
    while !front.isEmpty {
      var next: [RunGraph.Origin] = []
      for origin in front {
        if let name = differing[origin] {
          if !names.contains(name) { names.append(name) }
        } else if case .output(let output) = origin, differs(output),
          seen.insert(output.step).inserted
        {
          next += graphB.node(output.step)?.inputs.flatMap(\.origins) ?? []
        }
      }
      front = next
    }
    return names
  }

  private func isData(_ difference: RowSetDifference) -> Bool {
    difference.step.flatMap { graphB.node($0)?.kind } == "data"
  }

  private func differs(_ output: RunGraph.Output) -> Bool {
    let old = renamed.first { $0.value == output.step }?.key ?? output.step
    return a.record.outputs(of: old)[output.name]
      != b.record.outputs(of: output.step)[output.name]
  }

  private static func steps(before node: RunGraph.Node) -> Set<StepID> {
    Set(
      node.inputs.flatMap { $0.origins.prefix(1) }.compactMap { origin in
        if case .output(let output) = origin { output.step } else { nil }
      })
  }

  /// Whether a file of that name holds rows.
  static func holdsRows(_ path: String) -> Bool {
    ["jsonl", "ndjson"].contains(FilePath(path).extension?.lowercased() ?? "")
  }
}

extension ChangedRow {
  init(_ kind: RowComparison.Kind, _ content: RowComparison.Content) {
    self.kind = kind
    id = content.key.map { $0.string ?? $0.canonicalText }
    a = content.old
    b = content.new
    let texts = [content.old, content.new].compactMap { $0.map(ChangedRow.text) }
    words = Shingles(unit: .words, size: 1).hashes(of: texts.joined(separator: "\n"))
  }

  /// What a row asks and answers; all its texts where it has neither.
  static func text(_ row: [String: JSON]) -> String {
    let shape = RowShape(of: row)
    let said = [shape?.prompt(of: row), shape?.response(of: row)].compactMap { $0 }
    return said.isEmpty
      ? JSON.canonicalOrder(row.keys).compactMap { row[$0]?.string }.joined(separator: "\n")
      : said.joined(separator: "\n")
  }
}

extension OpenedRun {
  /// Calls the body with the file that an output is.
  func withOutput(_ name: String, of step: StepID, _ body: (FilePath) throws -> Void) throws {
    guard let output = try output(name, of: step) else {
      throw Problem(.user, "no-output", "step `\(step)` has no output `\(name)`")
    }
    try output.withFile(body)
  }

  /// Calls the body with a file of the store.
  func withFile(
    _ artifact: Artifact, named name: String, _ body: (FilePath) throws -> Void
  ) throws {
    guard let file = try store.plainCopy(artifact) else {
      throw Problem(
        .environment, "missing-blob", "\(name) (\(artifact.digest)) is no longer in the store")
    }
    try body(file)
  }
}
