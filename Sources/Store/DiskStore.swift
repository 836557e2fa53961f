package import Digests
package import Documents
package import Files
internal import Glibc
internal import Problems
internal import Synchronization
package import SystemPackage

/// The store in a folder: packs of compressed records, and an index over them.
///
/// Safe for any number of threads and processes. What is put waits, visible to this process, until
/// `commit` writes it, syncs the pack, and only then enters it in the index in one transaction: a
/// power cut or `kill -9` at any instant leaves a store that opens, and everything committed in it.
package final class DiskStore: Store {
  private static let version = "LARDER STORE 1\n"

  let folder: FilePath
  let packs: FilePath
  let index: Index
  let journal: Journal
  let isWritable: Bool
  /// Packs opened for reading, by id.
  let opened = Mutex<[String: PackFile]>([:])
  private let work: WorkFolders

  /// Opens the store in a folder, and makes it where there is none.
  ///
  /// - Parameters:
  ///   - folder: usually `cache`.
  ///   - writable: otherwise nothing in the folder is changed, and putting fails.
  /// - Throws: an environment problem where the folder cannot be used or a newer Larder made it, a
  ///   damage problem where its index is damaged.
  package init(at folder: FilePath, writable: Bool = true) throws {
    let folder = Files.absolute(folder)
    self.folder = folder
    packs = folder.appending("packs")
    work = WorkFolders(in: folder.appending("work"))
    isWritable = writable
    try DiskStore.prepare(folder, writable: writable)
    index = try Index.open(in: folder, packs: packs, writable: writable)
    journal = Journal(packs: packs, index: index)
    if writable {
      try reconcile()
      try work.removeDead()
    }
  }

  /// Checks the version, and makes the folders where there are none.
  private static func prepare(_ folder: FilePath, writable: Bool) throws {
    let versionPath = folder.appending("VERSION")
    if Files.exists(versionPath) {
      try checkVersion(versionPath)
    } else if writable {
      try make(folder)
      try Files.writeDurably(DiskStore.version.utf8, to: versionPath)
    }
    guard writable else { return }
    for name in ["", "packs"] where access(folder.appending(name).string, W_OK) != 0 {
      let error = Errno(rawValue: errno)
      throw Problem(
        .environment, "store-unwritable",
        "cannot write to the store \(folder): \(error.description)",
        hint: "check who owns it and its access rights")
    }
  }

  private static func checkVersion(_ path: FilePath) throws(Problem) {
    let version = try Files.readText(path)
    if version == DiskStore.version { return }
    let hint = "update Larder, or use another folder"
    if version.hasPrefix("LARDER STORE ") {
      throw Problem(
        .environment, "store-newer",
        "cannot open the store: \(path) says that its format is `\(version.dropLast())`",
        hint: hint)
    }
    throw Problem(
      .damage, "store-version", "cannot open the store: \(path) names no format", hint: hint)
  }

  private static func make(_ folder: FilePath) throws {
    do {
      for name in ["packs", "plain", "work"] {
        try Files.makeFolder(folder.appending(name))
      }
      // Backups may leave out what can be made again; packs cannot always, they hold recordings.
      for name in ["plain", "work"] {
        try Files.write(
          """
          Signature: 8a477f597d28d172789f06886806bc55
          # Larder can make everything in this folder again.

          """.utf8, to: folder.appending(name).appending(WorkFolders.tag))
      }
    } catch {
      throw Problem(
        .environment, "store-unwritable", "cannot make the store \(folder)",
        hint: error.hint ?? "check who owns the folder and its access rights", cause: error)
    }
  }

  /// Brings the index up to packs that a killed process left, and notes packs that lost their end.
  /// Only sizes are compared; a pack is read where it is longer than the index knows.
  private func reconcile() throws {
    let known = try index.packs()
    let present = try PackFile.ids(in: packs)
    for id in present {
      let path = PackFile.path(id, in: packs)
      guard let stamp = FileStamp(path), stamp.size != known[id] else { continue }
      // A living process enters what it appends itself.
      guard let lock = try FileLock.take(path, creating: false) else { continue }
      defer { lock.release() }
      let pack = try PackFile.open(id, in: packs, writable: true)
      let size = try pack.size()
      let length = try index.packs()[id]
      if size < length ?? 0 {
        try index.markLost(id, from: size)
      } else if length == nil, try size <= Int64(PackFile.header.count) || !pack.hasHeader() {
        // Killed before its first record was written; anything else without a header is no pack.
        if size <= Int64(PackFile.header.count) { try Files.remove(path) }
      } else if size != length {
        let (batch, end) = try Index.batch(of: pack, from: length ?? 0)
        if end < size { try pack.truncate(to: end) }
        try pack.sync()
        try index.add(batch, lengths: [id: end])
      }
    }
    for (id, length) in known where length > 0 && !present.contains(id) {
      try index.markLost(id, from: 0)
    }
  }

  func checkWritable() throws(Problem) {
    if !isWritable {
      throw Problem(
        .environment, "read-only", "cannot write to the store \(folder): it was opened for reading")
    }
  }

  // MARK: Results, stamps and facts

  package func commit() throws { try journal.commit() }

  package func result(for key: Digest) throws -> ActionResult? {
    try results(for: [key])[key]
  }

  package func results(for keys: [Digest]) throws -> [Digest: ActionResult] {
    var found = journal.look { pending, entering in
      pending.results.isEmpty && entering.results.isEmpty
        ? [:]
        : Dictionary(
          keys.compactMap { key in
            (pending.results[key] ?? entering.results[key]).map { (key, $0.result) }
          }, uniquingKeysWith: { first, _ in first })
    }
    let rest = found.isEmpty ? keys : keys.filter { found[$0] == nil }
    found.merge(try index.results(rest)) { first, _ in first }
    return found
  }

  package func keep(_ result: ActionResult, for key: Digest) throws {
    try checkWritable()
    guard try self.result(for: key) != result else { return }
    let document = ResultDocument(key: key, kept: FileStamp.now(), result: result)
    let content = document.bytes
    try content.withUnsafeBytes { content in
      let compressed = try Codec.lend { try $0.compressed(content) }
      let record = Record(
        kind: .result, isCompressed: compressed != nil, digest: Digest(of: content),
        size: content.count, storedSize: compressed?.count ?? content.count)
      try withStored(compressed, content) { stored in
        try journal.append(record, stored, unless: { _ in false }) { batch, _ in
          batch.results[key] = document
        }
      }
    }
  }

  package func knownDigest(of path: FilePath, stamp: FileStamp) throws -> Artifact? {
    let noted = journal.look { $0.stamps[path.string] ?? $1.stamps[path.string] }
    if let noted { return noted.stamp == stamp ? noted.artifact : nil }
    return try index.artifact(of: path, stamp: stamp)
  }

  package func remember(_ artifact: Artifact, of path: FilePath, stamp: FileStamp) throws {
    try checkWritable()
    try journal.note { $0.stamps[path.string] = StampRow(stamp: stamp, artifact: artifact) }
  }

  package func fact(_ name: String) throws -> JSON? {
    if let noted = journal.look({ $0.facts[name] ?? $1.facts[name] }) {
      return try? JSON(parsing: noted)
    }
    return try index.fact(name)
  }

  package func setFact(_ name: String, _ value: JSON) throws {
    try checkWritable()
    guard try fact(name) != value else { return }
    try journal.note { $0.facts[name] = value.canonicalBytes }
  }

  // MARK: Plain files

  package func plainCopy(_ artifact: Artifact) throws -> FilePath? {
    try checkWritable()
    return try copies.copy(artifact, from: self)
  }

  package func adopt(_ path: FilePath, as artifact: Artifact) throws {
    try checkWritable()
    try copies.adopt(path, as: artifact)
  }

  private var copies: PlainCopies {
    PlainCopies(
      folder: folder.appending("plain"),
      recall: { [journal, index] name in
        try journal.look { $0.copies[name] ?? $1.copies[name] } ?? index.evidence(name)
      },
      remember: { [journal] name, evidence in try journal.note { $0.copies[name] = evidence } },
      makeWorkFolder: { [work] in try work.make() })
  }

  package func makeWorkFolder() throws -> FilePath {
    try checkWritable()
    return try work.make()
  }

  package func tryLease(_ key: Digest) throws -> Lease? {
    try checkWritable()
    return try RangeLock.take(folder.appending("leases"), for: key).map { lock in
      Lease { lock.release() }
    }
  }
}

/// Calls the work with the compressed bytes, or with the content where there are none.
func withStored(
  _ compressed: [UInt8]?, _ content: UnsafeRawBufferPointer,
  _ work: (UnsafeRawBufferPointer) throws -> Void
) throws {
  if let compressed { try compressed.withUnsafeBytes(work) } else { try work(content) }
}
