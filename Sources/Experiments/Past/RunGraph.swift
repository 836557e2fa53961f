package import Digests
internal import Documents
package import History
package import Notebook
package import Running
internal import Steps
package import Store

/// What flowed where in a past run: its steps with what they read and gave, and where each input
/// came from.
///
/// What a step read is in its action document, as digests. Where it came from is in the recipe; a
/// recipe that can no longer be read is done without, and an input then comes from whatever gave those
/// very bytes.
package struct RunGraph: Sendable {
  /// An output of a step.
  package struct Output: Hashable, Comparable, Sendable {
    package let step: StepID
    package let name: String

    package init(step: StepID, name: String) {
      self.step = step
      self.name = name
    }

    package static func < (a: Output, b: Output) -> Bool { (a.step, a.name) < (b.step, b.name) }
  }

  /// Where an input came from.
  package enum Origin: Hashable, Sendable {
    case output(Output)
    /// A file of the kitchen, by its path from the recipe's folder.
    case file(String)
    /// A past result and the commit of the run that it was pinned to.
    case past(target: String, run: ObjectID)
  }

  /// Something that a step read.
  package struct Input: Hashable, Sendable {
    package let name: String
    package let kind: Artifact.Kind
    package let digest: Digest
    /// Several where only the bytes tell; none where nothing does.
    package let origins: [Origin]
  }

  /// A step that has a result.
  package struct Node: Hashable, Sendable {
    package let step: StepID
    /// As in `clean`; `script` and `data` for cells with a body of their own.
    package let kind: String
    /// In canonical order of their names.
    package let inputs: [Input]
    package let outputs: [String: Artifact]
    /// Under which path below `result/STEP/` each output stands, without a trailing slash.
    package let paths: [String: String]
    /// The digest of the bytes that a source brought; nil for other steps.
    package let sourceDigest: Digest?

    /// The names of the outputs: those that the kind declares in its order, then the others.
    package var outputNames: [String] {
      let declared = StepLibrary.declarations[kind]?.outputs.map(\.name) ?? []
      return declared.filter { outputs[$0] != nil }
        + JSON.canonicalOrder(outputs.keys.filter { !declared.contains($0) })
    }

    /// How a chain of steps calls an output: by the step alone where it is the one that matters.
    package func label(_ output: String) -> String {
      let others = outputs.keys.filter { $0 != output && !isBeside($0) }
      return output == "rows" || others.isEmpty && !isBeside(output)
        ? step.text : step.output(output)
    }

    /// Whether an output only tells of what the step did.
    private func isBeside(_ output: String) -> Bool {
      output == "report" || RunGraph.isDropped(output) || !holdsRows(output)
    }
  }

  package let record: RunRecord
  package var run: PastRun { record.run }
  /// Each after those that it reads from.
  package let nodes: [Node]
  /// The locks of the recipe and of those that joined it, by recipe.
  package let locks: [String: Lock]
  /// The licences that source steps declare.
  let declaredLicences: [StepID: String]
  /// The `file:` inputs, by path.
  let files: [String: Artifact]

  /// - Parameter references: of the run's recipe; nil where it cannot be read.
  package init(_ record: RunRecord, references: RecipeReferences?) {
    self.record = record
    declaredLicences = references?.licences ?? [:]
    var locks: [String: Lock] = [:]
    for (path, bytes) in record.recipeFiles where path.hasSuffix(".lock") {
      // A lock of another version tells nothing; what it pinned is in the recordings too.
      locks[String(path.dropLast(5))] = try? Lock(
        parsing: String(decoding: bytes, as: UTF8.self), displayPath: path)
    }
    self.locks = locks
    let files = (try? RecipeFiles.artifacts(record.recipeFiles["files.json"])) ?? [:]
    self.files = files
    var outputs: [StepID: [String: Artifact]] = [:]
    for step in record.actions.keys { outputs[step] = record.outputs(of: step) }

    /// What gave these bytes.
    func givers(of digest: Digest, _ kind: Artifact.Kind, besides step: StepID) -> [Origin] {
      var found: [Origin] = []
      for (other, given) in outputs where other != step {
        for (name, artifact) in given where artifact.digest == digest && artifact.kind == kind {
          found.append(.output(Output(step: other, name: name)))
        }
      }
      for (path, artifact) in files where artifact.digest == digest { found.append(.file(path)) }
      for lock in locks.values {
        for (target, pin) in lock.runs where pin.digest == digest {
          if let run = ObjectID(pin.run) { found.append(.past(target: target, run: run)) }
        }
      }
      return found.sorted { $0.text < $1.text }
    }

    func origins(of name: String, _ step: StepID, _ digest: Digest, _ kind: Artifact.Kind)
      -> [Origin]
    {
      switch references?.inputs[step]?[name] {
      case .output(let from, let output)?: return [.output(Output(step: from, name: output))]
      case .collection(let collection)?:
        return collection.steps.map { .output(Output(step: $0, name: collection.output)) }
      case .file(let path)?: return [.file(path)]
      case .run(let target)?:
        let lock = locks[step.recipe ?? record.recipe] ?? locks[record.recipe]
        guard let pin = lock?.runs[target], let run = ObjectID(pin.run) else { fallthrough }
        return [.past(target: target, run: run)]
      default: return givers(of: digest, kind, besides: step)
      }
    }

    var nodes: [Node] = []
    for (step, action) in record.actions {
      let work = action["action"]
      let inputs = JSON.canonicalOrder((action["inputs"]?.object ?? [:]).keys).compactMap {
        name -> Input? in
        guard let value = action["inputs"]?[name]?.object,
          let (kind, digest) = value.first.flatMap({ member in
            member.value.digest.map { (member.key == "folder" ? Artifact.Kind.folder : .file, $0) }
          })
        else { return nil }
        return Input(
          name: name, kind: kind, digest: digest, origins: origins(of: name, step, digest, kind))
      }
      let paths = (action["outputs"]?.object ?? [:]).compactMapValues { value in
        value.string.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
      }
      nodes.append(
        Node(
          step: step, kind: work?["uses"]?.string ?? work?["kind"]?.string ?? "script",
          inputs: inputs, outputs: outputs[step] ?? [:], paths: paths,
          sourceDigest: work?["source"]?["sha256"]?.digest))
    }
    self.nodes = RunGraph.ordered(nodes, by: references?.order ?? [:])
  }

  /// Whether an output of that name holds rows that a step did not pass on.
  package static func isDropped(_ output: String) -> Bool {
    ["rejected", "skipped", "dropped", "removed"].contains(output)
  }

  package func node(_ step: StepID) -> Node? { nodes.first { $0.step == step } }

  /// What an origin is.
  package func artifact(_ origin: Origin) -> Artifact? {
    switch origin {
    case .output(let output): return node(output.step)?.outputs[output.name]
    case .file(let path): return files[path]
    case .past(let target, let run):
      let pin = locks.values.lazy.compactMap { $0.runs[target] }.first { $0.run == run.hex }
      return pin.map {
        Artifact(kind: $0.isFolder ? .folder : .file, digest: $0.digest, size: $0.size)
      }
    }
  }

  /// Everything that steps of the run gave or read from outside, each after what it was made from.
  package var origins: [Origin] {
    var seen: Set<Origin> = []
    return nodes.flatMap { node in
      node.inputs.flatMap(\.origins).filter { if case .output = $0 { false } else { true } }
        + node.outputNames.map { .output(Output(step: node.step, name: $0)) }
    }.filter { seen.insert($0).inserted }
  }

  /// Those of an input's origins that it was made of: one where only the bytes tell, all of a
  /// collection.
  package func parts(of input: Input) -> [Origin] {
    isCollection(input) ? input.origins : Array(input.origins.prefix(1))
  }

  /// Whether an input holds outputs of several instances of a matrix: none of them is the whole.
  func isCollection(_ input: Input) -> Bool {
    !input.origins.isEmpty
      && input.origins.allSatisfy { origin in
        guard case .output = origin else { return false }
        return artifact(origin)?.digest != input.digest
      }
  }

  /// How a chain of steps calls an origin.
  package func label(_ origin: Origin) -> String {
    switch origin {
    case .output(let output): node(output.step)?.label(output.name) ?? origin.text
    case .file, .past: origin.text
    }
  }

  /// Each step after those that it reads from; among free ones the order of the recipe decides.
  private static func ordered(_ nodes: [Node], by place: [StepID: Int]) -> [Node] {
    let known = Set(nodes.map(\.step))
    var rest = nodes.sorted {
      let (a, b) = (place[$0.step] ?? .max, place[$1.step] ?? .max)
      return a == b ? $0.step < $1.step : a < b
    }
    var done: Set<StepID> = []
    var result: [Node] = []
    while !rest.isEmpty {
      let next = rest.firstIndex {
        $0.predecessors.allSatisfy { done.contains($0) || !known.contains($0) }
      }
      // Bytes alone can seem to go in a circle, as where a step gives what it read.
      let node = rest.remove(at: next ?? 0)
      done.insert(node.step)
      result.append(node)
    }
    return result
  }
}

extension RunGraph.Node {
  /// The steps whose outputs it read.
  fileprivate var predecessors: Set<StepID> {
    Set(
      inputs.flatMap(\.origins).compactMap { origin in
        if case .output(let output) = origin, output.step != step { output.step } else { nil }
      })
  }
}

extension RunGraph.Origin {
  /// As a recipe refers to it.
  package var text: String {
    switch self {
    case .output(let output): output.step.output(output.name)
    case .file(let path): "file:\(path)"
    case .past(let target, _): "run:\(target)"
    }
  }
}
