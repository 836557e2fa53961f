import Digests
import Files
import Foundation
import History
import Problems
import Store
import SystemPackage
import Testing

@Suite struct HistoryCommitTests {
  private func branch(_ text: String = main) throws -> Branch { try #require(Branch(text)) }

  @Test func gitReadsWhatWasWritten() throws {
    let bench = try Bench()
    let history = try bench.history()
    #expect(!Files.exists(bench.path), "looking makes nothing")
    #expect(try history.runs().isEmpty)
    let commit = try history.commit(
      bench.sample(note: "first try"), branch: branch(), store: bench.store)
    #expect(commit.isNew)

    let fsck = try bench.git("fsck", "--strict", "--full")
    #expect(fsck.status == 0 && fsck.text.isEmpty, "\(fsck.text)\(fsck.errors)")
    #expect(try bench.git("rev-parse", "HEAD").lines == [commit.run.id.hex])
    #expect(try bench.git("rev-parse", "sample/main:result").lines == [commit.run.resultTree.hex])
    #expect(try bench.git("show", "sample/main:result/one/answer.txt").text == "42\n")
    #expect(
      try bench.git("log", "--format=%ad%n%B", "--date=iso", "sample/main").text == """
        2025-10-09 08:53:20 +0000
        sample: succeeded, 2 ran, 0 cached

        first try

        Larder-Status: succeeded
        Larder-Branch: sample/main
        Larder-Content: \(try bench.sample().identity)
        Larder-Version: 0.1.0
        Kitchen-Commit: 0123456789abcdef


        """)
    #expect(
      try bench.git("ls-tree", "-r", "--format=%(objectmode) %(path)", "sample/main").lines == [
        "100644 .gitattributes", "100644 actions/one.json", "100644 actions/two.json",
        "100644 inputs/\(try bench.store.file("an input\n").digest.hex)",
        "100644 recipe/parameters.json", "100644 recipe/sample.lock", "100644 recipe/sample.md",
        "100644 record/run.json", "100644 result/one/answer.txt",
        "100644 result/one/deep/model.bin",
        "100644 result/two/files/a.txt", "100644 result/two/files/empty",
        "120000 result/two/files/link", "100755 result/two/files/run.sh",
        "100644 result/two/files/sub.txt", "100644 result/two/files/sub/with space.bin",
      ])
    #expect(try bench.git("cat-file", "blob", "sample/main:result/two/files/link").text == "a.txt")
  }

  @Test func aRunIsOnePack() throws {
    let bench = try Bench()
    _ = try bench.history().commit(bench.sample(), branch: branch(), store: bench.store)
    let packs = try Files.names(in: bench.path.appending("objects/pack"))
    #expect(packs.count == 2)
    #expect(Set(packs.map { $0.suffix(4) }) == [".idx", "pack"])
    #expect(try bench.git("count-objects").text.hasPrefix("0 objects"))
  }

  @Test func resultsHaveTheSameTreeWhateverElseDiffers() throws {
    // Golden: the id of this result tree is part of the format (docs/formats.md).
    let golden = "a98996f913428d518d73b9686db39f09c5a12880"
    for (time, note) in [(1_760_000_000, nil), (1, "other"), (4_000_000_000, "third")] {
      let bench = try Bench()
      var content = try bench.sample(note: note, time: Int64(time))
      content.record = ["run.json": .bytes(Array("\(time)".utf8))]
      content.larderVersion = "\(time)"
      let commit = try bench.history().commit(
        content, branch: branch("sample/other-\(time)"), store: bench.store)
      #expect(commit.run.resultTree.hex == golden)
    }
  }

  @Test func nothingNewMakesNoCommit() throws {
    let bench = try Bench()
    let history = try bench.history()
    let first = try history.commit(bench.sample(), branch: branch(), store: bench.store)
    let again = try history.commit(
      bench.sample(ran: 0, note: "again", time: 1_770_000_000), branch: branch(), store: bench.store
    )
    #expect(!again.isNew)
    #expect(again.run == first.run)
    #expect(try history.runs().count == 1)

    var part = try bench.sample(status: .until, ran: 0)
    #expect(try !history.commit(part, branch: branch(), store: bench.store).isNew)
    part.results["two"] = nil
    part.actions["two"] = nil
    let until = try history.commit(part, branch: branch(), store: bench.store)
    #expect(until.isNew && until.run.status == .until && until.run.parent == first.run.id)
    #expect(
      try history.commit(bench.sample(ran: 0), branch: branch(), store: bench.store).isNew,
      "the whole run differs from the part")
    part.status = .succeeded
    part.ran = 1
    #expect(try history.commit(part, branch: branch(), store: bench.store).isNew, "something ran")
    #expect(try history.runs(of: branch()).count == 4)
  }

  @Test func aFailedTipIsFollowedByTheSameContentThatSucceeded() throws {
    let bench = try Bench()
    let history = try bench.history()
    _ = try history.commit(
      bench.sample(status: .failed), branch: branch(), store: bench.store)
    #expect(
      try !history.commit(
        bench.sample(status: .failed, ran: 0), branch: branch(), store: bench.store
      )
      .isNew)
    #expect(try history.commit(bench.sample(ran: 0), branch: branch(), store: bench.store).isNew)
  }

  @Test func aTipOfAnotherProgramIsComparedByItsFolders() throws {
    let bench = try Bench()
    let history = try bench.history()
    let first = try history.commit(bench.sample(), branch: branch(), store: bench.store)
    let message = "sample: succeeded\n\nLarder-Status: succeeded\nLarder-Branch: sample/main\n"
    let copy = try bench.git(
      "-c", "user.name=a", "-c", "user.email=b", "commit-tree", "-p", first.run.id.hex, "-m",
      message, "sample/main^{tree}")
    #expect(try bench.git("update-ref", "refs/heads/sample/main", copy.lines[0]).status == 0)
    let again = try history.commit(bench.sample(ran: 0), branch: branch(), store: bench.store)
    #expect(!again.isNew && again.run.id.hex == copy.lines[0] && again.run.content == nil)
  }

  @Test func everyPartChangesTheIdentity() throws {
    let bench = try Bench()
    let same = try bench.sample()
    var all = [same]
    func variant(_ change: (inout RunContent) throws -> Void) rethrows {
      var content = same
      try change(&content)
      all.append(content)
    }
    variant { $0.recipeFiles["sample.md"] = [1] }
    variant { $0.recipeFiles["other.md"] = [] }
    variant { $0.actions["one"] = [] }
    variant { $0.actions["three"] = $0.actions.removeValue(forKey: "one") }
    variant { $0.results["one"]?.removeLast() }
    variant { $0.results["one"]?[0].path = "answer2.txt" }
    variant { $0.results["one"]?[0].artifact.kind = .folder }
    variant { $0.results["three"] = [] }
    variant { $0.inputs = [] }
    #expect(Set(all.map(\.identity)).count == all.count)
    variant {
      $0.record = [:]
      $0.note = "x"
      $0.time = 0
      $0.ran = 9
      $0.larderVersion = ""
    }
    #expect(all.last?.identity == same.identity)
  }

  @Test func twoWritersBothLand() async throws {
    let bench = try Bench()
    let count = 8
    let paths = (bench.path, bench.store)
    try await withThrowingTaskGroup(of: ObjectID.self) { group in
      for writer in 0..<4 {
        let contents = try (0..<count).map {
          try bench.sample(answer: "writer \(writer) run \($0)\n")
        }
        group.addTask {
          // A history of its own stands for another process: they share nothing but files.
          let history = try HistoryRepository(at: paths.0)
          let branch = try #require(Branch(main))
          let ids = try contents.map {
            try history.commit($0, branch: branch, store: paths.1).run.id
          }
          return try #require(ids.last)
        }
      }
      for try await last in group { #expect(try bench.history().run(last) != nil) }
    }
    let runs = try bench.history().runs(of: branch())
    #expect(runs.count == 4 * count)
    for (run, before) in zip(runs, runs.dropFirst()) { #expect(run.parent == before.id) }
    #expect(try bench.git("fsck", "--strict").text.isEmpty, "no commit was lost on the way")
  }

  @Test func whatAKilledWriterLeftIsTakenAway() throws {
    let bench = try Bench()
    let history = try bench.history()
    _ = try history.commit(bench.sample(), branch: branch(), store: bench.store)
    // As if the writer died while it held both its own lock and Git's.
    try Files.write(
      Array("HEAD\nrefs/heads/sample/main\n".utf8), to: bench.path.appending("larder.lock"))
    try Files.write([], to: bench.path.appending("refs/heads/sample/main.lock"))
    #expect(try history.commit(bench.sample(), branch: branch(), store: bench.store).isNew)
    #expect(try Files.read(bench.path.appending("larder.lock")).isEmpty)
  }

  @Test(arguments: [
    ("Ann <x>  Other", "ann@example.org", "Ann x Other <ann@example.org>"),
    ("", "", "larder <larder@localhost>"),
    ("<>", "a\nb", "larder <ab>"),
  ])
  func theAuthorIsTheConfiguredOne(name: String, email: String, author: String) throws {
    let bench = try Bench()
    let history = try bench.history()
    _ = try history.commit(bench.sample(), branch: branch(), store: bench.store)
    #expect(try bench.git("config", "user.name", name).status == 0)
    #expect(try bench.git("config", "user.email", email).status == 0)
    _ = try history.commit(bench.sample(), branch: branch(), store: bench.store)
    #expect(
      try bench.git("log", "-1", "--format=%an <%ae>|%cn <%ce>", "sample/main").lines
        == ["\(author)|\(author)"])
    #expect(try bench.git("fsck", "--strict").status == 0)
  }

  @Test func aThousandStepsTakeLittleTime() throws {
    let bench = try Bench()
    var content = try bench.sample()
    for index in 0..<1000 {
      content.actions["step-\(index)"] = Array(
        #"{"inputs":{"in":"sha256:\#(Digest(of: "\(index)").hex)"},"kind":"bash","step":\#(index)}"#
          .utf8)
      content.results["step-\(index)"] = [
        .init(path: "out.txt", artifact: try bench.store.file("the output of step \(index)\n"))
      ]
    }
    let history = try bench.history()
    let clock = ContinuousClock()
    var commit: HistoryRepository.Commit?
    let first = try clock.measure {
      commit = try history.commit(content, branch: branch(), store: bench.store)
    }
    content.ran = 0
    let again = try clock.measure {
      commit = try history.commit(content, branch: branch(), store: bench.store)
    }
    print("1,000 steps: first commit \(first), nothing new \(again)")
    #expect(commit?.isNew == false)
    #expect(try Files.names(in: bench.path.appending("objects/pack")).count == 2)
    #expect(try bench.git("ls-tree", "-r", "--name-only", "sample/main").lines.count > 2000)
  }
}
