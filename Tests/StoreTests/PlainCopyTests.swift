import Digests
import Files
import Foundation
import Problems
import Store
import SystemPackage
import Testing

@Suite struct PlainCopyTests {
  @Test(arguments: StoreKind.allCases)
  func aFileIsReadOnlyAndMadeOnce(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let artifact = Artifact(kind: .file, digest: try store.put(Array("abc".utf8)), size: 3)
    let path = try #require(try store.plainCopy(artifact))
    #expect(try Files.readText(path) == "abc")
    #expect(Kitchen.mode(path) == 0o444)
    #expect(Kitchen.time(path) == 315_532_800)
    let stamp = FileStamp(path)
    #expect(try store.plainCopy(artifact) == path)
    #expect(FileStamp(path) == stamp)
  }

  @Test(arguments: StoreKind.allCases)
  func aFolderIsReadOnlyAndCanBeRemoved(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    try kitchen.write("in/sub/a", "abc")
    try kitchen.write("in/run", "abc", mode: 0o755)
    symlink("run", kitchen.folder.appending("in/link").string)
    let artifact = try store.putFolder(kitchen.folder.appending("in"))
    let path = try #require(try store.plainCopy(artifact))
    #expect(Kitchen.mode(path) == 0o555)
    #expect(Kitchen.mode(path.appending("sub")) == 0o555)
    #expect(Kitchen.mode(path.appending("sub/a")) == 0o444)
    #expect(Kitchen.mode(path.appending("run")) == 0o555)
    #expect(Kitchen.time(path) == 315_532_800)
    let stamp = FileStamp(path)
    #expect(try store.plainCopy(artifact) == path)
    #expect(FileStamp(path) == stamp)
    try Files.remove(path)
    #expect(try store.plainCopy(artifact) == path)
    #expect(try store.putFolder(path) == artifact)
  }

  @Test(arguments: StoreKind.allCases, [true, false])
  func aChangedFileIsMadeAnew(kind: StoreKind, keepsStampAlike: Bool) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let artifact = Artifact(kind: .file, digest: try store.put(Array("abc".utf8)), size: 3)
    let path = try #require(try store.plainCopy(artifact))
    chmod(path.string, 0o644)
    try Files.write(Array("abd".utf8), to: path)
    chmod(path.string, 0o444)
    if keepsStampAlike {
      let times = [
        timespec(tv_sec: 315_532_800, tv_nsec: 0), timespec(tv_sec: 315_532_800, tv_nsec: 0),
      ]
      utimensat(AT_FDCWD, path.string, times, 0)
    }
    #expect(try store.plainCopy(artifact) == path)
    #expect(try Files.readText(path) == "abc")
    #expect(Kitchen.mode(path) == 0o444)
  }

  @Test(arguments: StoreKind.allCases)
  func aChangedFolderIsMadeAnew(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    try kitchen.write("in/sub/a", "abc")
    let artifact = try store.putFolder(kitchen.folder.appending("in"))
    let path = try #require(try store.plainCopy(artifact))
    let file = path.appending("sub/a")
    let changes: [(FilePath) throws -> Void] = [
      { _ in try Files.remove(file) },
      { _ in
        chmod(file.string, 0o644)
        try Files.write(Array("abd".utf8), to: file)
      },
      {
        chmod($0.string, 0o755); try Files.write([], to: $0.appending("more"))
      },
      { _ in chmod(file.string, 0o755) },
    ]
    for change in changes {
      chmod(path.appending("sub").string, 0o755)
      try change(path)
      #expect(try store.plainCopy(artifact) == path)
      #expect(try store.putFolder(path) == artifact)
      #expect(Kitchen.mode(path.appending("sub")) == 0o555)
      #expect(Kitchen.mode(file) == 0o444)
    }
  }

  @Test func copiesAreTrustedByTheNextProcessAndByAnother() throws {
    let kitchen = try Kitchen()
    let one = try kitchen.disk()
    let two = try kitchen.disk()
    try kitchen.write("in/a", "abc")
    let file = Artifact(kind: .file, digest: try one.put(Array("abc".utf8)), size: 3)
    let folder = try one.putFolder(kitchen.folder.appending("in"))
    try one.commit()
    for artifact in [file, folder] {
      let path = try #require(try one.plainCopy(artifact))
      let stamp = FileStamp(path)
      #expect(try two.plainCopy(artifact) == path)
      try one.commit()
      #expect(try kitchen.disk().plainCopy(artifact) == path)
      #expect(FileStamp(path) == stamp)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func outputsAreAdoptedWithoutACopy(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let work = try store.makeWorkFolder()
    let file = work.appending("file")
    try Files.write(Array("abc".utf8), to: file, mode: 0o755)
    let folder = work.appending("folder")
    try Files.makeFolder(folder.appending("sub"))
    try Files.write(Array("def".utf8), to: folder.appending("sub/run"), mode: 0o700)
    for (path, artifact) in [
      (file, try store.putFile(file)), (folder, try store.putFolder(folder)),
    ] {
      let inode = FileStamp(path)?.inode
      try store.adopt(path, as: artifact)
      #expect(!Files.exists(path))
      let copy = try #require(try store.plainCopy(artifact))
      #expect(FileStamp(copy)?.inode == inode)
      #expect(Kitchen.mode(copy) == (artifact.kind == .file ? 0o444 : 0o555))
      #expect(Kitchen.time(copy) == 315_532_800)
      if artifact.kind == .folder {
        #expect(Kitchen.mode(copy.appending("sub/run")) == 0o555)
        #expect(try store.putFolder(copy) == artifact)
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func whatIsAlsoElsewhereIsNotAdopted(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let own = try kitchen.write("own", "abc")
    let work = try store.makeWorkFolder()
    let output = work.appending("out")
    #expect(link(own.string, output.string) == 0)
    let artifact = try store.putFile(output)
    try store.adopt(output, as: artifact)
    #expect(!Files.exists(output))
    #expect(Kitchen.mode(own) == 0o644)
    let copy = try #require(try store.plainCopy(artifact))
    #expect(FileStamp(copy)?.inode != FileStamp(own)?.inode)
    #expect(try Files.readText(copy) == "abc")
  }

  @Test func twoProcessesMakeTheSameCopies() async throws {
    let kitchen = try Kitchen()
    let one = try kitchen.disk()
    try kitchen.write("in/sub/a", "abc")
    let folder = try one.putFolder(kitchen.folder.appending("in"))
    let file = Artifact(kind: .file, digest: Digest(of: "abc"), size: 3)
    try one.commit()
    let two = try kitchen.disk()
    let plain = kitchen.cache.appending("plain")
    for _ in 0..<20 {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for store in [one, two, one, two] {
          group.addTask {
            try await inThread {
              for artifact in [folder, file] {
                let path = try #require(try store.plainCopy(artifact))
                let inside = artifact.kind == .file ? path : path.appending("sub/a")
                #expect(try Files.readText(inside) == "abc")
              }
            }
          }
        }
        try await group.waitForAll()
      }
      for name in try Files.names(in: plain) where name.count == 2 {
        try Files.remove(plain.appending(name))
      }
    }
  }
}
