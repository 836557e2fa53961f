package import Digests
package import Documents
package import Files
internal import Glibc
package import SystemPackage

/// Content by digest, folders as trees, action results by key. Calls block: make them on
/// `BlockingWork`, from as many threads as needed. A miss is nil, damage throws, and every read is
/// verified.
package protocol Store: Sendable {
  /// Keeps some bytes. Durable only after `commit()`.
  @discardableResult
  func put(_ bytes: [UInt8]) throws -> Digest

  /// Keeps a file's content, in bounded memory.
  func putFile(_ path: FilePath) throws -> Artifact

  /// Keeps a folder with everything in it as a tree object.
  /// - Throws: a user problem for devices, sockets, links that leave the folder, names that are not
  ///   UTF-8 or that collide by case.
  func putFolder(_ path: FilePath) throws -> Artifact

  /// A whole blob, verified.
  func bytes(_ digest: Digest) throws -> [UInt8]?

  /// Calls `receive` with a blob's bytes in order, a few MiB at a time, each verified before.
  ///
  /// - Returns: false where the store lacks the blob or a part of it; then nothing was received.
  func stream(_ digest: Digest, to receive: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool

  /// The size of a blob in bytes, or nil where the store lacks it.
  func size(_ digest: Digest) throws -> Int64?

  func tree(_ digest: Digest) throws -> Tree?

  /// Whether an artifact is here whole; for a folder every blob that its tree names.
  func contains(_ artifact: Artifact) throws -> Bool

  /// Those of many artifacts that are not here whole, in a few queries.
  func missing(among artifacts: some Collection<Artifact>) throws -> Set<Artifact>

  /// Writes an artifact as plain file or folder at a path where nothing stands yet, verified.
  /// - Returns: false where the store lacks it or a part of it; then nothing is left at the path.
  func materialise(_ artifact: Artifact, at path: FilePath) throws -> Bool

  /// The path of a read-only plain copy to bind into a sandbox, made where it is missing, or nil
  /// where the store lacks the artifact. A copy that somebody changed is made anew.
  func plainCopy(_ artifact: Artifact) throws -> FilePath?

  /// Takes a file or folder whose content was just put as the artifact's plain copy, by rename.
  func adopt(_ path: FilePath, as artifact: Artifact) throws

  func result(for key: Digest) throws -> ActionResult?

  /// The results of many keys in one query.
  func results(for keys: [Digest]) throws -> [Digest: ActionResult]

  /// Keeps what an action gave; with the outputs durable after `commit()`.
  func keep(_ result: ActionResult, for key: Digest) throws

  /// Makes everything put so far durable. Concurrent calls share one fsync.
  func commit() throws

  /// The digest of a file by its stamp, where its content was hashed before and did not change.
  func knownDigest(of path: FilePath, stamp: FileStamp) throws -> Artifact?
  func remember(_ artifact: Artifact, of path: FilePath, stamp: FileStamp) throws

  /// Small facts that can always be made again (the version of a tool, the state of a branch),
  /// kept from run to run.
  func fact(_ name: String) throws -> JSON?
  func setFact(_ name: String, _ value: JSON) throws

  /// The lease of an action's key, or nil while somebody else, in this process or another, holds it.
  func tryLease(_ key: Digest) throws -> Lease?

  /// A new empty folder for unfinished work, on the file system of the plain copies, which the caller
  /// removes. What a killed process leaves there goes when the next one opens the store.
  func makeWorkFolder() throws -> FilePath
}

extension Store {
  package func contains(_ artifact: Artifact) throws -> Bool {
    try missing(among: CollectionOfOne(artifact)).isEmpty
  }

  package func bytes(_ digest: Digest) throws -> [UInt8]? {
    var content: [UInt8] = []
    return try stream(digest) { content.append(contentsOf: $0) } ? content : nil
  }

  package func tree(_ digest: Digest) throws -> Tree? {
    try bytes(digest).map { try Tree(parsing: $0) }
  }

  package func materialise(_ artifact: Artifact, at path: FilePath) throws -> Bool {
    try materialiseWhole(artifact, at: path)
  }

  /// The lease of an action's key, waited for where somebody else holds it.
  ///
  /// - Parameter waiting: called before each wait of at most 50 ms; what it throws ends the waiting.
  package func lease(_ key: Digest, waiting: () throws -> Void) throws -> Lease {
    var microseconds: UInt32 = 1_000
    while true {
      if let lease = try tryLease(key) { return lease }
      try waiting()
      usleep(microseconds)
      microseconds = min(50_000, microseconds * 2)
    }
  }
}
