internal import Digests
internal import Documents
package import Experiments
internal import History
internal import Notebook
internal import Problems
internal import Replay
internal import Running
internal import Store

/// Reads a run from the history and the store into a notebook.
package struct NotebookReader {
  private let run: OpenedRun
  private let links: NotebookLinks?
  private let record: JSON
  /// The results that the store has for the steps' keys: where a step was cached, only they say how
  /// long it took and what it wrote.
  private let results: [Digest: ActionResult]
  private var reader: OutputReader
  /// Which step gave some content, by digest.
  private var givers: [String: String] = [:]
  /// What the recipe's inputs refer to; nil where its text can no longer be read.
  private let references: RecipeReferences?

  /// How much of a log is shown, in bytes.
  private static let logLimit = 6 << 10

  /// - Parameter links: of a page that a server sends.
  /// - Throws: a damage problem where the commit is not what a run writes.
  package static func read(
    _ run: OpenedRun, links: NotebookLinks? = nil
  ) throws -> ExecutedNotebook {
    var reader = try NotebookReader(run, links)
    return try reader.notebook()
  }

  private init(_ run: OpenedRun, _ links: NotebookLinks?) throws {
    self.run = run
    self.links = links
    record = run.record.record
    reader = OutputReader(run)
    references = try RecipeReferences(run.record.recipeFiles, store: run.store)
    let steps = record["steps"]?.object ?? [:]
    results = try run.store.results(for: steps.values.compactMap { $0["key"]?.digest })
    for (id, step) in steps.sorted(by: { $0.key > $1.key }) {
      for artifact in (step["outputs"]?.object ?? [:]).values {
        if let digest = artifact["file"]?.digest ?? artifact["folder"]?.digest {
          givers[digest.hex] = id
        }
      }
    }
  }

  private mutating func notebook() throws -> ExecutedNotebook {
    let recipe = run.record.recipe
    let text = String(decoding: run.record.recipeFiles["\(recipe).md"] ?? [], as: UTF8.self)
    let passages = Passage.all(of: text)
    var left = Set((record["steps"]?.object ?? [:]).keys)
    var parts: [ExecutedNotebook.Part] = []
    for passage in passages {
      switch passage.kind {
      case .frontMatter: parts.append(.frontMatter(passage.text))
      case .prose: parts.append(.prose(passage.text))
      case .cell(let language, let id, let body):
        let cell = try cell(language, id, body, passage.text, named: id, &left)
        parts.append(.cell(cell))
      }
    }
    let joined = try joined(&left)
    let others = try left.sorted().map { try step($0, language: nil) }
    let parameters =
      run.record.recipeFiles["parameters.json"]
      .flatMap { try? JSON(parsing: $0) }?.object ?? [:]
    var notebook = ExecutedNotebook(
      run: run.record.run, title: RecipeTitle.find(in: passages) ?? recipe, recipe: recipe,
      parts: parts,
      joined: joined, others: others,
      parameters: JSON.canonicalOrder(parameters.keys).map { ($0, parameters[$0] ?? .null) },
      environments: environments, sources: try sources(),
      submissions: try run.history.submissionNamesByRun()[run.record.run.id] ?? [], record: record)
    if notebook.parts.isEmpty, !text.isEmpty { notebook.parts = [.prose(text)] }
    return notebook
  }

  // MARK: Cells and steps

  /// A cell with the steps of the record that it was.
  ///
  /// - Parameter name: the id of the step, `RECIPE/ID` for a joined one; instances of a matrix have
  ///   a label after it.
  private mutating func cell(
    _ language: String, _ id: String, _ body: String, _ text: String, named name: String,
    _ left: inout Set<String>
  ) throws -> ExecutedNotebook.Cell {
    let ids = left.filter { $0 == name || $0.hasPrefix("\(name)@") }.sorted()
    left.subtract(ids)
    var steps = try ids.map { try step($0, language: language) }
    if steps.isEmpty {
      steps = [ExecutedStep(waiting: name, shape: NotebookReader.shape(language, nil))]
    }
    return .init(language: language, id: name, body: body, text: text, steps: steps)
  }

  private mutating func joined(_ left: inout Set<String>) throws -> [ExecutedNotebook.Joined] {
    let recipes = Set(
      left.compactMap { id in
        id.firstIndex(of: "/").map { String(id[..<$0]) }
      })
    return try recipes.sorted().map { recipe in
      var cells: [ExecutedNotebook.Cell] = []
      let text = String(decoding: run.record.recipeFiles["\(recipe).md"] ?? [], as: UTF8.self)
      for passage in Passage.all(of: text) {
        guard case .cell(let language, let id, let body) = passage.kind else { continue }
        let name = "\(recipe)/\(id)"
        // Only the steps that joined: the others of that recipe are no part of this run.
        guard left.contains(where: { $0 == name || $0.hasPrefix("\(name)@") }) else { continue }
        cells.append(try cell(language, id, body, passage.text, named: name, &left))
      }
      return .init(recipe: recipe, cells: cells)
    }.filter { !$0.cells.isEmpty }
  }

  private mutating func step(_ id: String, language: String?) throws -> ExecutedStep {
    let entry = record["steps"]?[id]
    let stepID = StepID(id)
    let action = stepID.flatMap { run.record.actions[$0] }
    let kind = action?["action"]?["uses"]?.string
    let key = entry?["key"]?.digest
    let result = key.flatMap { results[$0] }
    let isRecorded = stepID.map { run.record.recordings[$0] != nil } ?? false
    var step = ExecutedStep(
      waiting: id, shape: NotebookReader.shape(language, kind, isRecorded: isRecorded))
    step.state = StepState(status: entry?["status"]?.string)
    step.key = key
    step.seconds = entry?["seconds"]?.number ?? result?.seconds
    step.start = entry?["after"]?.number
    step.peakMemory =
      entry?["peak_memory"]?.integer
      ?? result.map(\.peakMemory).flatMap {
        $0 > 0 ? $0 : nil
      }
    step.why = entry?["why"]?.string
    step.hint = entry?["hint"]?.string
    step.kind = kind
    if let stepID, let key {
      (step.determinism, step.executions) = try Determinism.measured(
        stepID, key, of: run.record, in: run.store)
    }
    let named = stepID.flatMap { references?.inputs[$0] } ?? [:]
    var inputs = Set(named.values.flatMap { $0.steps.map(\.text) })
    if inputs.isEmpty { inputs = givers(of: action, besides: id) }
    step.inputs = inputs.sorted()
    step.log = try log(of: id, result)
    step.logLink = step.log == nil ? nil : links?.log(id)
    guard let stepID, step.state == .done || step.state == .cached else { return step }
    step.outputs = outputs(of: stepID, action, kind, key)
    return step
  }

  /// The steps whose outputs an action took, by their bytes.
  private func givers(of action: JSON?, besides id: String) -> Set<String> {
    let digests = (action?["inputs"]?.object ?? [:]).values.compactMap {
      $0["file"]?.digest ?? $0["folder"]?.digest
    }
    return Set(digests.compactMap { givers[$0.hex] }).subtracting([id])
  }

  /// By name, the rejected rows after the others and the report of a library step last.
  private mutating func outputs(
    of step: StepID, _ action: JSON?, _ kind: String?, _ key: Digest?
  ) -> [ExecutedOutput] {
    let artifacts = run.record.outputs(of: step)
    let declared = action?["outputs"]?.object ?? [:]
    func rank(_ name: String) -> Int {
      if kind != nil, name == "report" { return 2 }
      return name == "rejected" ? 1 : 0
    }
    let names = JSON.canonicalOrder(declared.keys).sorted { rank($0) < rank($1) }
    return names.map { name in
      let path = declared[name]?.string ?? ""
      let artifact = artifacts[name]
      let size = artifact?.size ?? 0
      return ExecutedOutput(
        name: name, path: path, size: size,
        origin: Origin(
          "\(run.record.run.id.hex.prefix(8)):\(step.output(name))", digest: artifact?.digest,
          key: key,
          link: artifact == nil ? nil : links?.output(step, name)),
        content: reader.content(
          name, at: path, of: step, kind: kind, size: size, digest: artifact?.digest))
    }
  }

  /// The end of what a step wrote, from the commit or, for a cached step, from the store.
  private func log(of id: String, _ result: ActionResult?) throws -> (text: String, isWhole: Bool)?
  {
    var bytes = try run.history.read(run.record.run.id, "record/logs/\(id).log")
    if let pointer = bytes.flatMap({ Pointer($0) }) {
      bytes = try run.store.bytes(pointer.digest)
    } else if bytes == nil {
      bytes = try result?.log.flatMap { try run.store.bytes($0) }
    }
    guard let bytes, !bytes.isEmpty else { return nil }
    guard bytes.count > NotebookReader.logLimit else {
      return (String(decoding: bytes, as: UTF8.self), true)
    }
    let tail = bytes.suffix(NotebookReader.logLimit)
    let whole = tail.firstIndex(of: 0x0A).map { tail[($0 + 1)...] } ?? tail
    return (String(decoding: whole, as: UTF8.self), false)
  }

  static func shape(
    _ language: String?, _ kind: String?, isRecorded: Bool = false
  ) -> StepGraph.Kind {
    if let kind { return kind.hasPrefix("fetch/") ? .source : .library }
    switch language {
    case "text", "json", "jsonl", "csv": return .data
    case "yaml": return .library
    default: return .script
    }
  }

  // MARK: What stands around them

  private var environments: [ExecutedNotebook.Environment] {
    run.record.environments.values.map { document in
      .init(
        name: document["name"]?.string ?? "", python: document["python"]?.string ?? "",
        digest: document["digest"]?.digest,
        files: (document["files"]?.array ?? []).map {
          .init(name: $0["name"]?.string ?? "", version: $0["version"]?.string ?? "")
        })
    }.sorted { ($0.name, $0.python) < ($1.name, $1.python) }
  }

  /// The licence ledger: what came from outside, by the recordings.
  private func sources() throws -> [ExecutedNotebook.Source] {
    try run.record.recordings.sorted { $0.key < $1.key }.compactMap { step, recorded in
      let bytes: [UInt8]?
      switch recorded {
      case .inline(let inline): bytes = inline
      case .stored(let digest, let size) where size < 8 << 20: bytes = try run.store.bytes(digest)
      case .stored: bytes = nil
      }
      guard let document = bytes.flatMap({ try? JSON(parsing: $0) }) else {
        return .init(step: step.text, name: "a recording that is no longer in the store")
      }
      switch document["type"]?.string {
      case "download":
        return .init(
          step: step.text, name: NotebookReader.words(for: document["request"]),
          revision: document["revision"]?.string,
          licence: references?.licences[step] ?? document["licence"]?.string,
          size: document["size"]?.integer, sha256: document["bytes"]?.digest)
      case "exchanges":
        let count = document["exchanges"]?.array?.count ?? 0
        return .init(step: step.text, name: "\(count) recorded exchanges with a service")
      case "capture": return .init(step: step.text, name: "outputs captured from the network")
      case "evidence": return .init(step: step.text, name: "evidence that a person brought")
      default: return .init(step: step.text, name: "a recording")
      }
    }
  }

  /// What a source was asked for, without its kind where the rest says it.
  private static func words(for request: JSON?) -> String {
    guard let members = request?.object else { return "" }
    if let url = members["url"]?.string { return url }
    if let package = members["package"]?.string {
      return [package, members["version"]?.string].compactMap(\.self).joined(separator: " ")
    }
    return JSON.canonicalOrder(members.keys.filter { $0 != "uses" }).map { name in
      "\(name): \(members[name]?.string ?? members[name]?.canonicalText ?? "")"
    }.joined(separator: ", ")
  }
}

extension ExecutedStep {
  /// A step of which nothing is recorded.
  init(waiting id: String, shape: StepGraph.Kind) {
    self.id = id
    self.shape = shape
    state = .waiting
    determinism = .unknown
    executions = 0
    inputs = []
    outputs = []
  }
}
