internal import Documents
package import Notebook
internal import Planning
internal import Running
package import Store

/// What became of a step from one run to the other, and because of what.
package struct StepDifference: Hashable, Sendable {
  package enum Status: String, Hashable, Sendable { case same, changed, added, removed }

  /// Of B where it is there.
  package let step: StepID
  package let status: Status
  /// The step's name in A where it is another one; the step is the same.
  package let was: StepID?
  /// What differs in the step itself, in words; empty where it only follows.
  package internal(set) var reasons: [String] = []
  /// The steps whose outputs it reads, and which came out differently.
  package internal(set) var follows: [String] = []
  /// Whether it gave the same bytes though it is not the same step any more.
  package internal(set) var hasSameResult = false
  /// Of each output that differs, what both sides have.
  package internal(set) var outputs: [String: Outputs] = [:]
  /// Why a side has no result, as in `failed in B`.
  package internal(set) var missing: String?

  /// An output on both sides; nil where one lacks it.
  package struct Outputs: Hashable, Sendable {
    package var a: Artifact?
    package var b: Artifact?
  }

  /// Everything that it is because of, in words.
  package var because: [String] {
    var texts = reasons + follows.map { "follows `\($0)`" }
    if let was { texts.append("renamed from `\(was)`") }
    if hasSameResult { texts.append("the result is the same") }
    if let missing { texts.append(missing) }
    return texts
  }
}

/// Finds out what became of the steps of two runs.
struct StepComparer {
  let a: OpenedRun
  let b: OpenedRun
  let graphA: RunGraph
  let graphB: RunGraph
  let unfinishedA: [StepID: String]
  let unfinishedB: [StepID: String]

  /// By the name in A, the name in B of steps that are the same but for their name.
  var renamed: [StepID: StepID] {
    let known = Set(a.record.actions.keys)
    let new = b.record.actions.filter { !known.contains($0.key) }
    let gone = a.record.actions.filter { b.record.actions[$0.key] == nil }
    var found: [StepID: StepID] = [:]
    for (step, action) in gone.sorted(by: { $0.key < $1.key }) {
      let same = new.filter { $0.value == action && !found.values.contains($0.key) }.keys.sorted()
      if let first = same.first { found[step] = first }
    }
    return found
  }

  /// In the order of B's graph, steps that are gone after them.
  func all() -> [StepDifference] {
    let renamed = renamed
    let was = Dictionary(
      renamed.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    var found: [StepDifference] = []
    var ends: Set<StepID> = []
    let order =
      graphB.nodes.map(\.step) + unfinishedB.keys.sorted() + graphA.nodes.map(\.step)
      + unfinishedA.keys.sorted()
    for step in order where ends.insert(step).inserted {
      if renamed[step] != nil, b.record.actions[step] == nil { continue }
      let old = was[step] ?? step
      found.append(difference(of: step, was: old, renamed))
    }
    return found
  }

  private func difference(
    of step: StepID, was old: StepID, _ renamed: [StepID: StepID]
  ) -> StepDifference {
    let before = a.record.actions[old]
    let after = b.record.actions[step]
    let isThereA = before != nil || unfinishedA[old] != nil
    let isThereB = after != nil || unfinishedB[step] != nil
    var status: StepDifference.Status =
      !isThereA ? .added : !isThereB ? .removed : before == after ? .same : .changed
    let (outA, outB) = (a.record.outputs(of: old), b.record.outputs(of: step))
    var outputs: [String: StepDifference.Outputs] = [:]
    for name in Set(outA.keys).union(outB.keys) where outA[name] != outB[name] {
      outputs[name] = StepDifference.Outputs(a: outA[name], b: outB[name])
    }
    if status == .same, !outputs.isEmpty, before != nil { status = .changed }
    var found = StepDifference(step: step, status: status, was: old == step ? nil : old)
    found.outputs = status == .changed ? outputs : [:]
    found.missing = missing(step, old)
    guard let before, let after, status == .changed else { return found }
    if before == after {
      found.reasons = ["the same step gave other bytes: it is not deterministic"]
      return found
    }
    let inputs = inputs(of: step, was: old, renamed)
    found.follows = inputs.steps
    found.reasons =
      Explanation(from: without(inputs.following, before), to: without(inputs.following, after))
      .changes.map { change in
        if let text = inputs.reasons[change.component] { return text }
        switch (change.old, change.new) {
        case (nil, let value?): return "\(change.component) is new: \(value)"
        case (let value?, nil): return "\(change.component) is gone: it was \(value)"
        case (let one, let other):
          return StepComparer.text(change.component, one ?? "", other ?? "")
        }
      }
    found.hasSameResult = outputs.isEmpty && !outB.isEmpty
    return found
  }

  /// Digests of code say nothing; the cell is shown elsewhere.
  private static func text(_ component: String, _ old: String, _ new: String) -> String {
    component.hasSuffix("of the cell") || component == "the environment"
      || component == "the program of the step"
      ? "\(component) changed" : "\(component) was \(old), is \(new)"
  }

  private func missing(_ step: StepID, _ old: StepID) -> String? {
    switch (unfinishedA[old], unfinishedB[step]) {
    case (let one?, let other?): "no result on either side: \(one) in A, \(other) in B"
    case (let one?, nil): "\(one) in A"
    case (nil, let other?): "\(other) in B"
    case (nil, nil): nil
    }
  }

  private func without(_ names: Set<String>, _ action: JSON) -> JSON {
    guard var parts = action.object, var given = parts["inputs"]?.object else { return action }
    for name in names { given[name] = nil }
    parts["inputs"] = .object(given)
    return .object(parts)
  }

  /// What became of a step's inputs.
  private struct InputChanges {
    /// The inputs that differ only because what they come from came out differently.
    var following: Set<String> = []
    /// The steps that they come from.
    var steps: [String] = []
    /// Of the other inputs that differ, by component of the key, why in words.
    var reasons: [String: String] = [:]

    mutating func follow(_ output: RunGraph.Output) {
      if !steps.contains(output.step.text) { steps.append(output.step.text) }
    }
  }

  private func inputs(
    of step: StepID, was old: StepID, _ renamed: [StepID: StepID]
  ) -> InputChanges {
    func named(_ origin: RunGraph.Origin) -> RunGraph.Origin {
      guard case .output(let output) = origin, let new = renamed[output.step] else { return origin }
      return .output(RunGraph.Output(step: new, name: output.name))
    }
    var changes = InputChanges()
    let before = graphA.node(old)?.inputs ?? []
    for input in graphB.node(step)?.inputs ?? [] {
      guard let was = before.first(where: { $0.name == input.name }), was.digest != input.digest
      else { continue }
      let component = "input `\(input.name)`"
      if graphA.isCollection(was), graphB.isCollection(input) {
        // As B names it, what each part was in A.
        let parts = Dictionary(
          was.origins.map { (named($0), graphA.artifact($0)) }, uniquingKeysWith: { one, _ in one })
        for case .output(let output) in input.origins {
          guard let part = parts[.output(output)] else { continue }
          if part != graphB.artifact(.output(output)) { changes.follow(output) }
        }
        let come = input.origins.filter { parts[$0] == nil }.map { "`\($0.text)` came to it" }
        let gone = parts.keys.filter { !input.origins.contains($0) }.map(\.text).sorted()
          .map { "`\($0)` left it" }
        if come.isEmpty, gone.isEmpty {
          changes.following.insert(input.name)
        } else {
          changes.reasons[component] = "\(component): \((come + gone).joined(separator: ", "))"
        }
        continue
      }
      let origins = was.origins.map(named)
      if let common = input.origins.first(where: { origins.contains($0) }) {
        if case .output(let output) = common {
          changes.following.insert(input.name)
          changes.follow(output)
        } else {
          changes.reasons[component] = "the content of `\(common.text)` changed"
        }
      } else if let from = was.origins.first, let to = input.origins.first {
        changes.reasons[component] =
          "\(component) came from `\(from.text)`, comes from `\(to.text)`"
      }
    }
    return changes
  }
}
