import Digests
import Documents
import Files
import Foundation
import Problems
import Store
import SystemPackage
import Testing

@Suite struct TreeTests {
  private static let golden =
    #"{"entries":[{"file":"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","name":"B","size":3},{"executable":"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","name":"a","size":3},{"folder":"sha256:fedc0a8620ee2dc838cba3bca368cd97aee9e744ce572cf04fe08013c03e79a0","name":"empty","size":0},{"link":"a","name":"é"}],"larder":"tree/1"}"#

  @Test(arguments: StoreKind.allCases)
  func theGoldenFolder(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    // Made twice, in another order, with other rights and times.
    for (folder, order, mode) in [
      ("one", ["a", "B"], UInt32(0o644)), ("two", ["B", "a"], UInt32(0o600)),
    ] {
      let path = kitchen.folder.appending(folder)
      try Files.makeFolder(path)
      if folder == "two" { symlink("a", path.appending("é").string) }
      for name in order {
        try kitchen.write("\(folder)/\(name)", "abc", mode: name == "a" ? mode | 0o100 : mode)
      }
      try Files.makeFolder(path.appending("empty"))
      if folder == "one" { symlink("a", path.appending("é").string) }
      chmod(path.appending("empty").string, folder == "one" ? 0o755 : 0o700)
      let artifact = try store.putFolder(path)
      #expect(artifact.size == 6)
      #expect(
        artifact.digest.hex == "66e25eb84fb15a7228d7faf393927b1a6d519d99fb3ae6e204418ddc5aff1c24")
      #expect(try store.bytes(artifact.digest) == Array(Self.golden.utf8))
      #expect(try store.tree(artifact.digest)?.document.canonicalText == Self.golden)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func hardLinksBecomeFiles(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let a = try kitchen.write("in/a", "same")
    link(a.string, kitchen.folder.appending("in/b").string)
    try kitchen.write("copy/a", "same")
    try kitchen.write("copy/b", "same")
    #expect(
      try store.putFolder(kitchen.folder.appending("in"))
        == store.putFolder(kitchen.folder.appending("copy")))
  }

  @Test(arguments: [
    ("/etc/passwd", "link-outside"), ("..", "link-outside"), ("../x", "link-outside"),
    ("sub/../../x", "link-outside"), ("sub/..", "link-outside"), ("./..", "link-outside"),
  ])
  func linksThatMayLeaveAreRefused(target: String, code: String) throws {
    let kitchen = try Kitchen()
    try kitchen.write("in/file", "x")
    symlink(target, kitchen.folder.appending("in/link").string)
    for kind in StoreKind.allCases {
      let problem = #expect(throws: Problem.self) {
        try kitchen.store(kind).putFolder(kitchen.folder.appending("in"))
      }
      #expect(problem?.code.text == code)
      #expect(problem?.tier == .user)
    }
  }

  @Test(arguments: ["file", ".", "sub/x", "./file", "missing"])
  func linksInsideAreKept(target: String) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.disk()
    try kitchen.write("in/file", "x")
    symlink(target, kitchen.folder.appending("in/link").string)
    let artifact = try store.putFolder(kitchen.folder.appending("in"))
    #expect(try store.tree(artifact.digest)?.items.last?.entry == .link(target: target))
  }

  @Test func whatATreeCannotSayIsRefused() throws {
    let kitchen = try Kitchen()
    func code(_ make: (FilePath) throws -> Void) throws -> [String] {
      let folder = kitchen.folder.appending("in")
      try Files.remove(folder)
      try Files.makeFolder(folder)
      try make(folder)
      return StoreKind.allCases.map { kind in
        let problem = #expect(throws: Problem.self) { try kitchen.store(kind).putFolder(folder) }
        #expect(problem?.tier == .user)
        return problem?.code.text ?? ""
      }
    }
    #expect(
      try code { mkfifo($0.appending("pipe").string, 0o600) } == ["special-file", "special-file"])
    #expect(
      try code {
        try Files.write([], to: $0.appending("Name"))
        try Files.write([], to: $0.appending("name"))
      } == ["case-collision", "case-collision"])
    #expect(
      try code {
        try Files.write([], to: $0.appending("e\u{301}"))
        try Files.write([], to: $0.appending("\u{e9}"))
      } == ["case-collision", "case-collision"])
    var name: [CChar] = []
    #expect(
      try code { folder in
        name = Array((folder.string + "/x").utf8CString)
        name[name.count - 2] = CChar(bitPattern: 0xFF)
        close(creat(name, 0o600))
      } == ["file-name", "file-name"])
    unlink(name)
    for kind in StoreKind.allCases {
      let file = try kitchen.write("file", "x")
      #expect(throws: Problem.self) { try kitchen.store(kind).putFolder(file) }
      #expect(throws: Problem.self) { try kitchen.store(kind).putFile(kitchen.folder) }
      #expect(throws: Problem.self) {
        try kitchen.store(kind).putFile(kitchen.folder.appending("none"))
      }
    }
  }

  private static let content = "sha256:" + Digest(of: "abc").hex

  @Test(arguments: [
    "", "{}", #"{"entries":[],"larder":"tree/2"}"#,
    #"{"entries":[{"name":"a"}],"larder":"tree/1"}"#,
    #"{"entries":[{"file":"\#(content)","name":"..","size":3}],"larder":"tree/1"}"#,
    #"{"entries":[{"file":"\#(content)","name":"a/b","size":3}],"larder":"tree/1"}"#,
    #"{"entries":[{"file":"\#(content)","name":"","size":3}],"larder":"tree/1"}"#,
    #"{"entries":[{"file":"\#(content)","name":"a\u0000","size":3}],"larder":"tree/1"}"#,
    #"{"entries":[{"file":"\#(content)","name":"a","size":-3}],"larder":"tree/1"}"#,
    #"{"entries":[{"link":"x","name":"b"},{"link":"x","name":"a"}],"larder":"tree/1"}"#,
    #"{"entries":[{"link":"x","name":"a"},{"link":"x","name":"a"}],"larder":"tree/1"}"#,
    #"{"entries":[{"link":"x","name":"A"},{"link":"x","name":"a"}],"larder":"tree/1"}"#,
  ])
  func wrongTreeObjectsAreRefused(text: String) {
    #expect(throws: Problem.self) { try Tree(parsing: Array(text.utf8)) }
  }

  @Test(arguments: StoreKind.allCases)
  func aTreeThatWouldLinkOutsideIsNotWritten(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let tree = Tree([.init(name: "link", entry: .link(target: "../../etc"))])
    let artifact = Artifact(
      kind: .folder, digest: try store.put(tree.document.canonicalBytes), size: 0)
    let target = kitchen.folder.appending("out")
    #expect(throws: Problem.self) { try store.materialise(artifact, at: target) }
    #expect(throws: Problem.self) { try store.plainCopy(artifact) }
    #expect(try Files.names(in: kitchen.folder).filter { $0 != "cache" } == [])
  }

  @Test(arguments: StoreKind.allCases)
  func aTreeThatLiesAboutASizeIsNotWritten(kind: StoreKind) throws {
    let kitchen = try Kitchen()
    let store = try kitchen.store(kind)
    let digest = try store.put(Array("abc".utf8))
    let tree = Tree([.init(name: "a", entry: .file(digest, size: 4, isExecutable: false))])
    let artifact = Artifact(
      kind: .folder, digest: try store.put(tree.document.canonicalBytes), size: 4)
    let target = kitchen.folder.appending("out")
    #expect(throws: Problem.self) { try store.materialise(artifact, at: target) }
    #expect(!Files.exists(target))
  }
}
