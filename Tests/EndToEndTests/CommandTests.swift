import Documents
import Foundation
import Testing

/// Each verb as `larder --help` describes it.
@Suite struct CommandTests {
  private static let recipe = """
    # Two steps

    ```text {#words}
    one
    two
    three
    ```

    ```bash {#count}
    #| in: { words: words }
    #| out: { number: number.txt, folder: made/ }
    echo counting
    wc -l < in/words > out/number.txt
    mkdir out/made
    cp in/words out/made/copy.txt
    ```
    """

  private func kitchen(run: Bool = true) throws -> TestKitchen {
    let kitchen = try TestKitchen(["two": CommandTests.recipe])
    if run { #expect(try kitchen.larder("run", "two").exitCode == 0) }
    return kitchen
  }

  @Test func newWritesARecipeThatRuns() throws {
    let kitchen = try TestKitchen()
    let new = try kitchen.larder("new", "notes")
    #expect(new.exitCode == 0)
    #expect(try kitchen.larder("check", "notes").exitCode == 0)
    let run = try kitchen.larder("run", "notes")
    #expect(run.exitCode == 0, "\(run.errors)")
    let again = try kitchen.larder("new", "notes")
    #expect(again.exitCode == 2)
    #expect(again.errors.contains("is there already"))
    #expect(try kitchen.larder("new", "Not Good").exitCode == 2)
    #expect(try kitchen.larder("new", "submission").exitCode == 2)
    #expect(try kitchen.larder("new", "beef").exitCode == 2)
  }

  @Test func planSaysWhatWouldRun() throws {
    let kitchen = try kitchen(run: false)
    let before = try JSON(parsing: try kitchen.larder("plan", "two", "--json").output)
    let states = before["steps"]?.array?.map { $0["state"]?.string ?? "" }
    #expect(states == ["run", "depends"])
    #expect(!kitchen.exists("artifacts/two"))
    try kitchen.larder("run", "two")
    let after = try kitchen.larder("plan", "two")
    #expect(after.output.contains("two: 2 cached, 0 to run"))
    #expect(try kitchen.larder("plan", "two", "--dot").output.contains("\"words\" -> \"count\";"))
  }

  @Test func explainNamesTheChange() throws {
    let kitchen = try kitchen()
    #expect(
      try kitchen.larder("explain", "two", "count").output
        == "count is cached: its key has a result\n")
    try kitchen.write(
      CommandTests.recipe.replacing("three\n", with: "three\nfour\n"), to: "recipes/two.md")
    #expect(
      try kitchen.larder("explain", "two", "words").output.contains("the content of the cell was"))
    let unknown = try kitchen.larder("explain", "two", "cuont")
    #expect(unknown.exitCode == 2)
    #expect(unknown.errors.contains("did you mean `count`?"))
  }

  @Test func logPrintsWhatAStepWrote() throws {
    let kitchen = try kitchen()
    #expect(try kitchen.larder("log", "two", "count").output == "counting\n")
  }

  @Test func outputsOfPastRunsAreRead() throws {
    let kitchen = try kitchen()
    #expect(try kitchen.larder("cat", "two:words").output == "one\ntwo\nthree\n")
    #expect(try kitchen.larder("cat", "@last:count.number").output == "3\n")
    #expect(try kitchen.larder("cat", "two:count.folder/copy.txt").output == "one\ntwo\nthree\n")
    #expect(try kitchen.larder("head", "two:words", "-n", "2").output == "one\ntwo\n")
    #expect(try kitchen.larder("get", "two:count.folder", "-o", "there").exitCode == 0)
    #expect(try kitchen.read("there/copy.txt") == "one\ntwo\nthree\n")
    #expect(try kitchen.larder("get", "two:count.folder", "-o", "there").exitCode == 2)
    let several = try kitchen.larder("cat", "two:count")
    #expect(several.exitCode == 2)
    #expect(several.errors.contains("name one: two:count.folder, two:count.number"))
  }

  @Test(arguments: [
    ("two", "has no `:`"), ("two:", "a part of it is empty"),
    ("two:cuont", "did you mean `count`?"),
    ("two:count.nope", "has no output `nope`"), ("two:count.folder/nope", "has nothing at"),
    ("two:count.folder/../x", "leaves its folder"), ("nope:count", "nope"),
    ("abcdef12:count", "abcdef12"),
    ("two:count.folder", "is a folder"),
  ])
  func wrongTargetsAreRefused(target: String, message: String) throws {
    let result = try kitchen().larder("cat", target)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test func showPrintsTheActionWhoseDigestIsTheKey() throws {
    let kitchen = try kitchen()
    let action = try kitchen.larder("show", "two:count", "--action").output
    let run = try kitchen.larder("run", "two", "--json")
    let digest = try shell("printf %s '\(action.replacing("'", with: "'\\''"))' | sha256sum")
      .prefix(64)
    #expect(run.keys["count"] == "sha256:\(digest)")
    #expect(try kitchen.larder("show", "two").output.contains("status  succeeded"))
  }

  @Test func stepsPrintsTheLibrary() throws {
    let kitchen = try TestKitchen()
    #expect(try kitchen.larder("steps").output.contains("train/lora"))
    #expect(try kitchen.larder("steps", "train/lora").output.contains("lora_alpha"))
    let wrong = try kitchen.larder("steps", "train/lore")
    #expect(wrong.exitCode == 2)
    #expect(wrong.errors.contains("did you mean `train/lora`?"))
  }

  @Test func doctorIsContentHere() throws {
    let result = try TestKitchen().larder("doctor", "--json")
    #expect(result.exitCode == 0, "\(result.output)")
    #expect(try JSON(parsing: result.output).array?.allSatisfy { $0["ok"] == true } == true)
  }

  @Test func theHistoryIsReadByGit() throws {
    let kitchen = try kitchen()
    let git = "git --git-dir=\(kitchen.root.path)/artifacts/history.git"
    #expect(try shell("\(git) fsck --strict 2>&1; echo $?").hasSuffix("0\n"))
    #expect(try shell("\(git) show two/main:result/count/number.txt") == "3\n")
    #expect(try shell("\(git) log --format=%s two/main") == "two: succeeded, 2 ran, 0 cached\n")
  }

  @Test(arguments: [
    ["frobnicate"], ["run"], ["run", "two", "--jobs", "0"], ["run", "two", "--set", "nope=1"],
    ["run", "two", "--until", "nope"], ["run", "missing"], ["run", "two", "--name", "../x"],
    ["run", "two", "--distdir", "/nonexistent"], ["head", "two:words", "-n", "x"],
    ["lock", "two", "words"], ["run", "two", "--executor", "moon"],
  ])
  func aWrongCommandEndsWithTwo(arguments: [String]) throws {
    let result = try kitchen().start(arguments).wait()
    #expect(result.exitCode == 2, "\(result.errors)")
    #expect(!result.errors.isEmpty)
  }

  @Test func jsonOfARefusedRunEndsWithRefused() throws {
    let kitchen = try TestKitchen(["wrong": "```bash {#x}\ntrue\n```\n"])
    let result = try kitchen.larder("run", "wrong", "--json")
    #expect(result.exitCode == 2)
    #expect(result.lines.first?["type"] == "problem")
    #expect(result.lines.first?["line"] == 1)
    #expect(result.end?["status"] == "refused")
  }

  @Test func completionScriptsAndVersion() throws {
    let kitchen = try TestKitchen()
    for name in ["bash", "zsh", "fish"] {
      #expect(try kitchen.larder("--generate-completion-script", name).output.contains("larder"))
    }
    #expect(try kitchen.larder("--version").output.hasPrefix("0."))
    #expect(try kitchen.larder("run", "--help").output.contains("EXAMPLES"))
  }

  @Test func aFolderWithoutRecipesIsNoKitchen() throws {
    let kitchen = try TestKitchen()
    try shell("rmdir \(kitchen.root.path)/recipes")
    let result = try kitchen.larder("run", "x")
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("mkdir recipes"))
  }
}
