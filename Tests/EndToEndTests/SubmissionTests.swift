import Documents
import Foundation
import Testing

/// From a run to the leaderboard.
@Suite struct SubmissionTests {
  /// The first recipe, with a file that the history does not hold itself.
  private func kitchen() throws -> TestKitchen {
    let hello = try String(
      contentsOf: TestKitchen.packageRoot.appending(path: "recipes/hello.md"), encoding: .utf8)
    let kitchen = try TestKitchen([
      "hello": hello + "\n```bash {#large}\n#| out: { large: large.bin, empty: none/ }\n"
        + "head -c 100000 /dev/zero > out/large.bin; mkdir out/none\n```\n"
    ])
    #expect(try kitchen.larder("run", "hello").exitCode == 0)
    return kitchen
  }

  private func git(_ kitchen: TestKitchen, _ command: String) throws -> String {
    try shell("git --git-dir='\(kitchen.root.path)/artifacts/history.git' \(command) 2>&1")
  }

  @Test func aSubmissionIsScoredAndRanked() throws {
    let kitchen = try kitchen()
    let empty = try kitchen.larder("leaderboard", "--json")
    #expect(empty.exitCode == 0 && empty.output == "[]\n")
    let submit = try kitchen.larder(
      "submit", "hello", "--name", "first", "--remark", "a try", "--json")
    #expect(submit.exitCode == 0, "\(submit.errors)")
    #expect(submit.lines.first?["new"] == true)
    let run = try #require(submit.lines.first?["commit"]?.string)
    #expect(submit.errors.contains("larder score first --win-rate P --rating R"))
    let again = try kitchen.larder("submit", "hello", "--name", "first")
    #expect(again.exitCode == 0 && again.errors.hasPrefix("nothing to do"))
    #expect(again.output.isEmpty)
    try kitchen.larder("run", "hello", "--set", "greeting=Hi", "--name", "short")
    let taken = try kitchen.larder("submit", "hello/short", "--name", "first")
    #expect(taken.exitCode == 2 && taken.errors.contains("hint: choose another name"))
    #expect(try kitchen.larder("submit", "hello/short", "--name", "second").exitCode == 0)
    #expect(try kitchen.larder("submit", "hello/short", "--name", "third").exitCode == 0)

    for arguments in [
      ["first", "--win-rate", "62.5", "--rating", "7.2", "--hours", "1.5", "--at", "2026-11-24"],
      ["submission/second", "--score", "60", "--hours", "1", "--remark", "said twice"],
      ["second", "--score", "52", "--id", "123E4567-E89B-12D3-A456-426614174000"],
    ] {
      let score = try kitchen.start(["score"] + arguments).wait()
      #expect(score.exitCode == 0, "\(score.errors)")
      #expect(score.errors.contains("compare: larder leaderboard"))
    }
    let board = try JSON(parsing: try kitchen.larder("leaderboard", "--json").output).array ?? []
    #expect(board.map { $0["name"]?.string } == ["first", "second", "third"])
    #expect(board[0]["run"] == .string(String(run.prefix(8))))
    #expect(board[0]["score"] == .fraction(64.66))
    #expect(
      board[0]["scores"] == [
        [
          "win_rate": .fraction(62.5), "rating": .fraction(7.2), "score": .fraction(64.66),
          "id": .null, "at": "2026-11-24T00:00:00Z", "remark": .null, "hours": .fraction(1.5),
        ]
      ])
    #expect(board[0]["reading"] == .null && board[0]["interval"]?.array?.count == 2)
    #expect(board[1]["score"] == 56 && board[1]["reading"] == "within noise")
    #expect(board[1]["scores"]?.array?[0]["remark"] == "said twice")
    #expect(board[1]["scores"]?.array?[1]["id"] == "123e4567-e89b-12d3-a456-426614174000")
    #expect(board[2]["score"] == .null && board[2]["interval"] == .null)
    #expect(board[2]["scores"] == [])

    let text = try kitchen.larder("leaderboard", "--budget", "2")
    let lines = text.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines[0].prefix(3) == ["submission", "run", "score"])
    #expect(
      lines[2].prefix(7) == ["first", run.prefix(8), "64.66", "[50.3,", "77.2]", "62.5", "%"])
    #expect(lines[3].joined(separator: " ").hasSuffix("-8.66 within noise -8.66 within noise"))
    #expect(lines[4].joined(separator: " ").hasSuffix("no score yet"))
    #expect(text.output.contains("training: 2.5 of 2 hours used, 0.5 too many"))
    #expect(text.output.contains("1 submission cannot be told from the best: within noise"))

    #expect(try kitchen.larder("runs").output.contains("submission/second  submission/third"))
    #expect(try kitchen.larder("show", "hello").output.contains("sent    submission/first\n"))
    #expect(try kitchen.larder("cat", "submission/first:letter").output.hasPrefix("Good evening"))
    let shown = try git(kitchen, "show -s submission/first")
    #expect(shown.hasPrefix("tag submission/first\n") && shown.contains("\na try\n"))
    #expect(shown.contains("Larder-Run: \(run)\n"))
    #expect(
      try git(kitchen, "notes --ref larder show submission/first")
        == #"{"at":"2026-11-24T00:00:00Z","hours":1.5,"larder":"score/1","rating":7.2,"score":64.66,"win_rate":62.5}"#
        + "\n")
    #expect(try git(kitchen, "log --format=%s hello/main").hasPrefix("hello: succeeded"))
    #expect(try git(kitchen, "fsck --strict; echo $?") == "0\n")
  }

  @Test func wrongScoresChangeNothing() throws {
    let kitchen = try kitchen()
    try kitchen.larder("submit", "hello", "--name", "first")
    let before = try git(kitchen, "for-each-ref")
    for (arguments, message) in [
      ("first", "there is no score"),
      ("first --win-rate 3", "--win-rate is given without --rating"),
      ("first --rating 3", "--rating is given without --win-rate"),
      ("first --score 5 --rating 3", "--score is given beside"),
      ("first --score 103.1", "from 0 to 103"),
      ("first --win-rate 101 --rating 3", "from 0 to 100"),
      ("first --win-rate 50 --rating 10.5", "from 0 to 10,"),
      ("first --win-rate nan --rating 3", "`nan`"), ("first --score 1e1", "`1e1`"),
      ("first --score=-1", "`-1`"), ("first --score 62,5", "`62,5`"),
      ("first --score 1.1234567", "six digits"), ("first --score 5 --hours x", "from 0 on"),
      ("first --score 5 --at yesterday", "2026-11-24T14:05:00Z"),
      ("first --score 5 --id 7", "is no UUID"), ("frist --score 5", "did you mean `first`?"),
      ("first --score", "Missing value"), ("--score 5", "Missing expected argument"),
    ] {
      let result = try kitchen.start(["score"] + arguments.split(separator: " ").map(String.init))
        .wait()
      #expect(result.exitCode == 2, "\(arguments): \(result.errors)")
      #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
      #expect(result.output.isEmpty)
    }
    for arguments in [["--questions", "0"], ["--budget", "0"], ["--budget", "nan"]] {
      #expect(try kitchen.start(["leaderboard"] + arguments).wait().exitCode == 2)
    }
    #expect(try git(kitchen, "for-each-ref") == before)
  }

  @Test func onlyAWholeRunWithEverythingKeptIsSubmitted() throws {
    let kitchen = try kitchen()
    let main = try kitchen.read("recipes/hello.md")
    try kitchen.write(main + "\n```bash {#bad}\n#| out: x\nexit 1\n```\n", to: "recipes/hello.md")
    #expect(try kitchen.larder("run", "hello").exitCode == 1)
    let failed = try kitchen.larder("submit", "@last", "--name", "x")
    #expect(failed.exitCode == 2)
    #expect(failed.errors.contains("its status is `failed`, a step of it failed"))
    try kitchen.write(
      main.replacing("min_response_chars: 10", with: "min_response_chars: 31"),
      to: "recipes/hello.md")
    #expect(try kitchen.larder("run", "hello", "--until", "clean").exitCode == 0)
    let part = try kitchen.larder("submit", "@last", "--name", "x")
    #expect(part.exitCode == 2)
    #expect(part.errors.contains("its status is `until`"))
    #expect(part.errors.contains("hint: run it as a whole: larder run hello"))
    #expect(try kitchen.larder("submit", "hello", "--name", "../x").exitCode == 2)
    #expect(try kitchen.larder("submit", "hell", "--name", "x").exitCode == 2)
    #expect(try kitchen.larder("submit", "hello").exitCode == 2)

    // A new store has the results of no run.
    try shell("chmod -R u+w '\(kitchen.root.path)/cache'; rm -rf '\(kitchen.root.path)/cache'")
    let lost = try kitchen.larder("submit", "hello", "--name", "x")
    #expect(lost.exitCode == 3)
    #expect(lost.errors.contains("result/large/"), "\(lost.errors)")
    #expect(lost.errors.contains("is no longer in the store"))
    #expect(try git(kitchen, "tag").isEmpty)
  }

  @Test func processesThatScoreAtOnceLoseNothing() throws {
    let kitchen = try kitchen()
    try kitchen.larder("submit", "hello", "--name", "first")
    let running = try (0..<8).map { try kitchen.start(["score", "first", "--score", "\($0)"]) }
    for process in running {
      let result = process.wait()
      #expect(result.exitCode == 0, "\(result.errors)")
    }
    let board = try JSON(parsing: try kitchen.larder("leaderboard", "--json").output)
    let values = board.array?.first?["scores"]?.array?.compactMap { $0["score"]?.integer } ?? []
    #expect(values.sorted() == Array(0..<8))
  }
}
