import Documents
import Files
import Foundation
import History
import Problems
import Store
import SystemPackage
import Testing

@Suite struct SubmissionTests {
  /// A history of one run, whose author does not depend on this machine.
  private func kept() throws -> (Bench, HistoryRepository, PastRun) {
    let bench = try Bench()
    try Files.makeFolder(bench.path)
    #expect(try bench.git("init", "--bare", "--quiet").status == 0)
    #expect(try bench.git("config", "user.name", "Ann Other").status == 0)
    #expect(try bench.git("config", "user.email", "ann@example.org").status == 0)
    let history = try bench.history()
    let branch = try #require(Branch(main))
    return (
      bench, history, try history.commit(bench.sample(), branch: branch, store: bench.store).run
    )
  }

  private let time: Int64 = 1_760_000_100

  private func submit(
    _ run: PastRun, _ name: String, in history: HistoryRepository, remark: String? = nil
  ) throws -> (submission: Submission, isNew: Bool) {
    try history.submit(run, as: name, remark: remark, time: time, larderVersion: "0.1.0")
  }

  private func score(
    _ value: Double, winRate: Double? = nil, rating: Double? = nil, id: String? = nil,
    remark: String? = nil, hours: Double? = nil
  ) throws -> Score {
    try #require(
      Score(
        winRate: winRate, rating: rating, value: value, time: Moment(seconds: time), id: id,
        remark: remark, hours: hours))
  }

  @Test func aSubmissionIsAnAnnotatedTag() throws {
    let (bench, history, run) = try kept()
    let made = try submit(
      run, "best", in: history, remark: "\nseven modules \r\n\n\nLarder-Run: x\n")
    #expect(made.isNew)
    // Golden: the bytes of docs/formats.md.
    #expect(
      try bench.git("cat-file", "tag", "submission/best").text == """
        object \(run.id)
        type commit
        tag submission/best
        tagger Ann Other <ann@example.org> 1760000100 +0000

        best: run \(run.id.short) of sample/main

        seven modules


        Larder-Run: x

        Larder-Submission: best
        Larder-Run: \(run.id)
        Larder-Branch: sample/main
        Larder-Result: a98996f913428d518d73b9686db39f09c5a12880
        Larder-Version: 0.1.0

        """)
    #expect(made.submission.tag.hex == "9600e0d9529a65f2f8a49059d10203d8084f81c0")
    #expect(try bench.git("rev-parse", "submission/best").lines == [made.submission.tag.hex])
    #expect(try bench.git("fsck", "--strict", "--full").text.isEmpty)
    #expect(try bench.git("count-objects").text.hasPrefix("0 objects"))

    let read = try bench.history().submission(named: "submission/best")
    #expect(read == made.submission)
    #expect(read.run == run && read.time == time && read.larderVersion == "0.1.0")
    #expect(read.summary == "best: run \(run.id.short) of sample/main")
    #expect(read.remark == "seven modules\n\n\nLarder-Run: x")
    #expect(read.scores.isEmpty && read.reference == "submission/best")
    #expect(try history.resolve("submission/best") == run)
    #expect(try history.submissionNamesByRun() == [run.id: ["best"]])
  }

  @Test func aNameIsGivenOnce() throws {
    let (bench, history, run) = try kept()
    let first = try submit(run, "best", in: history)
    let again = try submit(run, "best", in: history, remark: "other")
    #expect(!again.isNew && again.submission == first.submission)
    let branch = try #require(Branch(main))
    let other = try history.commit(
      bench.sample(answer: "43"), branch: branch, store: bench.store
    ).run
    let problem = try #require(throws: Problem.self) { try submit(other, "best", in: history) }
    #expect(problem.tier == .user && problem.code == "submission-exists")
    #expect(problem.message.contains(run.id.short) && problem.message.contains(other.id.short))
    #expect(try history.submission(named: "best") == first.submission)
    #expect(try submit(other, "second", in: history).isNew)
    #expect(try history.submissions().map(\.name) == ["best", "second"])
  }

  @Test(arguments: ["", "a b", "../x", "a/b", ".a", "a.lock", "é", "-x", "a..b", "a\n"])
  func namesThatAreNone(name: String) throws {
    let (_, history, run) = try kept()
    let problem = try #require(throws: Problem.self) { try submit(run, name, in: history) }
    #expect(problem.tier == .user && problem.code == "submission-name")
    #expect(try history.submissions().isEmpty)
  }

  @Test func scoresAreNotesOnTheTag() throws {
    let (bench, history, run) = try kept()
    let tag = try submit(run, "best", in: history).submission.tag
    let first = try score(64.66, winRate: 62.5, rating: 7.2, hours: 1.5)
    let second = try score(
      57, id: "123e4567-e89b-12d3-a456-426614174000", remark: "asked \"again\"\n")
    #expect(try history.note(first, on: "best", time: time).isNew)
    #expect(try history.note(second, on: "submission/best", time: time + 1).isNew)
    #expect(try !history.note(second, on: "best", time: time + 2).isNew, "it names itself")
    // Golden: the bytes of docs/formats.md.
    let golden =
      #"{"at":"2025-10-09T08:55:00Z","hours":1.5,"larder":"score/1","rating":7.2,"score":64.66,"win_rate":62.5}"#
      + "\n"
      + #"{"at":"2025-10-09T08:55:00Z","id":"123e4567-e89b-12d3-a456-426614174000","larder":"score/1","remark":"asked \"again\"\n","score":57}"#
      + "\n"
    #expect(try bench.git("notes", "--ref", "larder", "show", "submission/best").text == golden)
    #expect(try bench.git("notes", "--ref", "larder", "list").text.hasSuffix(" \(tag)\n"))
    let tip = try bench.git("rev-parse", "refs/notes/larder").text
    #expect(tip == "1e1a7f11584ecf6bc9a0a293ae1799afccfdca5f\n")
    #expect(
      try bench.git("log", "--format=%s", "refs/notes/larder").lines
        == ["Score 57 of submission/best", "Score 64.66 of submission/best"])
    #expect(try bench.git("fsck", "--strict", "--full").text.isEmpty)
    #expect(try bench.history().submission(named: "best").scores == [first, second])
    #expect(try bench.git("rev-parse", "submission/best").lines == [tag.hex], "the tag stays")
    #expect(try history.note(first, on: "best", time: time).submission.scores.count == 3)
  }

  @Test func aScoreNeedsASubmission() throws {
    let (bench, history, run) = try kept()
    _ = try submit(run, "best", in: history)
    for (name, hint) in [
      ("bset", "did you mean `best`?"), ("zzzzz", "list them: larder leaderboard"),
    ] {
      let problem = try #require(throws: Problem.self) {
        try history.note(score(1), on: name, time: time)
      }
      #expect(problem.code == "unknown-submission" && problem.hint == hint)
    }
    #expect(try bench.git("rev-parse", "-q", "--verify", "refs/notes/larder").status != 0)
    #expect(Score(value: 103.5, time: Moment(seconds: 0)) == nil)
    #expect(Score(winRate: 5, value: 5, time: Moment(seconds: 0)) == nil)
    #expect(Score(value: 5, time: Moment(seconds: 0), hours: -.infinity) == nil)
  }

  @Test func notesOfOthersStay() throws {
    let (bench, history, run) = try kept()
    let tag = try submit(run, "best", in: history).submission.tag
    func git(_ verb: String, _ words: String, _ object: String) throws -> Bench.Answer {
      try bench.git("notes", "--ref", "larder", verb, "-m", words, object)
    }
    #expect(try git("add", "a word", run.id.hex).status == 0)
    #expect(try git("add", "seen", "submission/best").status == 0)
    _ = try history.note(score(50), on: "best", time: time)
    #expect(try git("append", "by hand", "submission/best").status == 0)
    let read = try history.note(score(51), on: "best", time: time).submission
    #expect(read.scores.map(\.value) == [50, 51])
    let text = try bench.git("notes", "--ref", "larder", "show", "submission/best").text
    #expect(text.hasPrefix("seen\n{") && text.contains("by hand\n{"))
    #expect(try bench.git("notes", "--ref", "larder", "show", run.id.hex).text == "a word\n")

    // Git spreads many notes over folders; here by hand, as deep as it goes in practice.
    let blob = try bench.git("rev-parse", "refs/notes/larder:\(tag)").lines[0]
    let file = bench.folder.appending("tree")
    try Files.write(Array("100644 blob \(blob)\t\(tag.hex.dropFirst(2))\n".utf8), to: file)
    let script = """
      inner=$(git --git-dir '\(bench.path)' mktree < '\(file)')
      root=$(printf '040000 tree %s\\t\(tag.hex.prefix(2))\\n' $inner | git --git-dir '\(bench.path)' mktree)
      commit=$(git --git-dir '\(bench.path)' commit-tree -m fan-out $root)
      git --git-dir '\(bench.path)' update-ref refs/notes/larder $commit
      """
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-ec", script]
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    #expect(try history.note(score(52), on: "best", time: time).submission.scores.count == 3)
    #expect(
      try bench.git("notes", "--ref", "larder", "show", "submission/best").text.hasPrefix(text))
    #expect(
      try bench.git("ls-tree", "-r", "--name-only", "refs/notes/larder").lines
        == ["\(tag.hex.prefix(2))/\(tag.hex.dropFirst(2))"])
  }

  @Test func tagsByHandAreSubmissionsToo() throws {
    let (bench, history, run) = try kept()
    #expect(try bench.git("tag", "submission/light", run.id.hex).status == 0)
    #expect(
      try bench.git("tag", "-a", "-m", "sent by hand", "submission/hand", run.id.hex).status == 0)
    #expect(try history.note(score(40), on: "light", time: time).isNew)
    let all = try history.submissions()
    #expect(all.map(\.name) == ["hand", "light"])
    #expect(all[0].summary == "sent by hand" && all[0].larderVersion == nil)
    #expect(all[1].tag == run.id && all[1].scores.map(\.value) == [40])
    let tree = try bench.git("rev-parse", "sample/main^{tree}").lines[0]
    let foreign = try bench.git("commit-tree", "-m", "foreign", tree).lines[0]
    #expect(try bench.git("tag", "submission/foreign", foreign).status == 0)
    #expect(try history.submissions().map(\.name) == ["hand", "light"])
    let problem = try #require(throws: Problem.self) { try submit(run, "foreign", in: history) }
    #expect(problem.code == "submission-exists")
  }

  @Test(arguments: [#"{"larder":"score/1","score":50}"#, #"{"broken"#, #"{"larder":"score/9"}"#])
  func aScoreThatCannotBeReadIsDamage(line: String) throws {
    let (bench, history, run) = try kept()
    _ = try submit(run, "best", in: history)
    #expect(
      try bench.git("notes", "--ref", "larder", "add", "-m", line, "submission/best").status == 0)
    let problem = try #require(throws: Problem.self) { try history.submissions() }
    #expect(problem.tier == .damage && problem.code == "score-damaged")
    #expect(throws: Problem.self) { try history.note(score(1), on: "best", time: time) }
    #expect(
      try bench.git("notes", "--ref", "larder", "show", "submission/best").text == line + "\n")
  }

  @Test func aTagThatNamesAnotherResultIsDamage() throws {
    let (bench, history, run) = try kept()
    let message =
      "x: run\n\nLarder-Submission: x\nLarder-Result: 0123456789012345678901234567890123456789"
    #expect(try bench.git("tag", "-a", "-m", message, "submission/x", run.id.hex).status == 0)
    let problem = try #require(throws: Problem.self) { try history.submissions() }
    #expect(problem.tier == .damage && problem.code == "submission-damaged")
  }

  @Test func noScoreIsLostInARace() async throws {
    let (bench, history, run) = try kept()
    _ = try submit(run, "best", in: history)
    let path = bench.path
    let time = time
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          // A history of its own stands for another process: they share nothing but files.
          let history = try HistoryRepository(at: path)
          for index in 0..<8 {
            let score = Score(value: Double(writer * 8 + index), time: Moment(seconds: time))
            _ = try history.note(try #require(score), on: "best", time: time)
          }
        }
      }
      try await group.waitForAll()
    }
    let values = try bench.history().submission(named: "best").scores.map(\.value)
    #expect(values.sorted() == (0..<32).map(Double.init))
    #expect(try bench.git("rev-list", "--count", "refs/notes/larder").lines == ["32"])
    #expect(try bench.git("fsck", "--strict").text.isEmpty)
  }

  @Test func oneNameInARaceHasOneRun() async throws {
    let (bench, history, run) = try kept()
    let branch = try #require(Branch(main))
    let runs =
      try [run]
      + (0..<5).map {
        try history.commit(bench.sample(answer: "\($0)"), branch: branch, store: bench.store).run
      }
    let path = bench.path
    let time = time
    let winners = try await withThrowingTaskGroup(of: ObjectID?.self) { group in
      for run in runs {
        group.addTask {
          let history = try HistoryRepository(at: path)
          do {
            return try history.submit(run, as: "best", time: time, larderVersion: "0").submission
              .run.id
          } catch let problem as Problem where problem.code == "submission-exists" { return nil }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }.compactMap { $0 }
    }
    #expect(winners.count == 1)
    #expect(try history.submission(named: "best").run.id == winners.first)
  }
}
