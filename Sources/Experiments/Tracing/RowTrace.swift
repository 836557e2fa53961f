package import Comparison
internal import Documents
internal import History
package import Notebook
internal import Store

/// Where the rows that were asked for went in one run.
package struct RowTrace: Hashable, Sendable {
  /// Something in which they occur.
  package struct Place: Hashable, Sendable {
    package let origin: RunGraph.Origin
    /// As chains call it.
    package let label: String
    package let findings: RowFindings
    /// Whether it holds rows that were not passed on.
    package let isDropped: Bool
  }

  /// A step that gave a row on with other content.
  package struct Change: Hashable, Sendable {
    package let step: StepID
    package let id: String?
    package let differences: [ValueDifference]
  }

  /// A step that did not pass rows on, and said why.
  package struct Rejection: Hashable, Sendable {
    package let step: StepID
    package let reasons: [String: Int]
    /// Of the first row, where it says more.
    package let detail: String?
  }

  package let subject: Lineage.Subject
  /// In the order in which they were made.
  package let places: [Place]
  package let uses: [Lineage.Use]
  package let changes: [Change]
  package let rejections: [Rejection]
  /// Steps that read them and gave them to nobody, without a word.
  package let ends: [StepID]

  /// The uses of one role.
  package func uses(_ role: Lineage.Role) -> [Lineage.Use] { uses.filter { $0.role == role } }
}

extension Lineage {
  /// Follows the rows that `sets` looks for through a run.
  ///
  /// - Returns: nil where none of them occurs in it.
  package func trace(_ subject: Subject, _ sets: RowSets) throws -> RowTrace? {
    let graph = try graph(subject.run)
    let places = try places(in: graph, sets)
    guard !places.isEmpty else { return nil }
    let known = Dictionary(
      places.filter { !$0.isDropped }.map { ($0.origin, $0) }, uniquingKeysWith: { a, _ in a })
    var chains = Chains(graph: graph, isThere: { known[$0] != nil }) { origin in
      try self.earlier(origin, in: graph, sets)
    }

    var uses: [Use] = []
    var changes: [RowTrace.Change] = []
    var rejections: [RowTrace.Rejection] = []
    var ends: [StepID] = []
    for node in graph.nodes {
      for input in node.inputs {
        guard let role = Role(kind: node.kind, input: input.name) else { continue }
        for part in graph.parts(of: input) {
          guard let place = known[part] else { continue }
          uses.append(
            Use(
              role: role, step: node.step, input: input.name, set: place.label,
              rows: place.findings.matches, shown: nil,
              chain: try chains.chain(to: part, of: input) + [node.step.text]))
        }
      }
      let given = places.filter { place in
        if case .output(let output) = place.origin { output.step == node.step } else { false }
      }
      let read = node.inputs.flatMap(\.origins).compactMap { known[$0] }
      for place in given where place.isDropped {
        rejections.append(
          RowTrace.Rejection(
            step: node.step, reasons: place.findings.matchedReasons,
            detail: place.findings.first.first?.detail))
      }
      guard node.passesRowsOn, !read.isEmpty else { continue }
      if let change = RowTrace.change(
        node.step, read, given.filter { !$0.isDropped })
      {
        changes.append(change)
      }
      let givesRows = node.outputNames.contains {
        node.paths[$0].map(RowSets.holdsRows) == true && node.holdsRows($0)
      }
      if givesRows, given.isEmpty { ends.append(node.step) }
    }
    return RowTrace(
      subject: subject, places: places, uses: uses, changes: changes, rejections: rejections,
      ends: ends)
  }

  private func places(in graph: RunGraph, _ sets: RowSets) throws -> [RowTrace.Place] {
    try graph.origins.compactMap { origin in
      guard let found = try findings(of: origin, in: graph, sets), found.matches > 0 else {
        return nil
      }
      var isDropped = false
      if case .output(let output) = origin { isDropped = RunGraph.isDropped(output.name) }
      return RowTrace.Place(
        origin: origin, label: graph.label(origin), findings: found, isDropped: isDropped)
    }
  }

  /// What came before a past result, in the run that gave it.
  private func earlier(
    _ origin: RunGraph.Origin, in graph: RunGraph, _ sets: RowSets
  ) throws -> [String] {
    guard let artifact = graph.artifact(origin),
      let (other, output, _) = try source(of: origin, digest: artifact.digest)
    else { return [] }
    let places = try places(in: other, sets).filter { !$0.isDropped }
    let known = Set(places.map(\.origin))
    var chains = Chains(graph: other, isThere: { known.contains($0) }) { origin in
      try self.earlier(origin, in: other, sets)
    }
    return try chains.chain(to: .output(output))
  }
}

extension RowTrace {
  /// What a step changed in the one row that it read and gave.
  fileprivate static func change(
    _ step: StepID, _ read: [Place], _ given: [Place]
  ) -> Change? {
    for place in given {
      guard place.findings.matches == 1, let new = place.findings.first.first,
        let after = new.row.object
      else { continue }
      // A correction is a row of that id too: the row itself is the one that has most in common.
      let candidates = read.compactMap { place -> [String: JSON]? in
        guard place.findings.matches == 1, let old = place.findings.first.first,
          old.id == new.id
        else { return nil }
        return old.row.object
      }
      let before = candidates.max { a, b in
        Set(a.keys).intersection(after.keys).count < Set(b.keys).intersection(after.keys).count
      }
      guard let before else { continue }
      let differences = ValueDifference.all(.object(before), .object(after)).filter {
        $0.old != nil && $0.new != nil
      }
      if !differences.isEmpty { return Change(step: step, id: new.id, differences: differences) }
    }
    return nil
  }
}

/// The longest ways through a graph along which something is there all the time.
struct Chains {
  let graph: RunGraph
  let isThere: (RunGraph.Origin) -> Bool
  /// What came before a past result.
  let earlier: (RunGraph.Origin) throws -> [String]
  private var known: [RunGraph.Origin: [String]] = [:]

  init(
    graph: RunGraph, isThere: @escaping (RunGraph.Origin) -> Bool,
    earlier: @escaping (RunGraph.Origin) throws -> [String]
  ) {
    self.graph = graph
    self.isThere = isThere
    self.earlier = earlier
  }

  /// The labels from the beginning to an origin, itself included.
  mutating func chain(to origin: RunGraph.Origin) throws -> [String] {
    if let chain = known[origin] { return chain }
    // Where bytes alone tell, a way can lead back to where it began.
    known[origin] = [graph.label(origin)]
    var longest: [String] = []
    switch origin {
    case .output(let output):
      let inputs = graph.node(output.step)?.inputs ?? []
      // Of ways of one length the one through an input of the same name, as from train to train.
      for input in inputs.filter({ $0.name == output.name }) + inputs {
        let chain = try chain(through: input)
        if chain.count > longest.count { longest = chain }
      }
    case .past: longest = try earlier(origin)
    case .file: break
    }
    let chain = longest + [graph.label(origin)]
    known[origin] = chain
    return chain
  }

  /// The labels from the beginning to a part of what a step read.
  mutating func chain(to part: RunGraph.Origin, of input: RunGraph.Input) throws -> [String] {
    graph.parts(of: input).count > 1 ? try chain(to: part) : try chain(through: input)
  }

  /// The labels from the beginning to what a step read; empty where nothing is there.
  mutating func chain(through input: RunGraph.Input) throws -> [String] {
    var longest: [String] = []
    for origin in input.origins where isThere(origin) {
      let chain = try chain(to: origin)
      if chain.count > longest.count { longest = chain }
    }
    return longest
  }
}
