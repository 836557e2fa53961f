import Documents
import Foundation
import Testing

/// Recipes that use the steps and the past results of others.
@Suite struct JoiningTests {
  private static let notes = """
    ```text {#words}
    b
    a
    ```

    ```bash {#sorted}
    #| in: { words: words, extra: "file:../data/extra.txt" }
    #| out: { rows: rows.txt, all: all/ }
    mkdir out/all out/all/empty
    sort in/words in/extra | tee out/all/rows.txt > out/rows.txt
    ln -s rows.txt out/all/link
    printf '#!/bin/sh\\n' > out/all/tool.sh
    chmod +x out/all/tool.sh
    ```

    ```bash {#unneeded}
    #| out: a.txt
    echo n > out/a.txt
    ```
    """

  private static let top = """
    ```bash {#count}
    #| in: { rows: "recipe:notes/sorted.rows" }
    #| out: n.txt
    wc -l < in/rows > out/n.txt
    ```
    """

  private static let past = """
    ```bash {#count}
    #| in: { rows: "run:notes:sorted.rows", all: "run:notes:sorted.all" }
    #| out: n.txt
    wc -l < in/rows > out/n.txt
    test -L in/all/link && test -x in/all/tool.sh && test -d in/all/empty
    ```
    """

  private func kitchen() throws -> TestKitchen {
    let kitchen = try TestKitchen(["notes": Self.notes, "top": Self.top, "past": Self.past])
    try kitchen.write("c\n", to: "data/extra.txt")
    return kitchen
  }

  // MARK: recipe:

  @Test func aRecipeSharesTheResultsOfTheOneThatItNames() throws {
    let kitchen = try kitchen()
    let notes = try kitchen.larder("run", "notes", "--json")
    #expect(notes.exitCode == 0, "\(notes.errors)")
    let top = try kitchen.larder("run", "top", "--json")
    #expect(top.exitCode == 0, "\(top.errors)")
    #expect(
      top.steps == ["notes/words": "cached", "notes/sorted": "cached", "count": "ran"])
    #expect(top.keys["notes/sorted"] == notes.keys["sorted"])
    #expect(try kitchen.read("artifacts/top/count/n.txt") == "3\n")
    #expect(try kitchen.read("artifacts/top/notes/sorted/rows.txt") == "a\nb\nc\n")
    #expect(try kitchen.larder("cat", "top:notes/sorted.rows").output == "a\nb\nc\n")
    #expect(try kitchen.larder("cat", "top:notes/sorted.all/tool.sh").output == "#!/bin/sh\n")
    let shown = try kitchen.larder("show", "top:notes/sorted", "--action")
    #expect(try kitchen.larder("show", "notes:sorted", "--action").output == shown.output)
    let git = "git --git-dir='\(kitchen.root.path)/artifacts/history.git'"
    #expect(
      try shell("\(git) ls-tree -r --name-only top/main actions recipe")
        == """
        actions/count.json
        actions/notes/sorted.json
        actions/notes/words.json
        recipe/files.json
        recipe/notes.lock
        recipe/notes.md
        recipe/parameters.json
        recipe/place.json
        recipe/top.lock
        recipe/top.md

        """)
    #expect(
      try shell("\(git) rev-parse top/main:result/notes/sorted")
        == shell("\(git) rev-parse notes/main:result/sorted"))
    #expect(
      try shell("\(git) show top/main:recipe/place.json") == "{\"path\":\"recipes/top.md\"}\n")
    #expect(
      try JSON(parsing: shell("\(git) show top/main:recipe/files.json")).object?.keys.sorted()
        == ["../data/extra.txt"])
  }

  @Test func anEditOfTheOtherRecipeRunsWhatFollows() throws {
    let kitchen = try kitchen()
    try kitchen.larder("run", "top")
    try kitchen.write(Self.notes.replacing("\nb\na", with: "\nb\na\nd"), to: "recipes/notes.md")
    let again = try kitchen.larder("run", "top", "--json", "--explain")
    #expect(again.ran == ["notes/words", "notes/sorted", "count"])
    #expect(try kitchen.read("artifacts/top/count/n.txt") == "4\n")
    let own = try kitchen.larder("run", "notes", "--json")
    #expect(own.ran == ["unneeded"])
  }

  @Test func joinedStepsAreNamedOnTheCommandLine() throws {
    let kitchen = try kitchen()
    let until = try kitchen.larder("run", "top", "--json", "--until", "notes/words")
    #expect(until.steps == ["notes/words": "ran"])
    try kitchen.larder("run", "top")
    let forced = try kitchen.larder("run", "top", "--json", "--force", "notes/sorted")
    #expect(forced.ran == ["notes/sorted"])
    let why = try kitchen.larder("explain", "top", "notes/sorted")
    #expect(why.output == "notes/sorted is cached: its key has a result\n")
    let set = try kitchen.larder("run", "top", "--set", "notes/sorted.x=1")
    #expect(set.exitCode == 2)
    #expect(set.errors.contains("a step of another recipe takes that recipe's defaults"))
    let missing = try kitchen.larder("cat", "top:notes/sort")
    #expect(missing.exitCode == 2)
    #expect(missing.errors.contains("`notes/sorted`"), "\(missing.errors)")
  }

  // MARK: run:

  @Test func aPastResultIsPinned() throws {
    let kitchen = try kitchen()
    let early = try kitchen.larder("run", "past")
    #expect(early.exitCode == 2)
    #expect(early.errors.contains("recipes/past.md:2:"), "\(early.errors)")
    #expect(early.errors.contains("there is no run `notes`"))

    let first = try kitchen.larder("run", "notes", "--json")
    let locked = try kitchen.larder("run", "past", "--locked")
    #expect(locked.exitCode == 2)
    #expect(locked.errors.contains("has no pin in past.lock"))
    #expect(!kitchen.exists("recipes/past.lock"))
    let past = try kitchen.larder("run", "past", "--json")
    #expect(past.exitCode == 0, "\(past.errors)")
    let lock = try kitchen.read("recipes/past.lock")
    let commit = try #require(first.end?["commit"]?.string)
    #expect(lock.contains("  \"notes:sorted.rows\":\n    run: \"\(commit)\"\n    file: \"sha256:"))
    let outputs = first.lines.first { $0["step"] == "sorted" }?["outputs"]
    for output in ["rows", "all"] {
      #expect(lock.contains(try #require(outputs?[output]?.string)))
    }

    // A newer run of the other recipe changes nothing here, until the pin is renewed.
    try kitchen.write("c\nd\n", to: "data/extra.txt")
    let second = try kitchen.larder("run", "notes", "--json")
    let still = try kitchen.larder("run", "past", "--json", "--locked", "--offline")
    #expect(still.ran.isEmpty)
    #expect(try kitchen.read("recipes/past.lock") == lock)
    let renewed = try kitchen.larder("lock", "past", "--update", "count")
    #expect(renewed.exitCode == 0, "\(renewed.errors)")
    #expect(renewed.errors.contains("2 past results"))
    let newer = try kitchen.read("recipes/past.lock")
    #expect(newer.contains(try #require(second.end?["commit"]?.string)))
    #expect(!newer.contains(commit))
    #expect(try kitchen.larder("run", "past", "--json", "--offline").ran == ["count"])
    #expect(try kitchen.read("artifacts/past/count/n.txt") == "4\n")

    // A pin needs the store and no history.
    _ = try shell("rm -rf '\(kitchen.root.path)/artifacts'")
    let alone = try kitchen.larder("run", "past", "--json", "--offline")
    #expect(alone.exitCode == 0, "\(alone.errors)")
    #expect(alone.ran.isEmpty)
  }

  @Test func aFolderThatTheHistoryOnlyPointsToIsPinned() throws {
    let kitchen = try TestKitchen([
      "many": """
      ```bash {#files}
      #| out: files/
      mkdir -p out/files/inner
      for n in $(seq 1001); do echo $n > out/files/inner/$n.txt; done
      ```
      """,
      "one": """
      ```bash {#one}
      #| in: { all: "run:many:files", inner: "run:many:files/inner", last: "run:many:files/inner/7.txt" }
      #| out: n.txt
      (ls in/all/inner | wc -l; ls in/inner | wc -l; cat in/last) > out/n.txt
      ```
      """,
    ])
    let many = try kitchen.larder("run", "many", "--json")
    let one = try kitchen.larder("run", "one", "--json")
    #expect(one.exitCode == 0, "\(one.errors)")
    #expect(try kitchen.read("artifacts/one/one/n.txt") == "1001\n1001\n7\n")
    let lock = try kitchen.read("recipes/one.lock")
    let outputs = many.lines.first { $0["step"] == "files" }?["outputs"]
    let digest = try #require(outputs?["files"]?.string)
    #expect(lock.contains("folder: \"\(digest)\"\n    size: 3898\n"), "\(lock)")
  }

  @Test func aRunWithBothIsReplayed() throws {
    let kitchen = try kitchen()
    try kitchen.larder("run", "notes")
    try kitchen.write(
      """
      ```bash {#both}
      #| in: { all: "run:notes:sorted.all", rows: "recipe:notes/sorted.rows", more: "file:more.txt" }
      #| out: n.txt
      cat in/all/rows.txt in/rows in/more > out/n.txt
      ```
      """, to: "work/deep/both.md")
    try kitchen.write("d\n", to: "work/deep/more.txt")
    let run = try kitchen.larder("run", "work/deep/both.md", "--json")
    #expect(run.exitCode == 0, "\(run.errors)")
    let id = try #require(run.end?["run"]?.string)
    let bundle = try kitchen.larder("bundle", id, "-o", "both.tar.zst")
    #expect(bundle.exitCode == 0, "\(bundle.errors)")
    for arguments in [["replay", id, "--json"], ["replay", "both.tar.zst", "--json"]] {
      let replay = try kitchen.start(arguments).wait()
      #expect(replay.exitCode == 0, "\(replay.output)\(replay.errors)")
      #expect(replay.end?["result"] == run.end?["result"])
      let verdicts = replay.lines.filter { $0["type"] == "step" }.map { $0["verdict"] }
      #expect(verdicts == ["identical", "identical", "identical"])
    }
  }

  @Test func aPinNamesWhatTheStoreLacks() throws {
    let kitchen = try kitchen()
    try kitchen.larder("run", "notes")
    try kitchen.larder("run", "past")
    // The history still holds what is small.
    _ = try shell(
      "chmod -R u+w '\(kitchen.root.path)/cache' && rm -rf '\(kitchen.root.path)/cache'")
    let restored = try kitchen.larder("run", "past", "--json")
    #expect(restored.exitCode == 3, "the empty folder is a pointer: \(restored.errors)")
    #expect(restored.errors.contains("the past result `run:notes:sorted.all` of step `count`"))
    _ = try shell(
      "chmod -R u+w '\(kitchen.root.path)/cache' && rm -rf '\(kitchen.root.path)/cache'")
    try kitchen.write(
      Self.past.replacing(", all: \"run:notes:sorted.all\"", with: "")
        .replacing("test -L", with: "# test -L"), to: "recipes/past.md")
    let small = try kitchen.larder("run", "past", "--json")
    #expect(small.exitCode == 0, "\(small.errors)")
    #expect(try kitchen.read("artifacts/past/count/n.txt") == "3\n")
  }

  @Test(arguments: [
    ("run:notes:sorte.rows", "did you mean `sorted`?"),
    ("run:notes:sorted.row", "did you mean `rows`?"),
    ("run:notes:sorted", "has several outputs"),
    ("run:note:sorted.rows", "did you mean `notes`?"),
    ("run:submission/first:sorted.rows", "there is no submission `first`"),
    ("run:notes:sorted.all/gone", "has nothing at result/sorted/all/gone"),
  ])
  func whatIsNotThereIsSaidWithItsPlace(reference: String, words: String) throws {
    let kitchen = try kitchen()
    try kitchen.larder("run", "notes")
    try kitchen.write(
      "```bash {#a}\n#| in: { a: \"\(reference)\" }\n#| out: a.txt\ntrue\n```\n",
      to: "recipes/wrong.md")
    let result = try kitchen.larder("run", "wrong")
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("recipes/wrong.md:2:13: error:"), "\(result.errors)")
    #expect(result.errors.contains(words), "\(result.errors)")
  }
}
