import Documents
import Foundation
import Testing

/// The first use: run, run again, edit, run what changed.
@Suite struct HelloTests {
  private static let hello = try? String(
    contentsOf: TestKitchen.packageRoot.appending(path: "recipes/hello.md"), encoding: .utf8)

  private func kitchen() throws -> TestKitchen {
    try TestKitchen(["hello": try #require(HelloTests.hello)])
  }

  @Test func theSecondRunDoesNothing() throws {
    let kitchen = try kitchen()
    let first = try kitchen.larder("run", "hello", "--json")
    #expect(first.exitCode == 0, "\(first.errors)")
    #expect(first.ran == ["guests", "rows", "clean", "letter"])
    #expect(first.end?["status"] == "succeeded")
    #expect(
      try kitchen.read("artifacts/hello/letter/letter.txt")
        == """
        Good evening, Ada of London!
        Good evening, Grace of New York!
        Good evening, Katherine of Hampton!

        """)
    let second = try kitchen.larder("run", "hello", "--json")
    #expect(second.exitCode == 0)
    #expect(second.ran.isEmpty)
    #expect(second.end?["cached"] == 4)
    #expect(second.end?["commit"] == first.end?["commit"])
    #expect(second.keys == first.keys)
  }

  @Test func proseAndCommentsRunNothing() throws {
    let kitchen = try kitchen()
    try kitchen.larder("run", "hello")
    let text = try kitchen.read("recipes/hello.md")
    try kitchen.write(
      text.replacing("A first recipe", with: "A very first recipe")
        .replacing("uses: clean\n", with: "# what is on the list twice goes\nuses: clean\n"),
      to: "recipes/hello.md")
    let again = try kitchen.larder("run", "hello", "--json")
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(again.ran.isEmpty)
  }

  @Test func aChangeRunsWhatFollowsAndStopsWhereTheBytesAreTheSame() throws {
    let kitchen = try kitchen()
    try kitchen.larder("run", "hello")
    let text = try kitchen.read("recipes/hello.md")
    try kitchen.write(
      text.replacing("min_response_chars: 10", with: "min_response_chars: 31"),
      to: "recipes/hello.md")
    let longer = try kitchen.larder("run", "hello", "--json", "--explain")
    #expect(longer.ran == ["clean", "letter"])
    #expect(longer.errors.contains("parameter `min_response_chars` was 10, is 31"))
    #expect(longer.errors.contains("input `rows` was"))
    try kitchen.write(
      text.replacing("min_response_chars: 10", with: "min_response_chars: 30"),
      to: "recipes/hello.md")
    let same = try kitchen.larder("run", "hello", "--json")
    #expect(same.ran == ["clean"])
  }

  @Test func theSameKeysAndResultElsewhere() throws {
    let here = try kitchen()
    let there = try kitchen()
    let first = try here.larder("run", "hello", "--json")
    let second = try there.larder(
      "run", "hello", "--json",
      environment: [
        "TZ": "Pacific/Auckland", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8",
        "HOME": "/nonexistent", "USER": "somebody",
      ])
    #expect(second.exitCode == 0, "\(second.errors)")
    #expect(first.keys == second.keys)
    #expect(first.end?["result"] == second.end?["result"])
    #expect(first.end?["result"]?.string?.count == 40)
  }

  @Test func anotherUserGetsTheSameResult() throws {
    guard getuid() == 0 else { return }
    let here = try kitchen()
    let there = try kitchen()
    try shell("chown -R nobody \(there.root.path); chmod 755 \(there.root.path)")
    let first = try here.larder("run", "hello", "--json")
    // The binary may lie where only root may look: hand it over as a copy.
    let copy = there.root.appending(path: "larder-binary")
    // Copied by another process: a program that this one has open for writing cannot be started.
    try shell("cp '\(TestKitchen.binary.path)' '\(copy.path)'; chmod 755 '\(copy.path)'")
    let command =
      "umask 077; exec setpriv --reuid=65534 --regid=65534 --clear-groups env -i "
      + "LD_LIBRARY_PATH=\"$LD_LIBRARY_PATH\" PATH=/usr/bin:/bin ./larder-binary run hello --json"
    let second = try Running(["/bin/sh", "-c", command], folder: there.root).wait()
    #expect(second.exitCode == 0, "\(second.errors)")
    #expect(second.end?["result"] == first.end?["result"])
  }

  @Test func movingTheKitchenRunsNothing() throws {
    let kitchen = try kitchen()
    try kitchen.larder("run", "hello")
    let other = try TestKitchen()
    try shell("rm -rf \(other.root.path); mv \(kitchen.root.path) \(other.root.path)")
    let again = try other.larder("run", "hello", "--json")
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(again.ran.isEmpty)
  }

  @Test func anExperimentHasABranchOfItsOwn() throws {
    let kitchen = try kitchen()
    let main = try kitchen.larder("run", "hello", "--json")
    let other = try kitchen.larder(
      "run", "hello", "--set", "greeting=Hi", "--name", "short", "--note", "shorter", "--json")
    #expect(other.exitCode == 0, "\(other.errors)")
    #expect(other.ran == ["rows", "clean", "letter"])
    #expect(try kitchen.larder("cat", "hello/short:letter").output.hasPrefix("Hi, Ada"))
    #expect(try kitchen.larder("cat", "hello:letter").output.hasPrefix("Good evening"))
    let unnamed = try kitchen.larder("run", "hello", "--set", "greeting=Hi", "--json")
    #expect(unnamed.ran.isEmpty)
    let runs = try kitchen.larder("runs", "--json")
    let branches = try JSON(parsing: runs.output).array?.compactMap { $0["branch"]?.string } ?? []
    #expect(Set(branches) == ["hello/main", "hello/short", "hello/greeting=Hi"])
    #expect(
      try kitchen.larder("show", "hello/main", "--json").output.contains(
        main.end?["commit"]?.string ?? "?"))
  }
}
