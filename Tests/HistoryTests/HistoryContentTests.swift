import Digests
import Files
import Foundation
import History
import Problems
import Store
import SystemPackage
import Testing

@Suite struct HistoryContentTests {
  private func branch() throws -> Branch { try #require(Branch(main)) }

  private func keep(
    _ outputs: [RunContent.Output], in bench: Bench, record: [String: RunContent.Record] = [:]
  ) throws -> ObjectID {
    let content = RunContent(
      recipe: "sample", status: .succeeded, ran: 1, cached: 0, time: 1, larderVersion: "0",
      results: ["step": outputs], record: record)
    let id = try bench.history().commit(content, branch: branch(), store: bench.store).run.id
    #expect(try bench.git("fsck", "--strict").status == 0)
    return id
  }

  private static let limit = 64 << 10

  /// What becomes of a file's bytes.
  @Test(
    arguments: [
      ("empty", [], true), ("text", Array("héllo\n".utf8), true),
      ("64 KiB of text", [UInt8](repeating: 97, count: limit), true),
      ("one byte more", [UInt8](repeating: 97, count: limit + 1), false),
      ("a NUL", [97, 0, 98], false), ("no UTF-8", [0xC3, 0x28], false),
      ("an overlong form", [0xC0, 0x80], false), ("a surrogate", [0xED, 0xA0, 0x80], false),
      ("a cut character", [97, 0xE2, 0x82], false),
      ("a pointer", Pointer(digest: Digest(of: ""), size: 0).bytes, false),
      (
        "an old pointer", Array("version https://hawser.github.com/spec/v1\noid sha256:0\n".utf8),
        false
      ),
      ("almost a pointer", Array("version https://git-lfs.github.com\n".utf8), true),
    ] as [(String, [UInt8], Bool)])
  func filesAreInlineOrPointers(name: String, bytes: [UInt8], isInline: Bool) throws {
    let bench = try Bench()
    let artifact = try bench.store.file(bytes)
    let id = try keep([.init(path: "f", artifact: artifact)], in: bench)
    let kept = try #require(try bench.history().read(id, "result/step/f"))
    if isInline {
      #expect(kept == bytes)
    } else {
      #expect(Pointer(kept) == Pointer(digest: artifact.digest, size: artifact.size))
    }
    #expect(try attributes(bench, "result/step/f") == (isInline ? "unspecified" : "lfs"))
  }

  private func attributes(_ bench: Bench, _ path: String) throws -> String {
    try attributes(bench, [path])[0]
  }

  /// The `filter` of each path, as Git reads the attributes of the newest commit.
  private func attributes(_ bench: Bench, _ paths: [String]) throws -> [String] {
    let root = bench.folder.appending("clone")
    try Files.remove(root)
    try Files.makeFolder(root)
    let file = try bench.git("cat-file", "blob", "sample/main:.gitattributes")
    try Files.write(file.bytes, to: root.appending(".gitattributes"))
    return try paths.map { path in
      let answer = try bench.git(
        "--work-tree", root.string, "-C", root.string, "check-attr", "-z", "filter", "diff",
        "merge",
        "text", "--", path)
      let parts = answer.text.split(separator: "\0").map(String.init)
      let values = stride(from: 2, to: parts.count, by: 3).map { parts[$0] }
      try #require(values.count == 4, "\(answer)")
      #expect(values[3] == "unset", "no text is ever converted")
      #expect(Set(values.prefix(3)).count == 1)
      return values[0]
    }
  }

  @Test func aPointerHasExactlyTheseBytes() throws {
    let text = """
      version https://git-lfs.github.com/spec/v1
      oid sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
      size 3

      """
    let pointer = Pointer(digest: Digest(of: "abc"), size: 3)
    #expect(pointer.bytes == Array(text.utf8))
    #expect(Pointer(Array(text.utf8)) == pointer)
    for wrong in [
      "", text + "\n", String(text.dropLast()), text.replacing("size 3", with: "size 03"),
      text.replacing("size 3", with: "size -3"), text.replacing("sha256:", with: "sha512:"),
      text.replacing("ba78", with: "BA78"), text.replacing("spec/v1", with: "spec/v2"),
    ] {
      #expect(Pointer(Array(wrong.utf8)) == nil)
    }
  }

  @Test func exactlyThePointersHaveTheFilter() throws {
    let bench = try Bench()
    let binary = try bench.store.file([0])
    let text = try bench.store.file("text")
    let pointers = [
      "a.bin", "with space.bin", "star*.bin", "[x].bin", "q?.bin", "\"quoted\".bin",
      "back\\slash.bin",
      "tab\there.bin", "new\nline.bin", "é/ü.bin", "!bang", "#hash", " leading", "trailing ",
      "a/b/c.bin",
    ]
    // Each would be caught by a pattern above that was not escaped.
    let inline = [
      "with", "space.bin", "starfish.bin", "x.bin", "qq.bin", "b/a.bin", "a/b/d.bin", "new", "tab",
    ]
    let id = try keep(
      pointers.map { .init(path: $0, artifact: binary) }
        + inline.map { .init(path: $0, artifact: text) },
      in: bench)
    #expect(
      try attributes(bench, pointers.map { "result/step/" + $0 })
        == pointers.map { _ in "lfs" })
    #expect(
      try attributes(bench, inline.map { "result/step/" + $0 }) == inline.map { _ in "unspecified" }
    )
    for path in pointers {
      #expect(try bench.history().read(id, "result/step/" + path).flatMap { Pointer($0) } != nil)
    }
  }

  @Test(arguments: [1000, 1001])
  func aFolderOfManyFilesIsOnePointer(count: Int) throws {
    let bench = try Bench()
    var files: [String: [UInt8]] = [:]
    for index in 0..<count { files["part-\(index % 10)/\(index).txt"] = Array("\(index)\n".utf8) }
    let folder = try bench.store.folder(files)
    let id = try keep([.init(path: "rows/", artifact: folder)], in: bench)
    let history = try bench.history()
    let entry = try #require(try history.entry(id, "result/step/rows"))
    if count == 1000 {
      #expect(entry.kind == .folder)
      #expect(try history.read(id, "result/step/rows/part-7/7.txt") == Array("7\n".utf8))
      #expect(try history.entries(id, "result/step/rows").count == 10)
    } else {
      #expect(entry.kind == .file(isExecutable: false))
      let bytes = try #require(try history.read(id, "result/step/rows"))
      let size = try #require(try bench.store.size(folder.digest))
      #expect(Pointer(bytes) == Pointer(digest: folder.digest, size: size))
      #expect(try attributes(bench, "result/step/rows") == "lfs")
    }
  }

  /// Folders that Git cannot hold as they are.
  @Test(arguments: [
    "empty/", ".git/config", ".GIT", "git~1", ".git /x", ".g\u{200C}it", ".gitattributes",
    ".gitmodules", "a\\.git",
  ])
  func aFolderThatGitCannotHoldIsAPointer(path: String) throws {
    let bench = try Bench()
    let folder = try bench.store.folder(["inner/\(path)": Array("x".utf8), "beside.txt": [97]])
    let id = try keep([.init(path: "out/", artifact: folder)], in: bench)
    let place = path == "empty/" ? "result/step/out/inner/empty" : "result/step/out/inner"
    let history = try bench.history()
    let bytes = try #require(try history.read(id, place))
    #expect(Pointer(bytes) != nil)
    #expect(try history.read(id, "result/step/out/beside.txt") == [97])
  }

  @Test func anOutputThatGitWouldObeyHasItsNameEscaped() throws {
    let bench = try Bench()
    let id = try keep(
      [.init(path: ".gitattributes", artifact: try bench.store.file("* text"))], in: bench)
    #expect(try bench.history().read(id, "result/step/%2Egitattributes") == Array("* text".utf8))
  }

  @Test func namesThatOnlyLookEqualAreTwoFiles() throws {
    let bench = try Bench()
    let id = try keep(
      [
        .init(path: "\u{E9}", artifact: try bench.store.file("one")),
        .init(path: "e\u{301}", artifact: try bench.store.file("two")),
      ], in: bench)
    let history = try bench.history()
    #expect(try history.entries(id, "result/step").count == 2)
    #expect(try history.read(id, "result/step/\u{E9}") == Array("one".utf8))
    #expect(try history.read(id, "result/step/e\u{301}") == Array("two".utf8))
  }

  @Test func theRecordHasLogsAndRecordings() throws {
    let bench = try Bench()
    let log = try bench.store.file("a line\n")
    let id = try keep(
      [], in: bench,
      record: [
        "logs/step.txt": .artifact(log), "recordings/step": .pointer(log.digest, size: 7),
      ])
    let history = try bench.history()
    #expect(try history.read(id, "record/logs/step.txt") == Array("a line\n".utf8))
    #expect(
      try history.read(id, "record/recordings/step") == Pointer(digest: log.digest, size: 7).bytes)
    #expect(try attributes(bench, "record/recordings/step") == "lfs")
    #expect(try history.run(id)?.resultTree.hex == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
  }

  @Test func inputsArePointers() throws {
    let bench = try Bench()
    var content = try bench.sample()
    let file = try bench.store.file("in")
    let folder = try bench.store.folder(["a": [1]])
    content.inputs = [file, folder]
    let history = try bench.history()
    let id = try history.commit(content, branch: branch(), store: bench.store).run.id
    #expect(
      try history.entries(id, "inputs").map(\.name)
        == [file.digest.hex, folder.digest.hex].sorted())
    #expect(
      try history.read(id, "inputs/\(folder.digest.hex)")
        == Pointer(digest: folder.digest, size: bench.store.size(folder.digest) ?? -1).bytes)
  }

  @Test(arguments: ["/../x", "a/../../x", "./x"])
  func aPathThatLeavesItsFolderIsRefused(path: String) throws {
    let bench = try Bench()
    let output = RunContent.Output(path: path, artifact: try bench.store.file("x"))
    #expect(throws: Problem.self) { try keep([output], in: bench) }
  }

  @Test func outputsInEachOthersWayAreRefused() throws {
    let bench = try Bench()
    let file = try bench.store.file("x")
    #expect(throws: Problem.self) {
      try keep([.init(path: "a", artifact: file), .init(path: "a/b", artifact: file)], in: bench)
    }
  }

  @Test func aBlobThatTheStoreLacksIsNamed() throws {
    let bench = try Bench()
    let file = Artifact(kind: .file, digest: Digest(of: "never put there"), size: 15)
    let problem = try #require(throws: Problem.self) {
      try keep([.init(path: "a.txt", artifact: file)], in: bench)
    }
    #expect(problem.code == "blob-missing")
    #expect(problem.message.contains("result/step/a.txt"))
    #expect(try bench.history().runs().isEmpty)
  }
}
