package import Digests
package import Documents
internal import Files
internal import Foundation
package import Notebook
package import Problems
package import Store
package import SystemPackage
package import Transfer

/// Where a source step works, and with what.
package struct SourceContext: Sendable {
  package var store: any Store
  /// Folders that are searched by SHA-256 before the network.
  package var distdirs: [FilePath]
  package var offline: Bool
  /// On the store's file system; kept from run to run, since parts of downloads wait there.
  package var workFolder: FilePath
  /// Reads archives and runs pip.
  package var python: FilePath
  /// The variables of Larder's own process; those that configure pip, proxies and certificates
  /// reach pip.
  package var variables: [String: String]
  package var policy: Download.Policy
  package var report: @Sendable (Documents.Progress) -> Void
  /// Throws where the user stopped the run.
  package var checkCancelled: @Sendable () throws -> Void

  package init(
    store: any Store, workFolder: FilePath, distdirs: [FilePath] = [], offline: Bool = false,
    python: FilePath = "/usr/bin/python3",
    variables: [String: String] = ProcessInfo.processInfo.environment,
    policy: Download.Policy = Download.Policy(),
    report: @escaping @Sendable (Documents.Progress) -> Void = { _ in },
    checkCancelled: @escaping @Sendable () throws -> Void = {}
  ) {
    self.store = store
    self.workFolder = workFolder
    self.distdirs = distdirs
    self.offline = offline
    self.python = python
    self.variables = variables
    self.policy = policy
    self.report = report
    self.checkCancelled = checkCancelled
  }
}

/// What one download left in the store.
package struct SourceRecording: Hashable, Sendable {
  package var pin: Lock.Source
  /// The bytes as they came.
  package var artifact: Artifact
  /// The record of the exchange (`SourceRecord`), for the action result.
  package var record: Digest

  package init(pin: Lock.Source, artifact: Artifact, record: Digest) {
    self.pin = pin
    self.artifact = artifact
    self.record = record
  }
}

/// A file that a source just brought from outside.
package struct FetchedFile: Sendable {
  package var path: FilePath
  package var digest: Digest
  /// In bytes.
  package var size: Int64
  /// What the request resolved to, where that says more than the request: a wheel's file name.
  package var revision: String?
  package var mediaType: String?
  /// By the allow-list of `ResponseHeaders`.
  package var headers: [String: String]
}

/// How the bytes of a source become files.
package struct Unpacking: Hashable, Sendable {
  /// Nil where the file is taken as it is.
  package var format: Archive.Format?
  /// The name of the file, or of what a single compressed file holds.
  package var fileName: String
  package var selection: Selection
}

/// A kind of step that brings something from outside: how it is asked for, pinned, kept, found
/// again and unpacked. All calls block.
///
/// What a kind implements is the asking (`request`, `fetch`) and the meaning (`unpacking`,
/// `facts`); pinning, verifying, recording and the distdirs are the same for all.
package protocol Source: Sendable {
  /// Parameters and outputs, as recipes are checked against and `larder steps` prints.
  var declaration: StepDeclaration { get }

  /// The canonical request: what is asked for, never where. Its digest is the lock's key.
  func request(_ parameters: [String: JSON]) throws(Problem) -> JSON

  /// What is fetched, in a few words for messages.
  func title(_ parameters: [String: JSON]) -> String

  /// Brings the file from outside into a folder, the very bytes of the pin where there is one.
  func fetch(
    _ parameters: [String: JSON], pin: Lock.Source?, into folder: FilePath,
    in context: SourceContext
  ) throws -> FetchedFile

  /// The SPDX expression of the file's licence, declared or found in it, or nil.
  func licence(
    _ parameters: [String: JSON], file: FilePath, in context: SourceContext
  ) throws -> String?

  func unpacking(_ parameters: [String: JSON], pin: Lock.Source) throws(Problem) -> Unpacking

  /// What the report says of the file besides counts; follows from the bytes and the identity
  /// alone, since a cached report must be right for everybody who has the same key.
  func facts(
    _ parameters: [String: JSON], file: FilePath, in context: SourceContext
  ) throws -> [String: JSON]
}

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
    if let declared = parameters["licence"], declared.string != nil { members["licence"] = declared }
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

  /// A folder for the downloads of one request: the same each time, so that a stopped one goes on.
  private func withFolder<Value>(
    for request: JSON, in context: SourceContext, _ work: (FilePath) throws -> Value
  ) throws -> Value {
    let folder = context.workFolder.appending(Digest(of: request).hex)
    try Files.makeFolder(folder)
    // Only an empty folder goes: what is left of a broken transfer waits for the next run.
    defer { rmdir(folder.string) }
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

/// All kinds of source, by the name that recipes use.
package enum Sources {
  package static let all: [String: any Source] = {
    let sources: [any Source] = [HTTPSource(), PyPISource()]
    return Dictionary(uniqueKeysWithValues: sources.map { ($0.declaration.name, $0) })
  }()
}
