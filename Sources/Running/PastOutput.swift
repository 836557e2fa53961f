internal import Digests
package import Documents
internal import Files
package import History
package import Notebook
internal import Problems
internal import Steps
package import Store
package import SystemPackage

/// One output of a past run, read from the history and the store.
package struct PastOutput: Sendable {
  /// What stands at the path.
  package enum Content: Sendable {
    /// A file whose bytes the history itself holds.
    case inline([UInt8])
    /// A file or folder that the store holds.
    case stored(Artifact)
    /// A folder whose entries the history holds, by name.
    case folder([HistoryRepository.Entry])
  }

  package let run: PastRun
  /// The id of the step that gave it.
  package let step: String
  /// From the commit's root, as in `result/clean/rows.jsonl`.
  package let path: String
  package let content: Content

  /// Whether it lies inside a folder that a step gave.
  let isInside: Bool
  let repository: HistoryRepository
  let store: any Store

  /// - Throws: a user problem where the run has no such step, output or path.
  package init(_ target: Target, repository: HistoryRepository, store: any Store) throws {
    let run = try repository.resolve(target.reference)
    var target = target
    if let joined = target.ofJoinedStep,
      try repository.entry(run.id, "actions/\(target.step).json") == nil,
      try repository.entry(run.id, "actions/\(target.step)")?.kind == .folder
    {
      target = joined
    }
    let step = try PastOutput.stepName(target.stepName, in: run, repository)
    let action = try PastOutput.action(of: step, in: run, repository)
    let outputs = action["outputs"]?.object ?? [:]
    let name = try PastOutput.outputName(target, action)
    guard let declared = outputs[name]?.string else {
      throw Problem(
        .user, "no-output", "step `\(target.step)` has no output `\(name)`",
        hint: Suggestion.hint(for: name, among: outputs.keys)
          ?? "its outputs: \(outputs.keys.sorted().joined(separator: ", "))")
    }
    let isFolder = declared.hasSuffix("/")
    try self.init(
      of: step, at: isFolder ? String(declared.dropLast()) : declared, inside: target.path,
      isFolder: isFolder, run, repository, store)
  }

  /// An output of a step under its declared path.
  package init(
    of step: StepID, path: String, isFolder: Bool, in run: PastRun,
    _ repository: HistoryRepository, _ store: any Store
  ) throws {
    try self.init(
      of: step.text, at: path, inside: nil, isFolder: isFolder, run, repository, store)
  }

  private init(
    of step: String, at declared: String, inside: String?, isFolder: Bool, _ run: PastRun,
    _ repository: HistoryRepository, _ store: any Store
  ) throws {
    let root = "result/\(step)/\(declared)"
    let path = inside.map { "\(root)/\($0)" } ?? root
    if isFolder, let entry = try repository.entry(run.id, root), case .file = entry.kind,
      let bytes = try repository.read(run.id, root), let pointer = Pointer(bytes)
    {
      // A folder of more than a thousand files is one pointer to its tree object.
      content = .stored(
        try PastOutput.find(
          inside, below: Artifact(kind: .folder, digest: pointer.digest, size: 0), store, run, path)
      )
    } else {
      guard let entry = try repository.entry(run.id, path) else {
        throw Problem(
          .user, "no-path", "the run \(run.id.short) has nothing at \(path)",
          hint: "list what it has: larder show \(run.id.short)")
      }
      if entry.kind == .folder {
        content = .folder(try repository.entries(run.id, path))
      } else {
        let bytes = try repository.read(run.id, path) ?? []
        content =
          Pointer(bytes).map {
            .stored(Artifact(kind: .file, digest: $0.digest, size: $0.size))
          } ?? .inline(bytes)
      }
    }
    self.run = run
    self.step = step
    self.path = path
    isInside = inside != nil
    self.repository = repository
    self.store = store
  }

  /// The action document of a step of a past run.
  ///
  /// - Throws: a user problem that names the steps there are.
  package static func action(
    of step: String, in run: PastRun, _ repository: HistoryRepository
  ) throws -> JSON {
    let name = try stepName(step, in: run, repository)
    guard let bytes = try repository.read(run.id, "actions/\(name).json") else {
      throw Problem(.damage, "bad-run", "the run \(run.id.short) has no actions/\(name).json")
    }
    return try JSON(parsing: bytes)
  }

  /// The id of the step that a name means: the name itself, or that of the only instance that it
  /// means, `STEP@LABEL`.
  ///
  /// - Throws: a user problem that names the steps there are.
  package static func stepName(
    _ name: String, in run: PastRun, _ repository: HistoryRepository
  ) throws -> String {
    if try repository.entry(run.id, "actions/\(name).json") != nil { return name }
    let known = try steps(of: run, repository)
    let halves = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let label = halves.count > 1 ? InstanceLabel(halves[1]) : nil
    let instances = known.compactMap { StepID($0) }
      .filter { $0.label != nil && $0.cell.text == halves[0] }
    let meant = instances.filter { id in
      guard halves.count > 1 else { return true }
      return label.flatMap { label in
        id.label.flatMap { InstanceLabel($0) }.map { label.means($0) }
      } ?? false
    }
    if meant.count == 1 { return meant[0].text }
    guard meant.isEmpty else {
      throw Problem(
        .user, "which-instance",
        "`\(name)` means \(meant.count) instances of a matrix in the run \(run.id.short)",
        hint: "name one by its label: "
          + meant.prefix(8).compactMap(\.label).map { "@\($0)" }.joined(separator: ", ")
          + (meant.count > 8 ? ", …" : ""))
    }
    throw Problem(
      .user, "no-step", "the run \(run.id.short) has no step `\(name)` that succeeded",
      hint: Suggestion.hint(for: name, among: known)
        ?? "its steps: \((instances.isEmpty ? known : instances.map(\.text)).prefix(20).joined(separator: ", "))"
    )
  }

  /// The steps of a past run that succeeded; those that joined as `RECIPE/STEP`.
  package static func steps(of run: PastRun, _ repository: HistoryRepository) throws -> [String] {
    try repository.entries(run.id, "actions").flatMap { entry in
      guard entry.kind == .folder else { return [String(entry.name.dropLast(5))] }
      return try repository.entries(run.id, "actions/\(entry.name)")
        .map { "\(entry.name)/\($0.name.dropLast(5))" }
    }
  }

  /// Calls the body with the file's bytes, piece by piece in bounded memory.
  ///
  /// - Throws: a user problem for a folder, an environment problem where the store lacks the bytes,
  ///   a damage problem where they are not what they should be.
  package func read(_ body: ([UInt8]) throws -> Void) throws {
    switch content {
    case .inline(let bytes): try body(bytes)
    case .folder(let entries):
      throw Problem(
        .user, "is-folder", "\(path) is a folder",
        hint: "name a file in it: \(entries.prefix(8).map(\.name).joined(separator: ", "))")
    case .stored(let artifact) where artifact.kind == .folder:
      throw Problem(
        .user, "is-folder", "\(path) is a folder", hint: "name a file in it, or use `larder get`")
    case .stored(let artifact):
      // The copy is verified as a whole before its first byte is served.
      try withPlainFile(artifact) { file in
        let descriptor = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
        defer { try? descriptor.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try descriptor.read(into: buffer), count > 0 {
          try body(Array(buffer[..<count]))
        }
      }
    }
  }

  /// Writes the file or folder to a path where nothing stands yet.
  package func copy(to target: FilePath) throws {
    guard !Files.exists(target) else {
      throw Problem(
        .user, "exists", "cannot write \(target): something is there already",
        hint: "remove it, or choose another path with -o")
    }
    let temporary = target.removingLastComponent().appending(
      ".\(target.lastComponent?.string ?? "larder").\(UInt64.random(in: 0...UInt64.max)).tmp")
    do {
      try write(to: temporary)
      try Files.rename(temporary, to: target)
    } catch {
      try? Files.remove(temporary)
      throw error
    }
  }

  private func write(to target: FilePath) throws {
    switch content {
    case .inline(let bytes): try Files.write(bytes, to: target)
    case .stored(let artifact):
      guard try store.materialise(artifact, at: target) else { throw missing(artifact) }
    case .folder:
      // As a tree, so that execute bits, links and large folders inside come out as they were.
      let artifact = try keep()
      guard try store.materialise(artifact, at: target) else { throw missing(artifact) }
    }
  }

  private func withPlainFile(_ artifact: Artifact, _ body: (FilePath) throws -> Void) throws {
    let folder = try store.makeWorkFolder()
    defer { try? Files.remove(folder) }
    let file = folder.appending("file")
    guard try store.materialise(artifact, at: file) else { throw missing(artifact) }
    try body(file)
  }

  func missing(_ artifact: Artifact) -> Problem {
    Problem(
      .environment, "missing-blob",
      "\(path) of run \(run.id.short) (\(artifact.digest)) is no longer in the store",
      hint: "run the recipe again: what makes it will run")
  }

  private static func outputName(_ target: Target, _ action: JSON) throws -> String {
    if let output = target.output { return output }
    if let kind = action["action"]?["uses"]?.string,
      let main = StepLibrary.declarations[kind]?.outputs.first
    {
      return main.name
    }
    let names = (action["outputs"]?.object ?? [:]).keys.sorted()
    guard names.count == 1, let only = names.first else {
      throw Problem(
        .user, "which-output", "step `\(target.step)` has several outputs and none is named",
        hint:
          "name one: \(names.map { "\(target.reference):\(target.step).\($0)" }.joined(separator: ", "))"
      )
    }
    return only
  }

  /// Walks a path inside a folder of the store.
  private static func find(
    _ path: String?, below artifact: Artifact, _ store: any Store, _ run: PastRun, _ shown: String
  ) throws -> Artifact {
    var found = artifact
    for name in path?.split(separator: "/") ?? [] {
      let entry = try store.tree(found.digest)?.items.first { $0.name == name }?.entry
      switch entry {
      case .file(let digest, let size, _): found = Artifact(kind: .file, digest: digest, size: size)
      case .folder(let digest, let size):
        found = Artifact(kind: .folder, digest: digest, size: size)
      default:
        throw Problem(.user, "no-path", "the run \(run.id.short) has nothing at \(shown)")
      }
    }
    return found
  }
}
