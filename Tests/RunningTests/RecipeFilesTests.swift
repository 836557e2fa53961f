import Digests
import Documents
import Files
import Foundation
import Notebook
import Problems
import Running
import Store
import SystemPackage
import Testing

/// What a commit's `recipe/` holds, and laying it out again.
@Suite struct RecipeFilesTests {
  /// A kitchen in a temporary folder.
  private struct Bench {
    let root: FilePath
    let store = MemoryStore()

    init() throws {
      root = FilePath(FileManager.default.temporaryDirectory.path)
        .appending("larder-files-\(UUID().uuidString)")
      try Files.makeFolder(root.appending("recipes"))
    }

    var kitchen: Kitchen { Kitchen(root: root) }

    func write(_ text: String, to path: String) throws {
      let file = root.pushing(FilePath(path))
      try Files.makeFolder(file.removingLastComponent())
      try Files.write(Array(text.utf8), to: file)
    }

    func read(_ path: FilePath, overrides: Overrides = Overrides()) throws -> Recipe {
      try RecipeReader(library: [:]).read(
        text: try Files.readText(path), path: path, displayPath: path.lastComponent?.string ?? "",
        kitchen: root, overrides: overrides)
    }

    func content(_ path: String, overrides: Overrides = Overrides()) async throws -> [String:
      [UInt8]]
    {
      let recipe = try read(root.pushing(FilePath(path)), overrides: overrides)
      let preparer = Preparer(
        kitchen: kitchen, store: store, options: RunOptions(jobs: 1), report: { _, _ in })
      return RecipeFiles.content(of: try await preparer.prepare(recipe, reach: .look))
    }

    func remove() { try? Files.remove(root) }
  }

  private static func cell(_ id: String, _ inputs: String, _ options: String = "") -> String {
    "```bash {#\(id)}\n#| in: { \(inputs) }\n\(options)#| out: a.txt\ntrue\n```\n"
  }

  private func bench(at main: String) throws -> Bench {
    let bench = try Bench()
    let up = String(repeating: "../", count: main.split(separator: "/").count - 1)
    try bench.write(
      "---\nparams: { least: 3 }\nenvironments: { data: needs.txt }\n---\n"
        + Self.cell("a", "x: \"file:\(up)data/x.txt\", all: \"file:\(up)data\"")
        + Self.cell("b", "o: \"recipe:other/a\"", "#| with: { least: \"${least}\" }\n"), to: main)
    let needs = FilePath(main).removingLastComponent().appending("needs.txt")
    try bench.write("orjson==3.11.4\n", to: needs.string)
    try bench.write("x\n", to: "data/x.txt")
    try bench.write(
      Self.cell("a", "l: \"file:lib.txt\"") + Self.cell("b", "gone: \"file:gone.txt\""),
      to: "recipes/other.md")
    try bench.write("lib\n", to: "recipes/lib.txt")
    return bench
  }

  @Test(arguments: [
    ("recipes/main.md", ["../data", "../data/x.txt", "lib.txt", "needs.txt"]),
    (
      "work/deep/main.md",
      ["../../data", "../../data/x.txt", "../../recipes/lib.txt", "needs.txt"]
    ),
    ("main.md", ["data", "data/x.txt", "needs.txt", "recipes/lib.txt"]),
  ])
  func aRecipeIsLaidOutAgain(main: String, paths: [String]) async throws {
    let first = try bench(at: main)
    let second = try Bench()
    defer {
      first.remove()
      second.remove()
    }
    let overrides = Overrides(assignments: ["least=5"])
    let files = try await first.content(main, overrides: overrides)
    #expect(
      files.keys.sorted() == [
        "files.json", "main.lock", "main.md", "other.lock", "other.md", "parameters.json",
        "place.json",
      ])
    #expect(files["place.json"] == Array("{\"path\":\"\(main)\"}\n".utf8))
    #expect(try RecipeFiles.artifacts(files["files.json"]).keys.sorted() == paths)

    let path = try RecipeFiles.layOut(files, in: second.kitchen) { artifact, path in
      let isWhole = try first.store.materialise(artifact, at: path)
      #expect(isWhole)
    }
    #expect(path == second.root.pushing(FilePath(main)))
    #expect(try Files.readText(second.root.pushing("data/x.txt")) == "x\n")
    let again = try await second.content(main, overrides: RecipeFiles.overrides(of: files))
    #expect(again == files)
  }

  @Test func anOlderRunSaysNoPlace() throws {
    let bench = try Bench()
    defer { bench.remove() }
    let artifact = Artifact(kind: .file, digest: Digest(of: "x"), size: 1)
    let files: [String: [UInt8]] = [
      "main.md": Array("# Main\n".utf8), "main.lock": Array("larder-lock: 1\n".utf8),
      "files.json": JSON.object(["../../../x.txt": artifact.record, "y.txt": artifact.record])
        .canonicalBytes,
    ]
    var placed: [FilePath] = []
    let path = try RecipeFiles.layOut(files, in: bench.kitchen) { placed.append($1) }
    #expect(path == bench.root.pushing("recipes/folder-1/folder-2/main.md"))
    #expect(
      placed == [
        bench.root.appending("x.txt"), bench.root.pushing("recipes/folder-1/folder-2/y.txt"),
      ])
  }

  @Test(arguments: [
    ["main.md": "", "place.json": "{\"path\":\"../main.md\"}"],
    ["main.md": "", "place.json": "{\"path\":\"/main.md\"}"],
    ["main.md": "", "place.json": "{\"path\":\"recipes/other.md\"}"],
    ["main.md": "", "other.md": ""],
    ["main.lock": ""],
    ["main.md": "", "files.json": "[]"],
    ["main.md": "", "files.json": "{\"a\":{\"file\":\"sha256:12\",\"size\":1}}"],
    [
      "main.md": "", "place.json": "{\"path\":\"recipes/main.md\"}",
      "files.json":
        "{\"../../a\":{\"file\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":2}}",
    ],
  ])
  func whatIsNotWholeOrLeavesTheKitchenIsRefused(files: [String: String]) throws {
    let bench = try Bench()
    defer { bench.remove() }
    let problem = #expect(throws: Problem.self) {
      try RecipeFiles.layOut(files.mapValues { Array($0.utf8) }, in: bench.kitchen) { _, _ in
        Issue.record("something was placed")
      }
    }
    #expect(problem?.tier == .damage)
  }
}
