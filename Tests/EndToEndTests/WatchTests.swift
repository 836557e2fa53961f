import Documents
import Foundation
import Testing

/// `watch`: what is saved runs.
@Suite struct WatchTests {
  private static let recipe = """
    ```bash {#copy}
    #| in: { text: "file:../data/text.txt" }
    #| out: copy.txt
    cp in/text out/copy.txt
    ```

    ```bash {#twice}
    #| in: { text: copy }
    #| out: twice.txt
    cat in/text in/text > out/twice.txt
    ```
    """

  /// How often a text stands in what the command has printed, waited for.
  private func wait(for text: String, times: Int, in running: Running) throws {
    for _ in 0..<3000 {
      if running.errorText.components(separatedBy: text).count > times { return }
      usleep(20_000)
    }
    try #require(Bool(false), "`\(text)` did not come \(times) times: \(running.errorText)")
  }

  @Test func savedFilesMistakesAndMissingFilesAreFollowed() throws {
    let kitchen = try TestKitchen(["notes": WatchTests.recipe])
    let running = try kitchen.start(["watch", "notes", "--progress", "plain"])
    // The file is not there yet: the mistake is shown, and its making is seen.
    try wait(for: "waiting for a change", times: 1, in: running)
    #expect(running.errorText.contains("which does not exist"))
    try kitchen.write("one\n", to: "data/text.txt")
    try wait(for: "waiting for a change", times: 2, in: running)
    #expect(try kitchen.larder("cat", "notes:twice").output == "one\none\n")

    // Saved as editors do: a new file in its place.
    try kitchen.write("two\n", to: "data/.text.txt.swp")
    try shell("mv '\(kitchen.root.path)/data/.text.txt.swp' '\(kitchen.root.path)/data/text.txt'")
    try wait(for: "data/text.txt changed", times: 1, in: running)
    try wait(for: "waiting for a change", times: 3, in: running)
    #expect(try kitchen.larder("cat", "notes:twice").output == "two\ntwo\n")

    try kitchen.write(
      WatchTests.recipe.replacing("{ text: copy }", with: "{ text: cpoy }"), to: "recipes/notes.md")
    try wait(for: "hint: did you mean `copy`?", times: 1, in: running)
    try wait(for: "waiting for a change", times: 4, in: running)
    try kitchen.write(
      WatchTests.recipe.replacing("in/text in/text", with: "in/text"), to: "recipes/notes.md")
    try wait(for: "waiting for a change", times: 5, in: running)
    #expect(running.errorText.contains("notes: 2 steps, 1 cached, 1 to run"))
    #expect(try kitchen.larder("cat", "notes:twice").output == "two\n")

    kill(running.id, SIGINT)
    #expect(running.wait().exitCode == 130)
    #expect(try processes(with: kitchen.root.path) == "")
  }

  @Test func aSaveStopsTheRunAndStartsTheNext() throws {
    let slow = WatchTests.recipe.replacing(
      "cat in/text in/text", with: "sleep 300; cat in/text in/text")
    let kitchen = try TestKitchen(["notes": slow])
    try kitchen.write("one\n", to: "data/text.txt")
    let running = try kitchen.start(["watch", "notes", "--progress", "plain", "--json"])
    running.waitFor("◐ twice")
    try kitchen.write(WatchTests.recipe, to: "recipes/notes.md")
    running.waitFor("waiting for a change")
    kill(running.id, SIGTERM)
    let result = running.wait()
    #expect(result.exitCode == 130)
    let ends = result.lines.filter { $0["type"] == "end" }
    #expect(ends.map { $0["status"] } == ["interrupted", "succeeded"])
    #expect(ends.last?["cached"] == 1 && ends.last?["ran"] == 1)
  }

  @Test func whatCannotBeWatchedIsRefused() throws {
    let kitchen = try TestKitchen(["notes": WatchTests.recipe])
    let unknown = try kitchen.larder("watch", "note")
    #expect(unknown.exitCode == 2 && unknown.errors.contains("did you mean `notes`?"))
    #expect(try kitchen.larder("watch", "notes", "--jobs", "0").exitCode == 2)
  }
}
