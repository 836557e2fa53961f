package import Digests
internal import Documents
package import History
package import Notebook
internal import Problems
internal import Store

/// Everything that reached a run, or one output of it.
package struct Ancestry: Hashable, Sendable {
  /// What a step read and gave, in rows.
  package struct Flow: Hashable, Sendable {
    /// Something that was read or given.
    package struct Part: Hashable, Sendable {
      package let name: String
      /// For something read: what it was given by.
      package let from: [String]
      /// Nil where it holds no rows, or cannot be read.
      package let rows: Int?
      package let digest: Digest
      package let isDropped: Bool
    }

    package let step: StepID
    package let kind: String
    package let read: [Part]
    package let given: [Part]
    /// How many rows were dropped for which reason.
    package let reasons: [String: Int]
  }

  package let subject: Lineage.Subject
  /// Nil for the whole run.
  package let output: RunGraph.Output?
  package let sources: [DataSource]
  /// In the order of the run.
  package let flows: [Flow]
  package let uses: [Lineage.Use]
  /// Past results that were read, and what reached those.
  package let past: [Past]

  /// A past result that was read.
  package struct Past: Hashable, Sendable {
    package let target: String
    /// One, or none where the history lacks the run.
    package let ancestry: [Ancestry]
  }

  /// All sources, those of past results included, each once.
  package var allSources: [DataSource] {
    var found = sources
    for source in past.flatMap({ $0.ancestry.flatMap(\.allSources) })
    where !found.contains(source) {
      found.append(source)
    }
    return found
  }
}

extension Lineage {
  /// Looks back from a run, or from one output of it.
  ///
  /// - Parameter sets: counts rows.
  package func ancestry(
    _ subject: Subject, of output: RunGraph.Output? = nil, _ sets: RowSets
  ) throws -> Ancestry {
    let graph = try graph(subject.run)
    let steps = output.map { graph.ancestors(of: $0.step) } ?? Set(graph.nodes.map(\.step))
    let nodes = graph.nodes.filter { steps.contains($0.step) }
    let read = Set(nodes.flatMap { $0.inputs.flatMap(\.origins) })
    let sources = try graph.sources(store).filter { source in
      source.entrance == .file
        ? source.steps.contains(where: steps.contains) : !steps.isDisjoint(with: source.steps)
    }
    var past: [Ancestry.Past] = []
    for case .past(let target, let run) in graph.origins
    where read.contains(.past(target: target, run: run)) {
      let origin = RunGraph.Origin.past(target: target, run: run)
      let found = try graph.artifact(origin).flatMap { try source(of: origin, digest: $0.digest) }
      let ancestry = try found.map {
        try self.ancestry(self.subject($0.graph.run), of: $0.output, sets)
      }
      past.append(Ancestry.Past(target: target, ancestry: ancestry.map { [$0] } ?? []))
    }
    return Ancestry(
      subject: subject, output: output, sources: sources,
      flows: try nodes.map { try flow($0, in: graph, sets) },
      uses: try uses(of: nodes, in: graph, sets), past: past)
  }

  /// What a target of the command line means, in the graph of its run.
  ///
  /// - Throws: a user problem where the run has no such step or output.
  package func output(step: String, named name: String?, of run: PastRun) throws -> RunGraph.Output
  {
    let graph = try graph(run)
    guard let node = graph.nodes.first(where: { $0.step.text == step }) else {
      let known = graph.nodes.map(\.step.text)
      throw Problem(
        .user, "no-step", "the run \(run.id.short) has no step `\(step)` that succeeded",
        hint: Suggestion.hint(for: step, among: known)
          ?? "its steps: \(known.prefix(20).joined(separator: ", "))")
    }
    let name = name ?? node.outputNames.first ?? ""
    guard node.outputs[name] != nil else {
      throw Problem(
        .user, "no-output", "step `\(step)` has no output `\(name)`",
        hint: Suggestion.hint(for: name, among: node.outputNames)
          ?? "its outputs: \(node.outputNames.joined(separator: ", "))")
    }
    return RunGraph.Output(step: node.step, name: name)
  }

  private func flow(
    _ node: RunGraph.Node, in graph: RunGraph, _ sets: RowSets
  ) throws -> Ancestry.Flow {
    let read = try node.inputs.map { input in
      let rows = try graph.parts(of: input).compactMap {
        try self.findings(of: $0, in: graph, sets)?.rows
      }
      return Ancestry.Flow.Part(
        name: input.name, from: input.origins.map(graph.label),
        rows: rows.isEmpty ? nil : rows.reduce(0, +), digest: input.digest, isDropped: false)
    }
    var reasons: [String: Int] = [:]
    let given = try node.outputNames.compactMap { name -> Ancestry.Flow.Part? in
      guard let artifact = node.outputs[name] else { return nil }
      let output = RunGraph.Output(step: node.step, name: name)
      let found = try findings(of: .output(output), in: graph, sets)
      reasons.merge(found?.reasons ?? [:], uniquingKeysWith: +)
      return Ancestry.Flow.Part(
        name: name, from: [], rows: found?.rows, digest: artifact.digest,
        isDropped: RunGraph.isDropped(name))
    }
    return Ancestry.Flow(
      step: node.step, kind: node.kind, read: read, given: given, reasons: reasons)
  }

  private func uses(
    of nodes: [RunGraph.Node], in graph: RunGraph, _ sets: RowSets
  ) throws -> [Use] {
    var chains = Chains(graph: graph, isThere: { _ in true }) { _ in [] }
    var uses: [Use] = []
    for node in nodes {
      for input in node.inputs {
        guard let role = Role(kind: node.kind, input: input.name) else { continue }
        for part in graph.parts(of: input) {
          let found = role == .based ? nil : try findings(of: part, in: graph, sets)
          uses.append(
            Use(
              role: role, step: node.step, input: input.name, set: graph.label(part),
              rows: found?.rows, shown: nil,
              chain: try chains.chain(to: part, of: input) + [node.step.text]))
        }
      }
    }
    return uses
  }
}

extension RunGraph {
  /// A step and everything that it was made from, directly or not.
  func ancestors(of step: StepID) -> Set<StepID> {
    var found: Set<StepID> = []
    var open = [step]
    while let next = open.popLast() {
      guard found.insert(next).inserted else { continue }
      for case .output(let output) in node(next)?.inputs.flatMap(\.origins) ?? [] {
        open.append(output.step)
      }
    }
    return found
  }
}
