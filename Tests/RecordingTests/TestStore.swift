import Digests
import Documents
import Files
import Problems
import Store
import Synchronization
import SystemPackage

/// Just enough of a store for sources: files in memory, and facts.
final class TestStore: Store {
  private struct State {
    var blobs: [Digest: [UInt8]] = [:]
    var facts: [String: JSON] = [:]
    var stamps: [FileStamp: Artifact] = [:]
    var commits = 0
  }

  private let state = Mutex(State())

  var blobCount: Int { state.withLock { $0.blobs.count } }
  var commits: Int { state.withLock { $0.commits } }
  func forget(_ digest: Digest) { state.withLock { _ = $0.blobs.removeValue(forKey: digest) } }

  func put(_ bytes: [UInt8]) -> Digest {
    let digest = Digest(of: bytes)
    state.withLock { $0.blobs[digest] = bytes }
    return digest
  }

  func putFile(_ path: FilePath) throws -> Artifact {
    let bytes = try Files.read(path)
    return Artifact(kind: .file, digest: put(bytes), size: Int64(bytes.count))
  }

  func putFolder(_ path: FilePath) throws -> Artifact { throw Unneeded() }
  func bytes(_ digest: Digest) -> [UInt8]? { state.withLock { $0.blobs[digest] } }
  func size(_ digest: Digest) -> Int64? { bytes(digest).map { Int64($0.count) } }
  func tree(_ digest: Digest) throws -> Tree? { throw Unneeded() }
  func stream(
    _ digest: Digest, to receive: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Bool {
    guard let bytes = bytes(digest) else { return false }
    try bytes.withUnsafeBytes(receive)
    return true
  }
  func missing(among artifacts: some Collection<Artifact>) -> Set<Artifact> {
    Set(artifacts.filter { !contains($0) })
  }
  func tryLease(_ key: Digest) throws -> Lease? { throw Unneeded() }
  func makeWorkFolder() throws -> FilePath { throw Unneeded() }
  func contains(_ artifact: Artifact) -> Bool { bytes(artifact.digest) != nil }

  func materialise(_ artifact: Artifact, at path: FilePath) throws -> Bool {
    guard let bytes = bytes(artifact.digest) else { return false }
    try Files.write(bytes, to: path)
    return true
  }

  func plainCopy(_ artifact: Artifact) throws -> FilePath? { throw Unneeded() }
  func adopt(_ path: FilePath, as artifact: Artifact) throws { throw Unneeded() }
  func result(for key: Digest) throws -> ActionResult? { throw Unneeded() }
  func results(for keys: [Digest]) throws -> [Digest: ActionResult] { throw Unneeded() }
  func keep(_ result: ActionResult, for key: Digest) throws { throw Unneeded() }
  func commit() { state.withLock { $0.commits += 1 } }
  func knownDigest(of path: FilePath, stamp: FileStamp) -> Artifact? {
    state.withLock { $0.stamps[stamp] }
  }
  func remember(_ artifact: Artifact, of path: FilePath, stamp: FileStamp) {
    state.withLock { $0.stamps[stamp] = artifact }
  }
  func fact(_ name: String) -> JSON? { state.withLock { $0.facts[name] } }
  func setFact(_ name: String, _ value: JSON) { state.withLock { $0.facts[name] = value } }

  struct Unneeded: Error {}
}
