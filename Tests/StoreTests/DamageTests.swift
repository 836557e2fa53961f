import Digests
import Documents
import Files
import Foundation
import Problems
import Store
import SystemPackage
import Testing

/// Damaged packs: everything wrong is found, nothing wrong is served.
@Suite struct DamageTests {
  private static let blobs = [Array("abc".utf8), rows(300), noise(200)]
  private static let key = Digest(of: "key")
  private static let result = ActionResult(
    outputs: ["main": Artifact(kind: .file, digest: Digest(of: "abc"), size: 3)])

  /// A closed store with one small pack.
  private func fill(_ kitchen: Kitchen) throws -> FilePath {
    let store = try kitchen.disk()
    for blob in Self.blobs { try store.put(blob) }
    try store.keep(Self.result, for: Self.key)
    try store.commit()
    return try #require(try kitchen.packs().first)
  }

  /// Whether each blob is there; a damaged one throws.
  private func check(_ store: any Store) throws -> (found: Int, damaged: Int, missing: Int) {
    var counts = (found: 0, damaged: 0, missing: 0)
    for blob in Self.blobs {
      do {
        let bytes = try store.bytes(Digest(of: blob))
        #expect(bytes == nil || bytes == blob)
        if bytes == nil { counts.missing += 1 } else { counts.found += 1 }
      } catch let problem as Problem where problem.code == "damaged-blob" {
        #expect(problem.tier == .damage)
        #expect(problem.message.contains(Digest(of: blob).hex))
        counts.damaged += 1
      }
    }
    let result = try store.result(for: Self.key)
    #expect(result == nil || result == Self.result)
    return counts
  }

  @Test func everyFlippedByteIsFoundOrHarmless() throws {
    let kitchen = try Kitchen()
    let pack = try fill(kitchen)
    let whole = try Files.read(pack)
    let store = try kitchen.disk(writable: false)
    var damaged = 0
    for index in whole.indices {
      var bytes = whole
      bytes[index] ^= 1 << UInt8(index % 8)
      try Files.write(bytes, to: pack)
      let counts = try check(store)
      #expect(counts.damaged <= 1)
      #expect(counts.missing == 0)
      damaged += counts.damaged
    }
    // Every byte of the three records.
    #expect(damaged > 400)
    try Files.write(whole, to: pack)
    #expect(try check(store).found == 3)
  }

  @Test func everyFlippedByteIsFoundWhenTheIndexIsMadeAgain() throws {
    let kitchen = try Kitchen()
    let pack = try fill(kitchen)
    try kitchen.removeIndex()
    let whole = try Files.read(pack)
    for index in whole.indices {
      var bytes = whole
      bytes[index] ^= 1 << UInt8(index % 8)
      try Files.write(bytes, to: pack)
      let counts = try check(kitchen.disk(writable: false))
      // One record is lost, never those behind it.
      #expect(counts.missing <= 1)
      #expect(counts.damaged == 0)
    }
  }

  /// Flips in the index: an answer is right, missing or an error, never wrong.
  @Test func aFlippedByteOfTheIndexIsFoundOrHarmless() throws {
    let kitchen = try Kitchen()
    _ = try fill(kitchen)
    let stamp = FileStamp(device: 1, inode: 2, size: 3, modified: 4, changed: 5)
    let artifact = Artifact(kind: .file, digest: Digest(of: "abc"), size: 3)
    do {
      let store = try kitchen.disk()
      try store.remember(artifact, of: "/some/where", stamp: stamp)
      try store.setFact("tool", "1.2.3")
      try store.commit()
    }
    let index = kitchen.cache.appending("index.sqlite")
    let whole = try Files.read(index)
    let used = whole.indices.filter { whole[$0] != 0 }
    var wrong = 0
    for position in stride(from: 0, to: used.count, by: 3) {
      var bytes = whole
      bytes[used[position]] ^= 1 << UInt8(position % 8)
      try Files.write(bytes, to: index)
      try Files.remove(FilePath(index.string + "-wal"))
      try Files.remove(FilePath(index.string + "-shm"))
      do {
        let store = try kitchen.disk(writable: false)
        _ = try check(store)
        #expect([nil, artifact].contains(try store.knownDigest(of: "/some/where", stamp: stamp)))
        #expect([nil, "1.2.3"].contains(try store.fact("tool")))
        for blob in Self.blobs {
          #expect([nil, Int64(blob.count)].contains(try store.size(Digest(of: blob))))
        }
      } catch let problem as Problem {
        #expect(["index-damaged", "damaged-blob", "store-newer"].contains(problem.code))
        wrong += 1
      }
    }
    #expect(wrong > 0)
  }

  @Test func everyTruncationIsFound() throws {
    let kitchen = try Kitchen()
    let pack = try fill(kitchen)
    let whole = try Files.read(pack)
    let store = try kitchen.disk(writable: false)
    for length in stride(from: 0, to: whole.count, by: 7) {
      try Files.write(whole[..<length], to: pack)
      _ = try check(store)
    }
  }

  @Test func damagedBlobsAreMissingUntilTheyArePutAgain() throws {
    let kitchen = try Kitchen()
    let pack = try fill(kitchen)
    var bytes = try Files.read(pack)
    let blob = noise(200)
    let artifact = Artifact(kind: .file, digest: Digest(of: blob), size: 200)
    let start = try #require(bytes.firstRange(of: blob)).lowerBound
    bytes[start + 20] ^= 4
    try Files.write(bytes, to: pack)

    let store = try kitchen.disk()
    #expect(try store.contains(artifact))
    let target = kitchen.folder.appending("out")
    for _ in 0..<2 {
      #expect(throws: Problem.self) { try store.materialise(artifact, at: target) }
      #expect(throws: Problem.self) { try store.plainCopy(artifact) }
      #expect(try Files.names(in: kitchen.folder) == ["cache"])
      #expect(try !store.contains(artifact))
      #expect(try store.size(artifact.digest) == nil)
    }
    try store.put(blob)
    #expect(try store.bytes(artifact.digest) == blob)
    try store.commit()
    #expect(try store.contains(artifact))
    #expect(try kitchen.disk().bytes(artifact.digest) == blob)
  }

  @Test(arguments: [true, false])
  func aPackThatIsGoneOrCutOffIsNoted(isGone: Bool) throws {
    let kitchen = try Kitchen()
    let pack = try fill(kitchen)
    let artifact = Artifact(kind: .file, digest: Digest(of: noise(200)), size: 200)
    if isGone {
      try Files.remove(pack)
    } else {
      try Files.write(try Files.read(pack)[..<200], to: pack)
    }
    for _ in 0..<2 {
      let store = try kitchen.disk()
      #expect(try !store.contains(artifact))
      let problem = #expect(throws: Problem.self) { try store.bytes(artifact.digest) }
      #expect(problem?.tier == .damage)
    }
    let store = try kitchen.disk()
    for blob in Self.blobs { try store.put(blob) }
    try store.commit()
    #expect(try check(kitchen.disk()).found == 3)
    try kitchen.removeIndex()
    #expect(try check(kitchen.disk()).found == 3)
  }

  @Test func aDamagedPieceIsFoundAndPutAgain() throws {
    let kitchen = try Kitchen()
    let path = try kitchen.write("large", noise(9 << 20))
    var artifact: Artifact?
    do {
      let store = try kitchen.disk()
      artifact = try store.putFile(path)
      try store.commit()
    }
    let large = try #require(artifact)
    let pack = try #require(try kitchen.packs().first)
    var bytes = try Files.read(pack)
    bytes[5 << 20] ^= 1
    try Files.write(bytes, to: pack)
    let store = try kitchen.disk()
    let target = kitchen.folder.appending("out")
    #expect(throws: Problem.self) { try store.materialise(large, at: target) }
    #expect(!Files.exists(target))
    #expect(try !store.contains(large))
    _ = try store.putFile(path)
    #expect(try store.contains(large))
    #expect(try store.materialise(large, at: target))
    #expect(try Files.read(target) == noise(9 << 20))
  }

  /// A blob that contains a pack must not bring its records in when the index is made again.
  @Test func recordsInsideABlobAreNotTakenForRecords() throws {
    let kitchen = try Kitchen()
    let other = try Kitchen()
    let store = try other.disk()
    let forged = ActionResult(outputs: ["main": Artifact(kind: .file, digest: Self.key, size: 1)])
    try store.keep(forged, for: Self.key)
    try store.commit()
    let content = try Files.read(try #require(try other.packs().first))
    do {
      let store = try kitchen.disk()
      try store.put(content + noise(100_000))
      try store.commit()
    }
    let pack = try #require(try kitchen.packs().first)
    var bytes = try Files.read(pack)
    bytes[16] ^= 1
    try Files.write(bytes, to: pack)
    try kitchen.removeIndex()
    #expect(try kitchen.disk().result(for: Self.key) == nil)
  }
}
