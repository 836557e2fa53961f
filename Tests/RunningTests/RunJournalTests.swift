import Documents
import Files
import Foundation
import Notebook
import Problems
import Reporting
import Running
import SystemPackage
import Testing

/// What a run tells other processes while it goes on.
@Suite struct RunJournalTests {
  private let kitchen = Kitchen(
    root: FilePath(NSTemporaryDirectory()).appending("larder-journal-\(UUID().uuidString)"))
  private let step = StepID("train")

  private func journal() -> RunJournal {
    RunJournal(kitchen: kitchen, recipe: "r", experiment: "x", note: nil)
  }

  private var files: [String] {
    (try? Files.names(in: RunJournal.folder(of: kitchen))) ?? []
  }

  private func read() throws -> [JSON] {
    let name = try #require(files.first)
    return try Files.readText(RunJournal.folder(of: kitchen).appending(name))
      .split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  private func clean() { try? Files.remove(kitchen.root) }

  @Test func nothingIsWrittenWhereNothingRuns() {
    defer { clean() }
    let journal = journal()
    journal.take(.planned(recipe: "r", steps: 9, cached: 9, toRun: 0))
    journal.close()
    #expect(!Files.exists(kitchen.cache))
  }

  @Test func aRunIsToldAndLeavesNothing() throws {
    defer { clean() }
    let step = try #require(step)
    let journal = journal()
    journal.take(.planned(recipe: "r", steps: 2, cached: 1, toRun: 1))
    journal.take(.started(step, why: "it never ran here"))
    let path = RunJournal.folder(of: kitchen).appending(try #require(files.first))
    #expect(!RunJournal.isAbandoned(path))
    var report = StepReport(step: step, status: .failed, key: nil, why: "it exited with code 1")
    report.problem = Problem(.step, "exit", "it exited with code 1", hint: "see its log")
    journal.take(.line(step, "so far"))
    journal.take(.finished(report))
    let objects = try read()
    #expect(
      objects.map { $0["type"]?.string } == ["run", "plan", "start", "lines", "step", "problem"])
    var run = try #require(LiveRun(head: objects[0]))
    for object in objects.dropFirst() { run.take(object, at: 0) }
    #expect(run.recipe == "r" && run.experiment == "x" && run.plan?.toRun == 1)
    #expect(run.steps["train"]?.state == .ended("failed"))
    #expect(run.steps["train"]?.problem?.hint == "see its log")
    #expect(run.steps["train"]?.lines == ["so far"])
    #expect(!run.isEnded)
    journal.close()
    #expect(files.isEmpty)
  }

  @Test func whoeverIsKilledIsKnownToBeGone() throws {
    defer { clean() }
    try Files.makeFolder(RunJournal.folder(of: kitchen))
    let left = RunJournal.folder(of: kitchen).appending("left.jsonl")
    try Files.write(Array("{}\n".utf8), to: left)
    #expect(RunJournal.isAbandoned(left))
    let journal = journal()
    journal.take(.planned(recipe: "r", steps: 1, cached: 0, toRun: 1))
    #expect(files == ["\(journal.id).jsonl"])
    // A run that is refused ends its journal too.
    journal.refuse([Problem(.user, "x", "wrong")])
    #expect(files.isEmpty)
  }

  @Test func aRunThatTalksMuchStaysSmall() throws {
    defer { clean() }
    let step = try #require(step)
    let journal = journal()
    journal.take(.planned(recipe: "r", steps: 1, cached: 0, toRun: 1))
    journal.take(.started(step, why: ""))
    let line = String(repeating: "x", count: 1_000)
    for number in 0..<20_000 {
      journal.take(.line(step, "\(number) \(line)"))
      journal.take(
        .progress(step, Progress(done: Double(number), total: 20_000, unit: "", text: "loss 1.5")))
    }
    let path = RunJournal.folder(of: kitchen).appending(try #require(files.first))
    // Twenty of 20 MB of lines, a few times a second.
    #expect(try #require(FileStamp(path)?.size) < 4 << 20)
    journal.take(.finished(StepReport(step: step, status: .ran, key: nil, why: "")))
    var run = try #require(LiveRun(head: try read()[0]))
    for object in try read().dropFirst() { run.take(object, at: 0) }
    #expect(run.steps["train"]?.lineCount == 20_000)
    #expect(run.steps["train"]?.lines.count == LiveRun.mostLines)
    #expect(run.steps["train"]?.lines.last?.hasPrefix("19999 ") == true)
    #expect(run.steps["train"]?.progress?.done == 19_999)
    journal.close()
  }

  @Test func aStateIsToldAgainAsItIs() throws {
    let head: JSON = ["type": "run", "id": "1", "recipe": "r", "at": 5]
    var run = try #require(LiveRun(head: head))
    let lines = [
      #"{"type":"plan","steps":3,"cached":1,"to_run":2}"#,
      #"{"type":"step","step":"a","status":"cached","seconds":0,"why":"its key has a result"}"#,
      #"{"type":"start","step":"b","why":"w","at":6.5}"#,
      #"{"type":"lines","step":"b","lines":["x","y"],"count":7}"#,
      #"{"type":"progress","step":"b","progress":{"done":1,"total":9,"unit":"steps","text":"loss 2.25, 3 tokens/s"}}"#,
      #"{"type":"progress","step":"b","progress":{"done":2,"total":9,"unit":"steps","text":"loss nan, 3 tokens/s"}}"#,
      #"{"type":"progress","step":"b","progress":{"done":3,"total":9,"unit":"steps","text":"loss 1.75, 3 tokens/s"}}"#,
      #"{"type":"step","step":"c","status":"failed","why":"broken"}"#,
      #"{"type":"problem","message":"broken","hint":"mend it"}"#,
      #"{"type":"unheard of"}"#,
    ]
    for line in lines { run.take(try JSON(parsing: line), at: 7) }
    #expect(run.steps["b"]?.losses.map(\.step) == [1, 3])
    #expect(run.steps["b"]?.losses.map(\.loss) == [2.25, 1.75])
    #expect(run.steps["b"]?.lineCount == 7)
    var again = try #require(LiveRun(head: head))
    for object in run.objects { again.take(object, at: 7) }
    #expect(again.objects == run.objects)
    #expect(again.steps["c"]?.problem?.hint == "mend it")
    again.abandon(at: 8)
    #expect(again.isEnded && again.steps["b"]?.state == .ended("skipped"))
  }

  @Test func aLongCurveIsThinned() throws {
    var run = try #require(LiveRun(head: ["type": "run", "id": "1", "recipe": "r", "at": 5]))
    for step in 1...30_000 {
      run.take(
        [
          "type": "progress", "step": "t",
          "progress": ["done": .integer(Int64(step)), "text": "loss 1.5, 3 tokens/s"],
        ], at: 0)
    }
    let losses = try #require(run.steps["t"]?.losses)
    #expect(losses.count <= 2_000 && losses.count > 900)
    #expect(losses.first?.step == 1 && (losses.last?.step ?? 0) > 29_900)
  }
}
