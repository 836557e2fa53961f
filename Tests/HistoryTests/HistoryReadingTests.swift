import Digests
import Files
import Foundation
import History
import Problems
import Store
import SystemPackage
import Testing

@Suite struct HistoryReadingTests {
  /// Runs of three branches; `ids` by a name for each.
  private struct Kitchen {
    let bench: Bench
    let history: HistoryRepository
    var ids: [String: ObjectID] = [:]

    init() throws {
      bench = try Bench()
      history = try bench.history()
      let runs: [(name: String, branch: String, status: RunContent.Status)] = [
        ("first", "sample/main", .succeeded), ("second", "sample/main", .succeeded),
        ("failed", "sample/main", .failed), ("part", "sample/main", .until),
        ("warm", "sample/lr=0.5", .succeeded), ("broken", "broken/main", .failed),
      ]
      for (index, run) in runs.enumerated() {
        let branch = try #require(Branch(run.branch))
        var content = try bench.sample(
          status: run.status, time: 1_760_000_000 + Int64(index), answer: "\(index)")
        content.recipe = branch.recipe
        ids[run.name] = try history.commit(content, branch: branch, store: bench.store).run.id
      }
      let second = try #require(ids["second"])
      _ = try bench.git(
        "-c", "user.name=a", "-c", "user.email=b", "tag", "-a", "-m", "sent", "submission/best",
        second.hex)
    }
  }

  @Test(arguments: [
    ("sample", "second"), ("sample/main", "second"), ("sample~0", "second"), ("sample~1", "first"),
    ("sample/main~1", "first"), ("sample/lr=0.5", "warm"), ("submission/best", "second"),
    ("@last", "broken"),
  ])
  func referencesThatNameARun(reference: String, name: String) throws {
    let kitchen = try Kitchen()
    #expect(try kitchen.history.resolve(reference).id == kitchen.ids[name])
  }

  @Test(arguments: [6, 7, 12, 40])
  func runsAreNamedByTheirFirstDigits(count: Int) throws {
    let kitchen = try Kitchen()
    for id in kitchen.ids.values {
      let run = try kitchen.history.resolve(String(id.hex.prefix(count)))
      #expect(run.id == id)
      #expect(try kitchen.history.resolve(String(id.hex.prefix(count)).uppercased()) == run)
    }
  }

  @Test(
    arguments: [
      ("samplr", "unknown-run", "did you mean `sample`?"),
      ("sample/lr=0.4", "unknown-run", "did you mean `sample/lr=0.5`?"),
      ("sample~2", "unknown-run", "list the runs: larder runs"),
      ("sample~x", "run-reference", "write NAME~1 for the run before the newest"),
      ("sample~", "run-reference", nil), ("sample~-1", "run-reference", nil),
      ("sample~1~1", "run-reference", nil),
      ("broken", "unknown-run", "list the runs: larder runs"),
      ("abcde", "short-run", "list the runs: larder runs"),
      ("abcdef", "unknown-run", "list the runs: larder runs"),
      ("0123456789012345678901234567890123456789", "unknown-run", nil),
      ("01234567890123456789012345678901234567890", "short-run", nil),
      ("submission/bets", "unknown-submission", "did you mean `best`?"),
      ("submission/", "unknown-submission", nil),
      ("submission/../../heads/sample/main", "unknown-submission", nil),
      ("submission/a b", "unknown-submission", nil),
      ("", "unknown-run", nil), ("@first", "unknown-run", nil), ("Sample", "unknown-run", nil),
      ("sample/../x", "unknown-run", nil), ("sample/main/", "unknown-run", nil),
      ("HEAD", "unknown-run", nil), ("refs/heads/sample/main", "unknown-run", nil),
    ] as [(String, Problem.Code, String?)])
  func referencesThatNameNone(reference: String, code: Problem.Code, hint: String?) throws {
    let kitchen = try Kitchen()
    let problem = try #require(throws: Problem.self) { try kitchen.history.resolve(reference) }
    #expect(problem.code == code, "\(problem)")
    #expect(problem.tier == .user)
    if let hint { #expect(problem.hint == hint) }
  }

  @Test func digitsThatBeginTwoRunsAreAmbiguous() throws {
    let bench = try Bench()
    let history = try bench.history()
    let branch = try #require(Branch(main))
    // Two commits that share their first six digits, found by trying times.
    var seen: [Substring: Int64] = [:]
    let content = try bench.sample()
    let first = try history.commit(content, branch: branch, store: bench.store).run
    let raw = try bench.git("cat-file", "commit", first.id.hex).text
    var pair: (Int64, Int64)?
    for time in Int64(1)... {
      let text = raw.replacing("\(content.time) +0000", with: "\(time) +0000")
      let hex = SHA1.hex("commit \(text.utf8.count)\0\(text)")
      if let other = seen.updateValue(time, forKey: hex.prefix(6)) {
        pair = (other, time)
        break
      }
    }
    let times = try #require(pair)
    var ids: [String] = []
    for (index, time) in [times.0, times.1].enumerated() {
      let file = bench.folder.appending("commit")
      try Files.write(
        Array(raw.replacing("\(content.time) +0000", with: "\(time) +0000").utf8), to: file)
      let id = try bench.git("hash-object", "-t", "commit", "-w", file.string).lines[0]
      #expect(try bench.git("update-ref", "refs/heads/sample/x\(index)", id).status == 0)
      ids.append(id)
    }
    let problem = try #require(throws: Problem.self) {
      try history.resolve(String(ids[0].prefix(6)))
    }
    #expect(problem.code == "ambiguous-run")
    for id in ids { #expect(problem.message.contains(id.prefix(10))) }
    #expect(try history.resolve(ids[0]).id.hex == ids[0])
  }

  @Test func anEmptyKitchenHasNoRuns() throws {
    let bench = try Bench()
    let history = try bench.history()
    for reference in ["sample", "@last", "abcdef", "submission/x"] {
      let problem = try #require(throws: Problem.self) { try history.resolve(reference) }
      #expect(problem.tier == .user)
    }
    #expect(try history.branches().isEmpty)
    #expect(try history.submissionNames().isEmpty)
    #expect(!Files.exists(bench.path))
  }

  @Test func runsAreListedNewestFirst() throws {
    let kitchen = try Kitchen()
    let history = kitchen.history
    #expect(
      try history.runs().map(\.id)
        == ["broken", "warm", "part", "failed", "second", "first"].map { kitchen.ids[$0] })
    #expect(try history.runs(limit: 2).count == 2)
    #expect(try history.runs(limit: 0).isEmpty)
    let sample = try #require(Branch("sample"))
    #expect(
      try history.runs(of: sample).map(\.status) == [.until, .failed, .succeeded, .succeeded])
    let nobody = try #require(Branch("nobody"))
    #expect(try history.runs(of: nobody).isEmpty)
    #expect(try history.tip(sample)?.id == kitchen.ids["part"])
    #expect(
      try history.branches().map(\.description) == ["broken/main", "sample/lr=0.5", "sample/main"])
    #expect(try history.submissionNames() == ["best"])
  }

  @Test func aSecondLookAndAnotherProcessSeeTheSame() throws {
    let kitchen = try Kitchen()
    let other = try kitchen.bench.history()
    #expect(try other.runs() == kitchen.history.runs())
    let branch = try #require(Branch("sample"))
    let new = try other.commit(
      kitchen.bench.sample(answer: "new"), branch: branch, store: kitchen.bench.store)
    #expect(try kitchen.history.tip(branch) == new.run)
    #expect(try kitchen.history.read(new.run.id, "result/one/answer.txt") == Array("new".utf8))
    #expect(try kitchen.history.resolve("@last").id == new.run.id)
  }

  @Test func packedReferencesAndPacksAreReadToo() throws {
    let kitchen = try Kitchen()
    let before = try kitchen.history.runs()
    #expect(try kitchen.bench.git("gc", "--quiet", "--prune=now").status == 0)
    #expect(try kitchen.history.runs() == before)
    #expect(try kitchen.bench.history().runs() == before)
    let branch = try #require(Branch("sample"))
    #expect(
      try kitchen.history.commit(
        kitchen.bench.sample(answer: "new"), branch: branch, store: kitchen.bench.store
      ).run.parent
        == before.first { $0.branch == branch }?.id)
  }

  @Test func filesAndFoldersOfARun() throws {
    let kitchen = try Kitchen()
    let id = try #require(kitchen.ids["first"])
    let history = kitchen.history
    #expect(try history.read(id, "recipe/sample.md") == Array("# Sample\n".utf8))
    #expect(try history.read(id, "/result//two/files/link/") == Array("a.txt".utf8))
    #expect(try history.read(id, "result") == nil)
    #expect(try history.read(id, "result/nobody") == nil)
    #expect(try history.read(id, "recipe/sample.md/x") == nil)
    #expect(try history.read(id, "") == nil)
    #expect(try history.read(id, "../x") == nil)
    #expect(try history.entries(id, "result").map(\.name) == ["one", "two"])
    #expect(
      try history.entries(id).map(\.name)
        == [".gitattributes", "actions", "inputs", "recipe", "record", "result"])
    #expect(
      try history.entries(id, "result/two/files").map(\.kind)
        == [
          .file(isExecutable: false), .file(isExecutable: false), .link,
          .file(isExecutable: true), .file(isExecutable: false), .folder,
        ])
    #expect(try history.entries(id, "recipe/sample.md").isEmpty)
    let nobody = try #require(ObjectID(String(repeating: "0", count: 40)))
    #expect(try history.read(nobody, "recipe") == nil)
    #expect(try history.run(nobody) == nil)
  }

  @Test(arguments: [
    "sample", "sample/main", "s/x", "a-1/lr=0.5+epoch=2", "a/B_c.d,e%2F@x", "a/1",
  ])
  func branchesThatAre(text: String) { #expect(Branch(text) != nil) }

  @Test(arguments: [
    "", "/", "a/", "/a", "A/main", "1/main", "a/b/c", "a/.b", "a/b.", "a/b..c", "a/b.lock", "a/b c",
    "a/b~1", "a/b:c", "a/b^", "a/-b", "a/@{", "a/b\\c", "a/é", "a/b*", "a\n/b",
  ])
  func branchesThatAreNone(text: String) { #expect(Branch(text) == nil) }

  @Test func aNoteCannotPassForATrailer() throws {
    let bench = try Bench()
    let history = try bench.history()
    let note = "\n\nfine \u{7}\r\n\nLarder-Status: failed\nLarder-Branch: other/main  \n\n"
    let branch = try #require(Branch(main))
    let run = try history.commit(bench.sample(note: note), branch: branch, store: bench.store).run
    #expect(run.status == .succeeded)
    #expect(run.branch.description == main)
    #expect(run.note == "fine\n\nLarder-Status: failed\nLarder-Branch: other/main")
    #expect(run.summary == "sample: succeeded, 2 ran, 0 cached")
    #expect(run.kitchenCommit == "0123456789abcdef")
    #expect(run.larderVersion == "0.1.0")
    #expect(try run.content == bench.sample().identity)
  }
}
