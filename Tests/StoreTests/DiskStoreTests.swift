import Digests
import Documents
import Files
import Foundation
import Problems
import Store
import SystemPackage
import Testing

/// What the store on disk keeps, from one opening to the next and between processes.
@Suite struct DiskStoreTests {
  private static let key = Digest(of: "key")
  private static let result = ActionResult(
    outputs: ["main": Artifact(kind: .file, digest: Digest(of: "abc"), size: 3)], seconds: 0.5)

  @Test func whatIsCommittedIsThereAfterReopening() throws {
    let kitchen = try Kitchen()
    var folder: Artifact?
    do {
      let store = try kitchen.disk()
      try store.put(Array("abc".utf8))
      try store.put(rows(20 << 20))
      try store.keep(Self.result, for: Self.key)
      try store.setFact("tool", 7)
      try kitchen.write("in/a/b", "content")
      folder = try store.putFolder(kitchen.folder.appending("in"))
      try store.commit()
    }
    for writable in [true, false] {
      let store = try kitchen.disk(writable: writable)
      #expect(try store.bytes(Digest(of: "abc")) == Array("abc".utf8))
      #expect(try store.bytes(Digest(of: rows(20 << 20))) == rows(20 << 20))
      #expect(try store.result(for: Self.key) == Self.result)
      #expect(try store.fact("tool") == 7)
      #expect(try folder.map { try store.contains($0) } == true)
    }
  }

  @Test func whatIsNotCommittedIsGoneWithItsProcess() throws {
    let kitchen = try Kitchen()
    do {
      let store = try kitchen.disk()
      try store.put(Array("abc".utf8))
      try store.commit()
      try store.put(Array("lost".utf8))
      try store.keep(Self.result, for: Self.key)
    }
    let store = try kitchen.disk()
    #expect(try store.bytes(Digest(of: "abc")) == Array("abc".utf8))
    #expect(try store.bytes(Digest(of: "lost")) == nil)
    #expect(try store.result(for: Self.key) == nil)
    try store.put(Array("lost".utf8))
    try store.commit()
    #expect(try kitchen.disk().bytes(Digest(of: "lost")) == Array("lost".utf8))
  }

  @Test func anotherProcessSeesWhatIsCommitted() throws {
    let kitchen = try Kitchen()
    let one = try kitchen.disk()
    let two = try kitchen.disk()
    try one.put(Array("abc".utf8))
    try one.keep(Self.result, for: Self.key)
    #expect(try two.bytes(Digest(of: "abc")) == nil)
    try one.commit()
    #expect(try two.bytes(Digest(of: "abc")) == Array("abc".utf8))
    #expect(try two.result(for: Self.key) == Self.result)
    try two.put(Array("abc".utf8))
    try two.put(Array("def".utf8))
    try two.commit()
    #expect(try one.bytes(Digest(of: "def")) == Array("def".utf8))
    #expect(try kitchen.packs().count == 2)
  }

  @Test func aPackIsContinuedByTheNextProcess() throws {
    let kitchen = try Kitchen()
    for number in 0..<5 {
      let store = try kitchen.disk()
      try store.put(Array("blob \(number)".utf8))
      try store.commit()
    }
    #expect(try kitchen.packs().count == 1)
    let store = try kitchen.disk()
    for number in 0..<5 {
      #expect(try store.bytes(Digest(of: "blob \(number)")) != nil)
    }
  }

  @Test func whatIsKnownIsNotWrittenAgain() throws {
    let kitchen = try Kitchen()
    let path = try kitchen.write("large", noise(9 << 20))
    do {
      let store = try kitchen.disk()
      _ = try store.putFile(path)
      try store.put(Array("abc".utf8))
      try store.commit()
    }
    let size = try kitchen.packs().compactMap { FileStamp($0)?.size }.reduce(0, +)
    let store = try kitchen.disk()
    _ = try store.putFile(path)
    try store.put(Array("abc".utf8))
    try store.commit()
    #expect(try kitchen.packs().compactMap { FileStamp($0)?.size }.reduce(0, +) == size)
  }

  @Test func textIsKeptSmall() throws {
    let kitchen = try Kitchen()
    let store = try kitchen.disk()
    _ = try store.putFile(kitchen.write("large", rows(10 << 20)))
    try store.commit()
    let size = try kitchen.packs().compactMap { FileStamp($0)?.size }.reduce(0, +)
    #expect(size < 5 << 20)
  }

  @Test func theIndexIsMadeAgainFromThePacks() throws {
    let kitchen = try Kitchen()
    var folder: Artifact?
    do {
      let store = try kitchen.disk()
      try store.put(Array("abc".utf8))
      try store.put(noise(10 << 20))
      try store.keep(ActionResult(outputs: [:]), for: Self.key)
      try store.keep(Self.result, for: Self.key)
      try kitchen.write("in/a/b", "content")
      folder = try store.putFolder(kitchen.folder.appending("in"))
      try store.commit()
    }
    try kitchen.removeIndex()
    for writable in [false, true, true] {
      let store = try kitchen.disk(writable: writable)
      #expect(try store.bytes(Digest(of: "abc")) == Array("abc".utf8))
      #expect(try store.bytes(Digest(of: noise(10 << 20))) == noise(10 << 20))
      #expect(try store.result(for: Self.key) == Self.result)
      #expect(try folder.map { try store.contains($0) } == true)
      #expect(Files.exists(kitchen.cache.appending("index.sqlite")) == writable)
    }
  }

  @Test func whatAKilledProcessSyncedIsFound() throws {
    let kitchen = try Kitchen()
    do {
      let store = try kitchen.disk()
      try store.put(Array("abc".utf8))
      try store.commit()
    }
    // The index of before, as if the process had died between the pack and the index.
    let index = kitchen.cache.appending("index.sqlite")
    let before = try Files.read(index)
    do {
      let store = try kitchen.disk()
      try store.put(Array("later".utf8))
      try store.keep(Self.result, for: Self.key)
      try store.commit()
    }
    try kitchen.removeIndex()
    try Files.write(before, to: index)
    let store = try kitchen.disk()
    #expect(try store.bytes(Digest(of: "abc")) == Array("abc".utf8))
    #expect(try store.bytes(Digest(of: "later")) == Array("later".utf8))
    #expect(try store.result(for: Self.key) == Self.result)
  }

  @Test func aTornTailIsIgnored() throws {
    let kitchen = try Kitchen()
    do {
      let store = try kitchen.disk()
      try store.put(noise(1_000))
      try store.commit()
      try store.put(noise(1_000, seed: 2))
      try store.commit()
    }
    let pack = try #require(try kitchen.packs().first)
    let whole = try Files.read(pack)
    for cut in [whole.count - 1, whole.count - 999, whole.count - 1_010, whole.count - 1_056] {
      for tail in [[], [UInt8](repeating: 0, count: 5_000)] {
        try kitchen.removeIndex()
        try Files.write(whole[..<cut] + tail, to: pack)
        do {
          let store = try kitchen.disk()
          #expect(try store.bytes(Digest(of: noise(1_000))) == noise(1_000))
          #expect(try store.bytes(Digest(of: noise(1_000, seed: 2))) == nil)
          try store.put(noise(1_000, seed: 3))
          try store.commit()
        }
        let store = try kitchen.disk()
        #expect(try store.bytes(Digest(of: noise(1_000, seed: 3))) == noise(1_000, seed: 3))
      }
    }
  }

  @Test(arguments: ["", "LARDER PACK 1\n", "LARDER PACK 1\n\0\0", "LARDER PACK 1\n\0\0LREC\u{1}"])
  func whatAProcessLeftThatDiedAtOnceIsNoHindrance(content: String) throws {
    let kitchen = try Kitchen()
    _ = try kitchen.disk()
    let name = String(repeating: "0", count: 32) + ".pack"
    try kitchen.write("cache/packs/\(name)", content)
    for _ in 0..<2 {
      let store = try kitchen.disk()
      try store.put(Array("abc".utf8))
      try store.commit()
      #expect(try store.bytes(Digest(of: "abc")) == Array("abc".utf8))
    }
  }

  @Test func whatDeadProcessesWorkedOnIsRemoved() throws {
    let kitchen = try Kitchen()
    let living = try kitchen.disk()
    let used = try living.makeWorkFolder()
    try kitchen.write("cache/work/dead/step/file", "x")
    try kitchen.write("cache/work/gone/step/file", "x")
    try kitchen.write("cache/work/gone.lock", "")
    try kitchen.write("cache/work/alone.lock", "")
    _ = try kitchen.disk()
    #expect(Files.exists(used))
    let left = try Files.names(in: kitchen.cache.appending("work"))
    #expect(left.count == 3)
    #expect(Set(["dead", "gone", "gone.lock", "alone.lock"]).isDisjoint(with: left))
  }

  // MARK: What cannot be opened

  @Test func aNewerStoreIsRefused() throws {
    let kitchen = try Kitchen()
    _ = try kitchen.disk()
    try kitchen.write("cache/VERSION", "LARDER STORE 2\n")
    let newer = #expect(throws: Problem.self) { try kitchen.disk() }
    #expect(newer?.code == "store-newer")
    #expect(newer?.tier == .environment)
    try kitchen.write("cache/VERSION", "something else")
    let strange = #expect(throws: Problem.self) { try kitchen.disk() }
    #expect(strange?.code == "store-version")
    #expect(strange?.tier == .damage)
  }

  @Test func aDamagedIndexIsNamed() throws {
    let kitchen = try Kitchen()
    _ = try kitchen.disk()
    try kitchen.removeIndex()
    try kitchen.write("cache/index.sqlite", noise(8_192))
    let problem = #expect(throws: Problem.self) { try kitchen.disk() }
    #expect(problem?.code == "index-damaged")
    #expect(problem?.tier == .damage)
    #expect(problem?.hint?.contains("remove it") == true)
  }

  @Test func anEmptyIndexIsMadeAgain() throws {
    let kitchen = try Kitchen()
    do {
      let store = try kitchen.disk()
      try store.put(Array("abc".utf8))
      try store.commit()
    }
    try kitchen.removeIndex()
    try kitchen.write("cache/index.sqlite", "")
    #expect(try kitchen.disk().bytes(Digest(of: "abc")) == Array("abc".utf8))
  }

  @Test func aPlaceWhereNoFolderCanBeMadeIsNamed() throws {
    let kitchen = try Kitchen()
    try kitchen.write("cache", "a file")
    let problem = #expect(throws: Problem.self) { try kitchen.disk() }
    #expect(problem?.code == "store-unwritable")
    #expect(problem?.tier == .environment)
  }

  @Test func aStoreOpenedForReadingKeepsNothing() throws {
    let kitchen = try Kitchen()
    let empty = try kitchen.disk(writable: false)
    #expect(!Files.exists(kitchen.cache))
    #expect(try empty.bytes(Digest(of: "abc")) == nil)
    #expect(throws: Problem.self) { try empty.put([1]) }
    #expect(throws: Problem.self) { try empty.setFact("a", 1) }
    #expect(throws: Problem.self) { try empty.tryLease(Self.key) }
    try empty.commit()
  }
}
