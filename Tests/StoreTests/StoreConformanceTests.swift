import Digests
import Documents
import Files
import Foundation
import Problems
import Store
import SystemPackage
import Testing

/// What every store does, whichever it is.
@Suite struct StoreConformanceTests {
  @Test(arguments: StoreKind.allCases, [0, 1, 63, 64, 5_000, 4 << 20, (4 << 20) + 1, 9_000_001])
  func bytesComeBack(kind: StoreKind, count: Int) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    for bytes in [rows(count), noise(count)] {
      let digest = try store.put(bytes)
      #expect(digest == Digest(of: bytes))
      #expect(try store.bytes(digest) == bytes)
      #expect(try store.size(digest) == Int64(count))
    }
    try store.commit()
    for bytes in [rows(count), noise(count)] {
      #expect(try store.bytes(Digest(of: bytes)) == bytes)
      #expect(try store.size(Digest(of: bytes)) == Int64(count))
      #expect(
        try store.contains(Artifact(kind: .file, digest: Digest(of: bytes), size: Int64(count))))
    }
  }

  @Test(arguments: StoreKind.allCases)
  func whatWasNeverPutIsMissing(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let digest = Digest(of: "never")
    #expect(try store.bytes(digest) == nil)
    #expect(try store.size(digest) == nil)
    #expect(try store.tree(digest) == nil)
    #expect(try store.result(for: digest) == nil)
    #expect(try store.fact("never") == nil)
    for artifactKind in [Artifact.Kind.file, .folder] {
      let artifact = Artifact(kind: artifactKind, digest: digest, size: 5)
      let target = kitchen.folder.appending("target")
      #expect(try !store.contains(artifact))
      #expect(try !store.materialise(artifact, at: target))
      #expect(try store.plainCopy(artifact) == nil)
      #expect(try Files.names(in: kitchen.folder).filter { $0 != "cache" } == [])
    }
  }

  @Test(arguments: StoreKind.allCases, [0, 10, (4 << 20) + 17])
  func filesComeBack(kind: StoreKind, count: Int) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let path = try kitchen.write("input", rows(count), mode: 0o755)
    let artifact = try store.putFile(path)
    #expect(artifact == Artifact(kind: .file, digest: Digest(of: rows(count)), size: Int64(count)))
    let target = kitchen.folder.appending("out")
    #expect(try store.materialise(artifact, at: target))
    #expect(try Files.read(target) == rows(count))
    #expect(Kitchen.mode(target) == 0o644)
    #expect(Kitchen.time(target) == 315_532_800)
    #expect(throws: Problem.self) { try store.materialise(artifact, at: target) }
    #expect(try Files.names(in: kitchen.folder).filter { $0.contains("tmp") } == [])
  }

  @Test(arguments: StoreKind.allCases)
  func streamsInOrder(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let bytes = noise(13 << 20)
    let digest = try store.put(bytes)
    var received: [UInt8] = []
    #expect(try store.stream(digest) { received.append(contentsOf: $0) })
    #expect(received == bytes)
  }

  @Test(arguments: StoreKind.allCases)
  func foldersComeBack(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    try kitchen.write("in/a.txt", "hello\n")
    try kitchen.write("in/run.sh", "#!/bin/sh\n", mode: 0o755)
    try kitchen.write("in/sub/deep/é 😀.jsonl", rows(5_000_000))
    try Files.makeFolder(kitchen.folder.appending("in/empty"))
    symlink("../a.txt", kitchen.folder.appending("in/sub/link").string)
    let artifact = try store.putFolder(kitchen.folder.appending("in"))
    #expect(artifact.kind == .folder)
    #expect(artifact.size == 5_000_016)
    #expect(try store.contains(artifact))
    try store.commit()
    #expect(try store.contains(artifact))

    let target = kitchen.folder.appending("out")
    #expect(try store.materialise(artifact, at: target))
    #expect(try store.putFolder(target) == artifact)
    #expect(Kitchen.mode(target) == 0o755)
    #expect(Kitchen.mode(target.appending("run.sh")) == 0o755)
    #expect(Kitchen.mode(target.appending("a.txt")) == 0o644)
    #expect(Kitchen.time(target.appending("sub")) == 315_532_800)
    #expect(Kitchen.time(target.appending("sub/link")) == 315_532_800)
    #expect(Files.kind(target.appending("sub/link")) == .link)
    #expect(try Files.names(in: target.appending("empty")) == [])
  }

  @Test(arguments: StoreKind.allCases)
  func aFolderWithoutAllItsPartsIsMissing(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let inner = Tree([
      .init(name: "gone", entry: .file(Digest(of: "gone"), size: 4, isExecutable: false))
    ])
    let innerDigest = try store.put(inner.document.canonicalBytes)
    let outer = Tree([.init(name: "inner", entry: .folder(innerDigest, size: 4))])
    let artifact = Artifact(
      kind: .folder, digest: try store.put(outer.document.canonicalBytes), size: 4)
    #expect(try !store.contains(artifact))
    #expect(try store.missing(among: [artifact]) == [artifact])
    let target = kitchen.folder.appending("out")
    #expect(try !store.materialise(artifact, at: target))
    #expect(!Files.exists(target))
    #expect(try store.plainCopy(artifact) == nil)
    try store.put(Array("gone".utf8))
    #expect(try store.contains(artifact))
    #expect(try store.materialise(artifact, at: target))
  }

  @Test(arguments: StoreKind.allCases)
  func aFileIsNoFolderThoughTheirBytesAreTheSame(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let bytes = Tree([]).document.canonicalBytes
    let digest = try store.put(bytes)
    let file = try #require(
      try store.plainCopy(Artifact(kind: .file, digest: digest, size: Int64(bytes.count))))
    let folder = try #require(
      try store.plainCopy(Artifact(kind: .folder, digest: digest, size: 0)))
    #expect(Files.kind(file) == .file(isExecutable: false))
    #expect(Files.kind(folder) == .folder)
  }

  @Test(arguments: StoreKind.allCases)
  func manyAreAskedForAtOnce(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    var results: [Digest: ActionResult] = [:]
    var artifacts: [Artifact] = []
    for number in 0..<1_500 {
      let text = "output \(number)"
      let artifact = Artifact(
        kind: .file, digest: try store.put(Array(text.utf8)), size: Int64(text.utf8.count))
      artifacts.append(artifact)
      let key = Digest(of: "key \(number)")
      results[key] = ActionResult(outputs: ["main": artifact])
      try store.keep(ActionResult(outputs: ["main": artifact]), for: key)
      if number == 700 { try store.commit() }
    }
    let lost = Artifact(kind: .file, digest: Digest(of: "lost"), size: 4)
    let keys = Array(results.keys) + [lost.digest]
    #expect(try store.results(for: keys) == results)
    #expect(try store.missing(among: artifacts + [lost]) == [lost])
    try store.commit()
    #expect(try store.results(for: keys) == results)
    #expect(try store.missing(among: artifacts + [lost]) == [lost])
    #expect(try store.results(for: []) == [:])
  }

  @Test(arguments: StoreKind.allCases)
  func theNewestResultCounts(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let key = Digest(of: "key")
    let first = ActionResult(
      outputs: [
        "a": Artifact(kind: .file, digest: Digest(of: "a"), size: 1),
        "b": Artifact(kind: .folder, digest: Digest(of: "b"), size: 0),
      ], log: Digest(of: "log"), isSandboxed: false, recording: Digest(of: "recording"),
      seconds: 1.25, peakMemory: 1 << 40)
    let second = ActionResult(outputs: [:], seconds: 2)
    try store.keep(first, for: key)
    #expect(try store.result(for: key) == first)
    try store.commit()
    #expect(try store.result(for: key) == first)
    try store.keep(second, for: key)
    #expect(try store.result(for: key) == second)
    try store.commit()
    #expect(try store.result(for: key) == second)
  }

  @Test(arguments: StoreKind.allCases)
  func stampsAndFactsAreRemembered(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let stamp = FileStamp(device: .max, inode: 2, size: 3, modified: -4, changed: 5)
    let other = FileStamp(device: .max, inode: 2, size: 3, modified: -4, changed: 6)
    let artifact = Artifact(kind: .folder, digest: Digest(of: "x"), size: 7)
    let path: FilePath = "/some/where"
    for _ in 0..<2 {
      try store.remember(artifact, of: path, stamp: stamp)
      try store.setFact("tool", ["version": "1.2"])
      for _ in 0..<2 {
        #expect(try store.knownDigest(of: path, stamp: stamp) == artifact)
        #expect(try store.knownDigest(of: path, stamp: other) == nil)
        #expect(try store.knownDigest(of: "/else", stamp: stamp) == nil)
        #expect(try store.fact("tool") == ["version": "1.2"])
        try store.commit()
      }
      try store.setFact("tool", "none")
      #expect(try store.fact("tool") == "none")
    }
  }

  @Test(arguments: StoreKind.allCases)
  func aLeaseIsHeldByOne(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let other = try kitchen.store(kind)
    let key = Digest(of: "key")
    let lease = try #require(try store.tryLease(key))
    #expect(try other.tryLease(key) == nil)
    #expect(try other.tryLease(Digest(of: "another")) != nil)
    var waits = 0
    #expect(throws: CancellationError.self) {
      try other.lease(key) {
        waits += 1
        if waits == 3 { throw CancellationError() }
      }
    }
    lease.release()
    lease.release()
    var second: Lease? = try other.lease(key) { Issue.record("nobody holds it") }
    #expect(second != nil)
    #expect(try store.tryLease(key) == nil)
    second = nil
    #expect(try store.tryLease(key) != nil)
  }

  @Test(arguments: StoreKind.allCases)
  func workFoldersAreNew(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let a = try store.makeWorkFolder()
    let b = try store.makeWorkFolder()
    #expect(a != b)
    #expect(try Files.names(in: a) == [])
    #expect(Files.kind(b) == .folder)
  }

  @Test(arguments: StoreKind.allCases)
  func manyThreadsPutAndCommit(kind: StoreKind) async throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          try await inThread {
            for round in 0..<30 {
              // Every fourth is put by all of them.
              let text = round % 4 == 0 ? "shared \(round)" : "own \(worker) \(round)"
              let digest = try store.put(Array(text.utf8))
              let artifact = Artifact(kind: .file, digest: digest, size: Int64(text.utf8.count))
              try store.keep(
                ActionResult(outputs: ["main": artifact]), for: Digest(of: "key \(text)"))
              #expect(try store.bytes(digest) == Array(text.utf8))
              if round % 3 == 0 { try store.commit() }
              #expect(try store.contains(artifact))
              #expect(try store.result(for: Digest(of: "key \(text)")) != nil)
            }
            try store.commit()
          }
        }
      }
      try await group.waitForAll()
    }
    let reopened = try kitchen.store(kind)
    for worker in 0..<8 {
      for round in 0..<30 {
        let text = round % 4 == 0 ? "shared \(round)" : "own \(worker) \(round)"
        #expect(try reopened.bytes(Digest(of: text)) == Array(text.utf8))
        #expect(try reopened.result(for: Digest(of: "key \(text)")) != nil)
      }
    }
  }
}

/// Runs blocking work on a thread of its own.
func inThread(_ work: @escaping @Sendable () throws -> Void) async throws {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Result(catching: work)) }.start()
  }
}
