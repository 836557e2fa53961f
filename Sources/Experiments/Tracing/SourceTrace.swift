internal import Documents
internal import Notebook
internal import Store

/// What was derived from sources in one run.
package struct SourceTrace: Hashable, Sendable {
  package let subject: Lineage.Subject
  /// The sources that are meant, those of past results that the run read included.
  package let sources: [DataSource]
  /// Where training and evaluation read something that was derived from them by the flow of data:
  /// a step read them, another read what it gave, and so on. Whether a row holds anything of them
  /// only its own field `source` can show.
  package let uses: [Lineage.Use]
  /// How many outputs were derived from them.
  package let derived: Int
}

extension Lineage {
  /// Follows sources through a run.
  ///
  /// - Parameters:
  ///   - sets: counts rows.
  ///   - isMeant: tells the sources that were asked for.
  /// - Returns: nil where the run has none of them.
  package func trace(
    _ subject: Subject, _ sets: RowSets, _ isMeant: @escaping (DataSource) -> Bool
  ) throws -> SourceTrace? {
    let graph = try graph(subject.run)
    let (sources, derived) = try derivation(in: graph, isMeant)
    guard !sources.isEmpty else { return nil }
    var chains = Chains(graph: graph, isThere: { derived.contains($0) }) { origin in
      try self.earlierDerivation(origin, in: graph, isMeant)
    }
    let names = try names(of: sources, in: graph)
    var uses: [Use] = []
    for node in graph.nodes {
      for input in node.inputs {
        guard let role = Role(kind: node.kind, input: input.name) else { continue }
        for part in graph.parts(of: input) where derived.contains(part) {
          let found =
            role == .based ? nil : try findings(of: part, in: graph, sets, countsSources: true)
          let shown = found.flatMap { found in
            found.sources.isEmpty
              ? nil : found.sources.reduce(0) { $0 + (names.contains($1.key) ? $1.value : 0) }
          }
          uses.append(
            Use(
              role: role, step: node.step, input: input.name, set: graph.label(part),
              rows: found?.rows, shown: shown,
              chain: try chains.chain(to: part, of: input) + [node.step.text]))
        }
      }
    }
    let outputs = derived.count { if case .output = $0 { true } else { false } }
    return SourceTrace(subject: subject, sources: sources, uses: uses, derived: outputs)
  }

  /// The sources that are meant and everything derived from them.
  private func derivation(
    in graph: RunGraph, _ isMeant: (DataSource) -> Bool
  ) throws -> (sources: [DataSource], derived: Set<RunGraph.Origin>) {
    var sources = try graph.sources(store).filter(isMeant)
    let steps = Set(sources.filter { $0.entrance != .file }.flatMap(\.steps))
    var derived: Set<RunGraph.Origin> = []
    for source in sources where source.entrance == .file {
      derived.insert(.file(String(source.title.dropFirst("file:".count))))
    }
    for origin in graph.origins {
      guard case .past = origin, let artifact = graph.artifact(origin),
        let (other, output, _) = try self.source(of: origin, digest: artifact.digest)
      else { continue }
      let before = try derivation(in: other, isMeant)
      guard before.derived.contains(.output(output)) else { continue }
      derived.insert(origin)
      for source in before.sources where !sources.contains(source) { sources.append(source) }
    }
    for node in graph.nodes {
      let isDerived =
        steps.contains(node.step)
        || node.inputs.contains { $0.origins.contains(where: derived.contains) }
      guard isDerived else { continue }
      for name in node.outputs.keys {
        derived.insert(.output(RunGraph.Output(step: node.step, name: name)))
      }
    }
    return (sources, derived)
  }

  private func earlierDerivation(
    _ origin: RunGraph.Origin, in graph: RunGraph, _ isMeant: @escaping (DataSource) -> Bool
  ) throws -> [String] {
    guard let artifact = graph.artifact(origin),
      let (other, output, _) = try source(of: origin, digest: artifact.digest)
    else { return [] }
    let derived = try derivation(in: other, isMeant).derived
    // Nothing of the other run is looked at deeper than one past result: its label says where to.
    var chains = Chains(graph: other, isThere: { derived.contains($0) }) { _ in [] }
    return try chains.chain(to: .output(output))
  }

  /// What rows may call the sources in their own field `source`: names, and paths of their files.
  private func names(of sources: [DataSource], in graph: RunGraph) throws -> Set<String> {
    var names = Set(sources.flatMap(\.names))
    for source in sources where source.entrance == .download {
      for step in source.steps {
        guard let files = graph.node(step)?.outputs["files"], files.kind == .folder else {
          continue
        }
        names.formUnion(try paths(in: files, prefix: ""))
      }
    }
    return names
  }

  private func paths(in folder: Artifact, prefix: String) throws -> [String] {
    try (store.tree(folder.digest)?.items ?? []).flatMap { item -> [String] in
      let path = prefix.isEmpty ? item.name : "\(prefix)/\(item.name)"
      if case .folder(let digest, let size) = item.entry {
        return try paths(in: Artifact(kind: .folder, digest: digest, size: size), prefix: path)
      }
      // A single file's name is what a step sees of it.
      return [path, item.name]
    }
  }
}
