import Digests
import Files
import Foundation
import History
import Problems
import Store
import SystemPackage
import Testing

@Suite struct HistoryDamageTests {
  private func branch() throws -> Branch { try #require(Branch(main)) }

  private func kept() throws -> (Bench, PastRun) {
    let bench = try Bench()
    let run = try bench.history().commit(bench.sample(), branch: branch(), store: bench.store).run
    return (bench, run)
  }

  @Test(arguments: ["a file", "an empty folder", "a folder of something else"])
  func whatIsNoRepositoryIsRefused(what: String) throws {
    let bench = try Bench()
    if what == "a file" {
      try Files.makeFolder(bench.path.removingLastComponent())
      try Files.write([], to: bench.path)
    } else {
      try Files.makeFolder(bench.path)
      if what != "an empty folder" { try Files.write([], to: bench.path.appending("HEAD")) }
    }
    let problem = try #require(throws: Problem.self) { try bench.history() }
    #expect(problem.tier == .damage, "\(problem)")
    #expect(problem.hint?.contains("fsck") == true)
  }

  @Test(arguments: ["pack", "idx", "reference", "head"])
  func damageIsReported(what: String) throws {
    let (bench, _) = try kept()
    let packs = bench.path.appending("objects/pack")
    switch what {
    case "reference":
      try Files.write(Array("nonsense".utf8), to: bench.path.appending("refs/heads/sample/main"))
    case "head": try Files.remove(bench.path.appending("HEAD"))
    default:
      let name = try #require(Files.names(in: packs).first { $0.hasSuffix(what) })
      try Files.remove(packs.appending(name))
    }
    let problem = try #require(throws: Problem.self) {
      _ = try bench.history().tip(branch())
    }
    #expect(problem.tier == .damage, "\(problem)")
    #expect(problem.message.contains(bench.path.string))
    let second = try #require(throws: Problem.self) {
      _ = try bench.history().commit(bench.sample(), branch: branch(), store: bench.store)
    }
    #expect(second.tier == .damage)
  }

  @Test func aFlippedBitIsNeverServed() throws {
    let (bench, run) = try kept()
    let packs = bench.path.appending("objects/pack")
    let name = try #require(Files.names(in: packs).first { $0.hasSuffix("pack") })
    let good = try Files.read(packs.appending(name))
    let expected = Array("42\n".utf8)
    for place in stride(from: 12, to: good.count - 20, by: 7) {
      var bad = good
      bad[place] ^= 1 << UInt8(place % 8)
      try Files.remove(packs.appending(name))
      try Files.write(bad, to: packs.appending(name))
      do {
        let bytes = try bench.history().read(run.id, "result/one/answer.txt")
        #expect(bytes == expected)
      } catch let problem as Problem {
        #expect(problem.tier == .damage)
      }
    }
  }

  @Test func anUnwritableFolderIsTheEnvironment() throws {
    // Root may write everywhere, so the folder's place is taken instead.
    let bench = try Bench()
    try Files.write([], to: bench.folder.appending("artifacts"))
    let problem = try #require(throws: Problem.self) {
      _ = try bench.history().commit(bench.sample(), branch: branch(), store: bench.store)
    }
    #expect(problem.tier == .environment, "\(problem)")
  }

  @Test func aLockThatAnotherGitHoldsIsNamed() throws {
    let (bench, _) = try kept()
    try Files.write([], to: bench.path.appending("refs/heads/sample/main.lock"))
    let problem = try #require(throws: Problem.self) {
      _ = try bench.history().commit(
        bench.sample(answer: "new"), branch: branch(), store: bench.store)
    }
    #expect(problem.tier == .environment)
    #expect(problem.code == "history-locked")
    #expect(problem.hint?.contains(".lock") == true)
  }

  @Test func aBranchThatSomebodyElseMovedIsNamed() throws {
    let (bench, _) = try kept()
    let tree = try bench.git("rev-parse", "sample/main^{tree}").lines[0]
    let foreign = try bench.git(
      "-c", "user.name=a", "-c", "user.email=b", "commit-tree", "-m", "by hand", tree
    ).lines[0]
    _ = try bench.git("update-ref", "refs/heads/sample/main", foreign)
    let problem = try #require(throws: Problem.self) {
      _ = try bench.history().commit(bench.sample(), branch: branch(), store: bench.store)
    }
    #expect(problem.code == "history-foreign")
    #expect(try bench.history().runs().isEmpty)
  }
}
