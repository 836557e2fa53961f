import Digests
import Documents
import Experiments
import Files
import Store
import SystemPackage
import Testing

@Suite struct NeedleTests {
  @Test(arguments: [
    (#"{"id":"a-1"}"#, Needle.id("a-1"), true),
    (#"{"id":"a-1"}"#, .id("a"), false),
    (#"{"id":17}"#, .id("17"), true),
    (#"{"id":1.5}"#, .id("1.5"), true),
    (#"{"id":null}"#, .id("null"), false),
    (#"{"text":"a-1"}"#, .id("a-1"), false),
    // A line of rejected.jsonl shows the row.
    (#"{"reason":"links","row":{"id":"a-1"}}"#, .id("a-1"), true),
    (#"{"text":"one two"}"#, .text("e t"), true),
    (#"{"text":"one two"}"#, .text("One"), false),
    (#"{"messages":[{"content":"deep"}]}"#, .text("deep"), true),
    (#"{"deep":"x"}"#, .text("deep"), false),
    (#"{"n":252164800}"#, .text("2164"), true),
    (#"{"text":"a \"b\""}"#, .text(#"a "b""#), true),
    (#"{"text":"caf\u00e9"}"#, .text("café"), true),
    (#"{"id":"\u0061-1"}"#, .id("a-1"), true),
    (#"{"text":"a\/b"}"#, .text("a/b"), true),
  ])
  func findsWhatIsMeantHoweverItIsWritten(_ line: String, _ needle: Needle, _ isMeant: Bool) throws
  {
    let store = MemoryStore()
    let bytes = Array((line + "\n").utf8)
    let artifact = Artifact(kind: .file, digest: try store.put(bytes), size: Int64(bytes.count))
    let sets = RowSets(store, needle: needle)
    let found = try #require(
      try sets.findings(in: artifact, path: "rows.jsonl", label: "rows"))
    #expect(found.rows == 1)
    #expect(found.matches == (isMeant ? 1 : 0))
  }

  @Test func readsAContentOnceAndKeepsTheFirstRowsOnly() throws {
    let store = MemoryStore()
    let lines = (0..<5000).map { #"{"id":"r\#($0)","text":"same"}"# } + ["", "no row: same"]
    let bytes = Array(lines.joined(separator: "\n").utf8)
    let artifact = Artifact(kind: .file, digest: try store.put(bytes), size: Int64(bytes.count))
    let sets = RowSets(store, needle: .text("same"), limit: 3)
    for _ in 0..<3 {
      let found = try #require(
        try sets.findings(in: artifact, path: "rows.jsonl", label: "rows"))
      #expect(found.rows == 5001)
      #expect(found.matches == 5000)
      #expect(found.first.map(\.id) == ["r0", "r1", "r2"])
      #expect(found.first.map(\.line) == [1, 2, 3])
      #expect(found.unreadable == 1)
    }
    #expect(sets.contents == 1)
    #expect(sets.bytes == artifact.size)
  }

  @Test func looksIntoFoldersAndTextsForATextOnly() throws {
    let store = MemoryStore()
    let names = [
      "a.json": "{\n\"x\": \"needle\"\n}", "b.jsonl": #"{"id":"needle"}"#, "c.bin": "needle",
    ]
    let tree = Tree(
      try names.map { name, text in
        Tree.Item(
          name: name,
          entry: .file(
            try store.put(Array(text.utf8)), size: Int64(text.utf8.count), isExecutable: false))
      })
    let folder = Artifact(
      kind: .folder, digest: try store.put(tree.document.canonicalBytes), size: tree.size)
    let text = try RowSets(store, needle: .text("needle")).findings(
      in: folder, path: "files", label: "files")
    #expect(text?.matches == 2)
    #expect(text?.first.map(\.file) == ["a.json", "b.jsonl"])
    #expect(text?.first.first?.line == 2)
    let id = try RowSets(store, needle: .id("needle")).findings(
      in: folder, path: "files", label: "files")
    #expect(id?.matches == 1)
    #expect(id?.rows == 1)
  }

  @Test func saysWhatIsMissing() throws {
    let sets = RowSets(MemoryStore(), needle: .id("a"))
    let artifact = Artifact(kind: .file, digest: .init(of: Array("a".utf8)), size: 1)
    #expect(try sets.findings(in: artifact, path: "rows.jsonl", label: "the rows") == nil)
    #expect(sets.missing == ["the rows"])
    // What the history holds itself is read from there.
    let found = try RowSets(MemoryStore(), needle: .id("a")).findings(
      in: artifact, path: "rows.jsonl", label: "the rows"
    ) { Array(#"{"id":"a"}"#.utf8) }
    #expect(found?.matches == 1)
  }
}
