internal import Digests
internal import Documents
package import History
package import Notebook
internal import Problems
internal import Running
package import Store

/// Follows rows, sources and licences through past runs, and back.
///
/// Calls block and one object is for one thread at a time: make and use it on `BlockingWork`.
package final class Lineage {
  /// What a step does with an input that matters to whoever asks.
  package enum Role: String, Hashable, Sendable, CaseIterable {
    case trained
    /// Measured by while training.
    case validated
    /// Asked for answers.
    case evaluated
    /// The model that training begins from.
    case based

    /// - Returns: nil for any other input.
    package init?(kind: String, input: String) {
      if kind.hasPrefix("train/") {
        switch input {
        case "rows": self = .trained
        case "validation": self = .validated
        case "model": self = .based
        default: return nil
        }
      } else if kind == "generate" || kind.hasPrefix("generate/"), input == "questions" {
        self = .evaluated
      } else {
        return nil
      }
    }
  }

  /// An input of a step that has a role, and how what was asked for got there.
  package struct Use: Hashable, Sendable {
    package let role: Role
    package let step: StepID
    package let input: String
    /// How the set is called that the step read.
    package let set: String
    /// Rows of the set that are meant; nil where it holds no rows.
    package let rows: Int?
    /// For a source: rows whose own field says that they come from it; nil where rows do not say.
    package let shown: Int?
    /// From where it began to the step, by the labels of outputs.
    package let chain: [String]
  }

  /// A run that is looked at.
  package struct Subject: Hashable, Sendable {
    package let run: PastRun
    /// The names of its submissions.
    package let submissions: [String]
  }

  package let history: HistoryRepository
  package let store: any Store
  private let submissions: [ObjectID: [String]]
  private var graphs: [ObjectID: RunGraph?] = [:]
  private var references: [Digest: RecipeReferences?] = [:]

  package init(history: HistoryRepository, store: any Store) throws {
    self.history = history
    self.store = store
    submissions = try history.submissionNamesByRun()
  }

  /// The runs to look at, newest first.
  ///
  /// - Parameter all: every run, instead of the submissions and the newest of each branch.
  package func subjects(all: Bool) throws -> [Subject] {
    var runs = Set(
      try all
        ? history.runs()
        : history.branches().filter { !$0.isAside }.compactMap { try history.tip($0) })
    for id in submissions.keys {
      if let run = try history.run(id) { runs.insert(run) }
    }
    return runs.sorted { ($0.time, $0.id.hex) > ($1.time, $1.id.hex) }.map(subject)
  }

  package func subject(_ run: PastRun) -> Subject {
    Subject(run: run, submissions: submissions[run.id] ?? [])
  }

  /// What flowed where in a run.
  package func graph(_ run: PastRun) throws -> RunGraph {
    if let known = graphs[run.id], let known { return known }
    let record = try RunRecord(run, in: history)
    // Runs of one recipe differ in little but its parameters.
    let text = record.recipeFiles.filter { !$0.key.hasSuffix(".lock") }
    let key = Digest(of: JSON.object(text.mapValues { .digest(Digest(of: $0)) }))
    if references[key] == nil {
      references[key] = .some(try RecipeReferences(record.recipeFiles, store: store))
    }
    let graph = RunGraph(record, references: references[key] ?? nil)
    graphs[run.id] = graph
    return graph
  }

  /// The graph of the run that a past result was pinned to; nil where the history lacks it.
  func graph(of id: ObjectID) throws -> RunGraph? {
    if let known = graphs[id] { return known }
    guard let run = try history.run(id) else {
      graphs[id] = .some(nil)
      return nil
    }
    return try graph(run)
  }

  /// What is found in something that a run gave or read.
  func findings(
    of origin: RunGraph.Origin, in graph: RunGraph, _ sets: RowSets, countsSources: Bool = false
  ) throws -> RowFindings? {
    guard let artifact = graph.artifact(origin) else { return nil }
    let label = "\(graph.label(origin)) of run \(graph.run.id.hex.prefix(8))"
    var reading = RowSets.Reading(countsSources: countsSources)
    switch origin {
    case .output(let output):
      guard let node = graph.node(output.step), let path = node.paths[output.name],
        node.holdsRows(output.name)
      else { return nil }
      reading.isDropped = RunGraph.isDropped(output.name)
      return try sets.findings(in: artifact, path: path, label: label, reading: reading) {
        let bytes = try history.read(graph.run.id, "result/\(output.step)/\(path)")
        return bytes.flatMap { Pointer($0) == nil ? $0 : nil }
      }
    case .file(let path):
      return try sets.findings(in: artifact, path: path, label: label, reading: reading)
    case .past:
      let other = try source(of: origin, digest: artifact.digest)
      return try sets.findings(
        in: artifact, path: other?.path ?? "rows.jsonl", label: label, reading: reading)
    }
  }

  /// The output that a past result was, in the graph of its own run.
  func source(
    of origin: RunGraph.Origin, digest: Digest
  ) throws -> (graph: RunGraph, output: RunGraph.Output, path: String)? {
    guard case .past(let target, let id) = origin, let graph = try graph(of: id),
      let asked = try? Target(target)
    else { return nil }
    let outputs = graph.nodes.flatMap { node in
      node.outputNames.map { RunGraph.Output(step: node.step, name: $0) }
    }.filter { graph.artifact(.output($0))?.digest == digest }
    // The same bytes may be several outputs; the target names the step.
    let meant =
      outputs.first { $0.step.text == asked.step }
      ?? outputs.first { $0.step.text.hasPrefix("\(asked.step)@") }
    guard let output = meant ?? outputs.first,
      let path = graph.node(output.step)?.paths[output.name]
    else { return nil }
    return (graph, output, path)
  }
}

extension RunGraph.Node {
  /// Whether an output can hold rows: the logs of training are lines of JSON too.
  package func holdsRows(_ output: String) -> Bool {
    !(kind.hasPrefix("train/") && ["log", "trail"].contains(output))
  }

  /// Whether it makes rows of rows, rather than models, answers or scores.
  package var passesRowsOn: Bool {
    !kind.hasPrefix("train/") && kind != "score" && !kind.hasPrefix("generate")
      && sourceDigest == nil
  }
}
