package import Digests
package import Documents
package import Files
internal import Foundation
internal import Problems
internal import Synchronization
package import SystemPackage

/// The store without a disk, for tests: the same answers as `DiskStore`, kept as long as it lives.
///
/// Safe for any number of threads. Only plain copies and work folders are real, in a temporary folder
/// that is made when it is needed and removed with the store.
package final class MemoryStore: Store {
  private struct State {
    var blobs: [Digest: [UInt8]] = [:]
    var results: [Digest: ActionResult] = [:]
    var stamps: [FilePath: (stamp: FileStamp, artifact: Artifact)] = [:]
    var facts: [String: JSON] = [:]
    var copies: [String: Digest] = [:]
    var leases: Set<Digest> = []
    var folder: FilePath?
  }

  /// Shared with the leases that were given, which may outlive the store.
  private final class Content: Sendable {
    let state = Mutex(State())
  }

  private let content = Content()

  package init() {}

  deinit {
    if let folder = content.state.withLock({ $0.folder }) { try? Files.remove(folder) }
  }

  @discardableResult
  package func put(_ bytes: [UInt8]) throws -> Digest {
    let digest = Digest(of: bytes)
    content.state.withLock { $0.blobs[digest] = bytes }
    return digest
  }

  package func putFile(_ path: FilePath) throws -> Artifact {
    guard let target = Files.resolved(path) else {
      throw Problem.file("cannot read", path, Errno.noSuchFileOrDirectory)
    }
    guard case .file = Files.kind(target) else {
      throw Problem(.user, "not-a-file", "cannot keep \(path): it is not a file")
    }
    let bytes = try Files.read(target)
    return Artifact(kind: .file, digest: try put(bytes), size: Int64(bytes.count))
  }

  package func putFolder(_ path: FilePath) throws -> Artifact { try putTree(of: path) }

  package func stream(
    _ digest: Digest, to receive: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Bool {
    guard let bytes = content.state.withLock({ $0.blobs[digest] }) else { return false }
    try bytes.withUnsafeBytes(receive)
    return true
  }

  package func size(_ digest: Digest) throws -> Int64? {
    content.state.withLock { $0.blobs[digest].map { Int64($0.count) } }
  }

  package func missing(among artifacts: some Collection<Artifact>) throws -> Set<Artifact> {
    Set(
      try artifacts.filter { artifact in
        switch artifact.kind {
        case .file: try size(artifact.digest) == nil
        case .folder: try !isWhole(artifact.digest)
        }
      })
  }

  private func isWhole(_ digest: Digest) throws -> Bool {
    guard let tree = try tree(digest) else { return false }
    return try tree.items.allSatisfy { item in
      switch item.entry {
      case .file(let digest, _, _): try size(digest) != nil
      case .folder(let digest, _): try isWhole(digest)
      case .link: true
      }
    }
  }

  package func plainCopy(_ artifact: Artifact) throws -> FilePath? {
    try copies().copy(artifact, from: self)
  }

  package func adopt(_ path: FilePath, as artifact: Artifact) throws {
    try copies().adopt(path, as: artifact)
  }

  private func copies() throws -> PlainCopies {
    PlainCopies(
      folder: try folder().appending("plain"),
      recall: { [content] name in content.state.withLock { $0.copies[name] } },
      remember: { [content] name, evidence in
        content.state.withLock { $0.copies[name] = evidence }
      },
      makeWorkFolder: { [work = try folder().appending("work")] in
        try Files.makeTemporaryFolder(in: work, prefix: "")
      })
  }

  private func folder() throws -> FilePath {
    try content.state.withLock { state in
      if let folder = state.folder { return folder }
      let folder = try Files.makeTemporaryFolder(
        in: FilePath(NSTemporaryDirectory()), prefix: "larder-memory-")
      state.folder = folder
      return folder
    }
  }

  package func makeWorkFolder() throws -> FilePath {
    try Files.makeTemporaryFolder(in: folder().appending("work"), prefix: "")
  }

  package func result(for key: Digest) throws -> ActionResult? {
    content.state.withLock { $0.results[key] }
  }

  package func results(for keys: [Digest]) throws -> [Digest: ActionResult] {
    content.state.withLock { state in
      Dictionary(
        keys.compactMap { key in state.results[key].map { (key, $0) } },
        uniquingKeysWith: { first, _ in first })
    }
  }

  package func keep(_ result: ActionResult, for key: Digest) throws {
    content.state.withLock { $0.results[key] = result }
  }

  package func commit() throws {}

  package func knownDigest(of path: FilePath, stamp: FileStamp) throws -> Artifact? {
    content.state.withLock { state in
      state.stamps[path].flatMap { $0.stamp == stamp ? $0.artifact : nil }
    }
  }

  package func remember(_ artifact: Artifact, of path: FilePath, stamp: FileStamp) throws {
    content.state.withLock { $0.stamps[path] = (stamp, artifact) }
  }

  package func fact(_ name: String) throws -> JSON? { content.state.withLock { $0.facts[name] } }

  package func setFact(_ name: String, _ value: JSON) throws {
    content.state.withLock { $0.facts[name] = value }
  }

  package func tryLease(_ key: Digest) throws -> Lease? {
    guard content.state.withLock({ $0.leases.insert(key).inserted }) else { return nil }
    return Lease { [content] in content.state.withLock { _ = $0.leases.remove(key) } }
  }
}
