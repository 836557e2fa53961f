package import Digests
package import Documents
internal import Files
package import Notebook
package import Problems
internal import Store
package import SystemPackage

extension Source {
  /// The key under which the lock keeps the pin of this request.
  package func lockKey(_ parameters: [String: JSON]) throws(Problem) -> Digest {
    Digest(of: try request(parameters))
  }

  /// Goes outside once, keeps the bytes and the record of it in the store, and gives the pin.
  ///
  /// - Throws: an environment problem, among them `offline` where nothing may be asked.
  package func resolve(
    _ parameters: [String: JSON], in context: SourceContext
  ) throws -> SourceRecording {
    let request = try request(parameters)
    // Wrong patterns are told before a long download, not after it.
    _ = try Selection(parameters["select"])
    if context.offline {
      throw Problem(
        .environment, "offline", "cannot pin \(title(parameters)): it is not in the lock yet",
        hint: "run once without --offline, or `larder lock RECIPE` on a machine with network")
    }
    return try withFolder(for: request, in: context) { folder in
      let file = try fetch(parameters, pin: nil, into: folder, in: context)
      let pin = Lock.Source(
        request: request, revision: file.revision, sha256: file.digest, size: file.size,
        mediaType: file.mediaType,
        licence: try licence(parameters, file: file.path, in: context))
      let recording = try keep(file, pin: pin, in: context)
      // The lock will name these bytes: they must outlast a power cut as it does.
      try context.store.commit()
      return recording
    }
  }

  /// What the step's key holds of its source: the pinned bytes and how they are unpacked and
  /// selected, not where they came from.
  package func identity(
    _ parameters: [String: JSON], pin: Lock.Source
  ) throws(Problem) -> JSON {
    let unpacking = try unpacking(parameters, pin: pin)
    var members: [String: JSON] = [
      "sha256": .digest(pin.sha256), "unpack": .string(unpacking.format?.rawValue ?? "none"),
    ]
    if unpacking.format?.isFolder != true { members["file"] = .string(unpacking.fileName) }
    if let patterns = unpacking.selection.patterns {
      members["select"] = .array(patterns.map { .string($0) })
    }
    // The report repeats it, so it is part of what makes the output.
    if let declared = parameters["licence"], declared.string != nil {
      members["licence"] = declared
    }
    return .object(members)
  }

  /// The bytes of the pin: from the store, then by SHA-256 from the distdirs, whatever the file
  /// is called there, then from outside.
  ///
  /// - Throws: `wrong-bytes` with both digests where the outside has other bytes now; `offline`
  ///   with the digest where nothing may be asked.
  package func obtain(
    _ pin: Lock.Source, _ parameters: [String: JSON], in context: SourceContext
  ) throws -> SourceRecording {
    let artifact = Artifact(kind: .file, digest: pin.sha256, size: pin.size)
    if try context.store.contains(artifact) {
      return SourceRecording(
        pin: pin, artifact: artifact, record: try SourceRecord.known(for: pin, in: context.store))
    }
    if let path = try DistributionFolders.find(pin, in: context) {
      let copied = try context.store.putFile(path)
      if copied == artifact {
        return SourceRecording(
          pin: pin, artifact: artifact, record: try SourceRecord.known(for: pin, in: context.store))
      }
    }
    if context.offline {
      throw Problem(
        .environment, "offline",
        "cannot fetch \(title(parameters)) offline: \(pin.sha256) (\(pin.size) bytes) is neither in "
          + "the store nor in a --distdir",
        hint: "put the file, under any name, into a folder and name it with --distdir, or run "
          + "without --offline")
    }
    return try withFolder(for: pin.request, in: context) { folder in
      // Another process may have brought it while this one waited for the folder.
      if try context.store.contains(artifact) {
        return SourceRecording(
          pin: pin, artifact: artifact, record: try SourceRecord.known(for: pin, in: context.store))
      }
      let file = try pinned(pin) { try fetch(parameters, pin: pin, into: folder, in: context) }
      guard file.digest == pin.sha256, file.size == pin.size else {
        throw wrongBytes(title(parameters), file, pin)
      }
      return try keep(file, pin: pin, in: context)
    }
  }

  /// Writes the selected files below `files/` and the report to `report.json`, the same bytes
  /// whatever the machine, the time and the umask.
  ///
  /// - Parameters:
  ///   - file: the bytes of the pin, as `Store.plainCopy` gives them.
  ///   - out: the step's `out/`, empty.
  /// - Returns: the report.
  @discardableResult
  package func unpack(
    _ file: FilePath, pin: Lock.Source, _ parameters: [String: JSON], into out: FilePath,
    in context: SourceContext
  ) throws -> JSON {
    let unpacking = try unpacking(parameters, pin: pin)
    let contents = try unpacking.perform(
      on: file, into: out.appending("files"), title: title(parameters), in: context)
    var report = try facts(parameters, file: file, in: context)
    report["sha256"] = .digest(pin.sha256)
    report["size"] = .integer(pin.size)
    report["unpack"] = .string(unpacking.format?.rawValue ?? "none")
    report["files"] = .integer(Int64(contents.files))
    report["bytes"] = .integer(contents.bytes)
    if !contents.merged.isEmpty {
      report["merged"] = .object(contents.merged.mapValues { .string($0) })
    }
    if let patterns = unpacking.selection.patterns {
      report["select"] = .array(patterns.map { .string($0) })
      report["files_in_source"] = .integer(Int64(contents.filesInSource))
    }
    try Files.write(JSON.object(report).indentedText.utf8, to: out.appending("report.json"))
    return .object(report)
  }

  private func keep(
    _ file: FetchedFile, pin: Lock.Source, in context: SourceContext
  ) throws -> SourceRecording {
    let artifact = try context.store.putFile(file.path)
    guard artifact.digest == pin.sha256 else {
      throw Problem(
        .environment, "wrong-bytes",
        "the file \(file.path) changed between its download and its storing")
    }
    // Spares the copy that unpacking would need; without it the store makes one.
    try? context.store.adopt(file.path, as: artifact)
    try Files.remove(file.path)
    let record = try SourceRecord(pin: pin, headers: file.headers).keep(in: context.store)
    return SourceRecording(pin: pin, artifact: artifact, record: record)
  }

  /// A folder for the downloads of one request: the same each time, so that a stopped one goes on,
  /// and one process's at a time.
  private func withFolder<Value>(
    for request: JSON, in context: SourceContext, _ work: (FilePath) throws -> Value
  ) throws -> Value {
    let folder = context.workFolder.appending(Digest(of: request).hex)
    let lock = try FolderLock(folder, checkCancelled: context.checkCancelled)
    defer { lock.release() }
    return try work(folder)
  }

  private func pinned<Value>(_ pin: Lock.Source, _ work: () throws -> Value) throws -> Value {
    do { return try work() } catch var problem as Problem {
      if problem.code == "wrong-bytes" { problem.hint = renewal }
      throw problem
    }
  }

  private func wrongBytes(_ title: String, _ file: FetchedFile, _ pin: Lock.Source) -> Problem {
    try? Files.remove(file.path)
    return Problem(
      .environment, "wrong-bytes",
      "cannot use \(title): it is now \(file.digest) (\(file.size) bytes), where the lock pins "
        + "\(pin.sha256) (\(pin.size) bytes)", hint: renewal)
  }

  private var renewal: String {
    "nothing was replaced; if the change is wanted, renew the pin: larder lock RECIPE --update STEP"
  }
}
