internal import Digests
internal import Documents
internal import Files
internal import Notebook
internal import Problems
internal import Recording
internal import Running
internal import Store
internal import SystemPackage

/// An empty kitchen that is given a past run's recipe, inputs, sources and recordings, and nothing
/// that the run made.
struct FreshKitchen: Sendable {
  let kitchen: Kitchen
  let store: DiskStore
  /// Where the recipe was laid out.
  let recipePath: FilePath
  let recordings: Recordings

  /// - Parameters:
  ///   - folder: empty; becomes the kitchen.
  ///   - source: where inputs, sources and recordings are read from, by digest.
  ///   - recipeFiles: the files of a commit's `recipe/`.
  init(
    in folder: FilePath, of record: RunRecord, recipeFiles: [String: [UInt8]],
    from source: any Store, distdirs: [FilePath], checkCancelled: @Sendable () throws -> Void
  ) throws {
    kitchen = Kitchen(root: folder)
    try Files.makeFolder(kitchen.recipes)
    try Files.makeFolder(kitchen.artifacts)
    store = try DiskStore(at: kitchen.cache)
    var stock = Stock(source: source, store: store, distdirs: distdirs)

    // What the recipe reads, as files; what it fetched, by digest.
    var missingFiles: [String: Problem] = [:]
    let listed = try RecipeFiles.artifacts(recipeFiles["files.json"])
    recipePath = try RecipeFiles.layOut(recipeFiles, in: kitchen) { [store] artifact, place in
      if try stock.bring(artifact), try store.materialise(artifact, at: place) { return }
      // Something must stand there for the recipe to be read; the steps that need it do not run.
      try Files.write([], to: place)
      for (path, other) in listed where other == artifact {
        var problem =
          stock.missing[artifact.digest] ?? Problem(.environment, "missing-blob", "it is missing")
        problem.message = "the input file:\(path) cannot be had: \(problem.message)"
        missingFiles[path] = problem
      }
    }
    for (path, bytes) in recipeFiles where path.hasSuffix(".lock") {
      let lock = try Lock(parsing: String(decoding: bytes, as: UTF8.self), displayPath: path)
      for pin in lock.sources.values {
        try checkCancelled()
        try stock.bring(Artifact(kind: .file, digest: pin.sha256, size: pin.size))
      }
      for pin in lock.runs.values {
        try checkCancelled()
        try stock.bring(
          Artifact(kind: pin.isFolder ? .folder : .file, digest: pin.digest, size: pin.size))
      }
    }

    var documents: [StepID: Digest] = [:]
    for (id, recorded) in record.recordings {
      documents[id] = recorded.digest
      let bytes: [UInt8]?
      switch recorded {
      case .inline(let content): bytes = content
      case .stored(let digest, let size):
        let isThere = try stock.bring(Artifact(kind: .file, digest: digest, size: size))
        bytes = isThere ? try store.bytes(digest) : nil
      }
      guard let bytes else { continue }
      try store.put(bytes)
      for artifact in RecordedArtifacts.all(in: try JSON(parsing: bytes)) {
        try checkCancelled()
        try stock.bring(artifact)
      }
    }
    try store.commit()
    recordings = Recordings(
      documents: documents, missing: stock.missing, missingFiles: missingFiles)
  }
}

/// Brings content by digest from one store into another, and remembers what could not be brought.
private struct Stock {
  let source: any Store
  let store: DiskStore
  let distdirs: [FilePath]
  var missing: [Digest: Problem] = [:]

  /// - Returns: false where the source lacks the artifact or has it damaged.
  @discardableResult
  mutating func bring(_ artifact: Artifact) throws -> Bool {
    if try store.contains(artifact) { return true }
    let folder = try store.makeWorkFolder()
    defer { try? Files.remove(folder) }
    let path = folder.appending("content")
    do {
      if try source.materialise(artifact, at: path) {
        let copied =
          artifact.kind == .folder ? try store.putFolder(path) : try store.putFile(path)
        if copied == artifact {
          try store.adopt(path, as: artifact)
          return true
        }
      }
    } catch let problem as Problem where problem.tier == .damage {
      missing[artifact.digest] = Problem(
        .environment, "damaged-blob",
        "\(artifact.digest) is damaged where the replay reads from: \(problem.message)",
        hint: problem.hint)
      return false
    }
    if artifact.kind == .file, let found = try find(artifact) {
      if try store.putFile(found) == artifact { return true }
    }
    missing[artifact.digest] = Problem(
      .environment, "missing-blob", "\(artifact.digest) (\(artifact.size) bytes) is missing",
      hint: "name a folder that has the file, under any name, with --distdir")
    return false
  }

  /// A file of that content in the distdirs, whatever its name.
  private func find(_ artifact: Artifact) throws -> FilePath? {
    for folder in distdirs {
      for name in try Files.names(in: folder) {
        let path = folder.appending(name)
        guard case .file = Files.kind(path), let stamp = FileStamp(path),
          stamp.size == artifact.size, try Files.digest(of: path).digest == artifact.digest
        else { continue }
        return path
      }
    }
    return nil
  }
}
