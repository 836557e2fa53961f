internal import BlockingWork
internal import Digests
package import Documents
internal import Environments
internal import Files
internal import Glibc
package import History
internal import Notebook
internal import Problems
package import Store
package import SystemPackage

/// Writes runs as bundles. Two bundles of one run made by one Larder release are byte-identical.
package struct BundleWriter: Sendable {
  let history: HistoryRepository
  let store: any Store
  let report: @Sendable (Progress) -> Void

  package init(
    history: HistoryRepository, store: any Store,
    report: @escaping @Sendable (Progress) -> Void = { _ in }
  ) {
    self.history = history
    self.store = store
    self.report = report
  }

  /// Writes a run to a file, whole or not at all.
  ///
  /// - Parameters:
  ///   - target: where nothing stands yet.
  ///   - references: further names to include with their objects, as from
  ///     `HistoryRepository.scores(of:)`.
  ///   - wheels: whether the files of the Python environments are included.
  ///   - distdirs: folders with such files, looked into before the network.
  ///   - key: the private key to sign with; the signature is written to `TARGET.sig`.
  /// - Throws: a user problem where something stands at the target; an environment problem where the
  ///   store lacks a blob or a wheel cannot be had; a damage problem where the history is damaged.
  package func write(
    _ run: PastRun, to target: FilePath, references: [GitReference] = [], wheels: Bool = false,
    distdirs: [FilePath] = [], key: FilePath? = nil
  ) async throws -> Bundle.Written {
    let target = Files.absolute(target)
    let signature = key.map { _ in FilePath(target.string + ".sig") }
    for path in [target] + (signature.map { [$0] } ?? []) { try BundleWriter.refuse(path) }
    if let key { try Bundle.checkKey(key) }
    let parent = target.removingLastComponent()
    guard Files.kind(Files.resolved(parent) ?? parent) == .folder else {
      throw Problem(
        .user, "no-folder", "cannot write \(target): there is no folder \(parent)", hint: "make it")
    }
    let work = try Files.makeTemporaryFolder(in: parent, prefix: ".larder-bundle-")
    defer { try? Files.remove(work) }

    let content = try await BlockingWork.run {
      try BundleContent(of: run, in: history, store: store)
    }
    var found: [Digest: FilePath] = [:]
    if wheels {
      for (environment, _) in content.environments {
        let files = try await EnvironmentFiles(distdirs: distdirs, report: report)
          .collect(environment, into: work.appending("wheels"))
        found.merge(files) { first, _ in first }
      }
    }
    let temporary = work.appending("bundle")
    let (files, signed) = (found, work.appending("signature"))
    let plan = try await BlockingWork.run {
      try BundlePlan(content, references: references, wheels: files)
    }
    let digests = try await BlockingWork.run { () -> (tar: Digest, file: Digest, size: Int64) in
      let tar = try write(plan, to: temporary)
      // Compressors have had bugs: what was written is read back whole.
      guard try Bundle.read(temporary).tarDigest == tar else {
        throw Problem(
          .fault, "compression",
          "cannot write \(target): zstd does not give back what it was given",
          hint: "check the memory of this machine")
      }
      let file = try Files.digest(of: temporary)
      return (tar, file.digest, file.size)
    }
    if let key { try await Bundle.sign(temporary, key: key, to: signed) }
    try await BlockingWork.run {
      if let signature {
        try BundleWriter.refuse(signature)
        try Files.writeDurably(try Files.read(signed), to: signature)
      }
      try BundleWriter.refuse(target)
      try Files.rename(temporary, to: target)
      try Files.syncFolder(parent)
    }
    return Bundle.Written(
      manifest: plan.manifest, tarDigest: digests.tar, fileDigest: digests.file,
      size: digests.size, signature: signature)
  }

  private static func refuse(_ path: FilePath) throws {
    guard !Files.exists(path) else {
      throw Problem(
        .user, "exists", "cannot write \(path): something stands there already",
        hint: "move it away, or name another file")
    }
  }

  /// - Returns: the digest of the tar.
  private func write(_ plan: BundlePlan, to path: FilePath) throws -> Digest {
    let descriptor: FileDescriptor
    do {
      descriptor = try .open(
        path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: .init(rawValue: 0o644))
    } catch { throw Problem.file("cannot write", path, error) }
    defer { try? descriptor.close() }
    guard fchmod(descriptor.rawValue, 0o644) == 0 else {
      throw Problem.file("cannot write", path, Errno(rawValue: errno))
    }
    let list = plan.manifest.bytes
    let members =
      [
        BundleManifest.Member(
          path: "bundle.json", size: Int64(list.count), sha256: Digest(of: list))
      ]
      + plan.manifest.members
    let size = members.reduce(Int64(1024)) {
      $0 + 512 + $1.size + Int64(TarHeader.padding(after: $1.size))
    }
    let writer = try ZstdWriter(to: descriptor, path: path, size: size)
    var done: Int64 = 0
    for member in members {
      try writer.write(TarHeader(path: member.path, contentSize: member.size).bytes)
      var written: Int64 = 0
      try plan.stream(member, list) { piece in
        try writer.write(piece)
        written += Int64(piece.count)
      }
      guard written == member.size else {
        throw Problem(
          .environment, "changed", "cannot bundle \(member.path): it changed while it was read",
          hint: "run the command again")
      }
      try writer.write([UInt8](repeating: 0, count: TarHeader.padding(after: member.size)))
      done += 512 + member.size
      report(
        Progress(done: Double(done), total: Double(size), unit: "bytes", text: member.path))
    }
    try writer.write([UInt8](repeating: 0, count: 1024))
    try writer.finish()
    guard fsync(descriptor.rawValue) == 0 else {
      throw Problem.file("cannot write", path, Errno(rawValue: errno))
    }
    return writer.hasher.finish()
  }
}

/// The list of a bundle before it is written, and where the content of its members is.
struct BundlePlan: Sendable {
  let manifest: BundleManifest
  private let history: HistoryRepository
  private let store: any Store
  private let wheels: [Digest: FilePath]
  private let provenance: [UInt8]
  private let shallow: [UInt8]

  init(
    _ content: BundleContent, references: [GitReference], wheels: [Digest: FilePath]
  ) throws {
    let run = content.run
    history = content.history
    store = content.store
    self.wheels = wheels
    provenance = Array(try Provenance(content: content).document().indentedText.utf8)
    let branch = GitReference(name: "refs/heads/\(run.branch)", object: run.id)
    let all =
      [branch] + references.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    var ids: Set<ObjectID> = []
    for reference in all { ids.formUnion(try history.objects(of: reference.object)) }
    let cut = try history.shallowCommits(among: ids).map(\.hex).sorted()
    shallow = Array(cut.map { "\($0)\n" }.joined().utf8)

    var members: [BundleManifest.Member] = []
    func add(_ path: String, _ bytes: [UInt8]) {
      members.append(.init(path: path, size: Int64(bytes.count), sha256: Digest(of: bytes)))
    }
    for (digest, size) in content.blobs {
      members.append(.init(path: "blobs/sha256/\(digest.hex)", size: size, sha256: digest))
    }
    for id in ids {
      guard let object = try history.rawObject(id) else { continue }
      add("git/\(id)", object.bytes)
    }
    if !shallow.isEmpty { add("shallow", shallow) }
    for (digest, path) in wheels {
      let size = try Files.digest(of: path).size
      members.append(.init(path: "wheels/sha256/\(digest.hex)", size: size, sha256: digest))
    }
    members.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    members.insert(
      .init(
        path: "provenance.json", size: Int64(provenance.count), sha256: Digest(of: provenance)),
      at: 0)
    manifest = BundleManifest(
      run: run.id, branch: run.branch, release: run.larderVersion ?? "unknown",
      pythons: content.pythons.sorted(), libcs: content.libcs.sorted(),
      platforms: content.platforms.sorted(), references: all,
      wheels: try BundlePlan.list(content, wheels), members: members)
  }

  /// The files of all environments, each once, sorted by name and digest.
  private static func list(
    _ content: BundleContent, _ found: [Digest: FilePath]
  ) throws -> [BundleManifest.Wheel] {
    var byDigest: [Digest: BundleManifest.Wheel] = [:]
    for file in content.environments.flatMap(\.environment.files) {
      let path = found[file.sha256]
      let name = file.file.isEmpty ? path?.lastComponent?.string ?? "" : file.file
      byDigest[file.sha256] = .init(
        file: name, name: file.name, version: file.version, sha256: file.sha256,
        isIncluded: path != nil)
    }
    let all = byDigest.values.sorted { ($0.name, $0.sha256) < ($1.name, $1.sha256) }
    // Included ones stand first, as they are read back.
    return all.filter(\.isIncluded) + all.filter { !$0.isIncluded }
  }

  /// Gives the content of a member, a few MiB at a time.
  func stream(
    _ member: BundleManifest.Member, _ list: [UInt8],
    to receive: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    switch MemberKind(member.path) {
    case nil: try list.withUnsafeBytes(receive)
    case .provenance: try provenance.withUnsafeBytes(receive)
    case .shallow: try shallow.withUnsafeBytes(receive)
    case .object(let id): try history.rawObject(id)?.bytes.withUnsafeBytes(receive)
    case .blob(let digest):
      guard try store.stream(digest, to: receive) else {
        throw Problem(
          .environment, "blob-missing", "cannot bundle the run: the store lost \(digest) meanwhile",
          hint: "run the recipe again")
      }
    case .wheel(let digest):
      guard let path = wheels[digest] else { return }
      do {
        let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        defer { try? file.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try file.read(into: buffer), count > 0 {
          try receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      } catch let error as Errno { throw Problem.file("cannot read", path, error) }
    }
  }
}
