import Documents
import Foundation
import History
import Store
import SystemPackage
import Testing

@testable import Experiments
@testable import WebPage

@Suite struct ExperimentsPageTests {
  private let hostile = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>"

  /// A table of runs with these values of a plain metric, best first.
  private func table(
    _ values: [Double], note: String = "a note", recipe: String? = "desk"
  ) throws -> ExperimentTable {
    let folder = FilePath(FileManager.default.temporaryDirectory.path)
      .appending("larder-page-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    try FileManager.default.createDirectory(
      atPath: folder.string, withIntermediateDirectories: true)
    let history = try HistoryRepository(at: folder.appending("history.git"))
    let store = MemoryStore()
    let reader = { try ExperimentReader(history: history, store: store) }
    for (index, value) in values.enumerated() {
      let lines = (0..<20).map { question in
        #"{"id":"q\#(question)","tuned":{"f1":\#(Double(question) < value * 20 ? 1 : 0)}}"#
      }
      let bytes = Array(lines.joined(separator: "\n").utf8)
      let questions = Artifact(kind: .file, digest: try store.put(bytes), size: Int64(bytes.count))
      let action: JSON = [
        "action": ["kind": "library", "uses": "score"],
        "outputs": ["questions": "questions.jsonl"],
      ]
      let parameters: JSON = ["rate": .integer(Int64(index)), "text": .string("\(note) \(index)")]
      let content = RunContent(
        recipe: "desk", status: .succeeded, ran: 1, cached: 0, note: note, time: 1_790_000_000,
        larderVersion: "0.1.0", recipeFiles: ["parameters.json": parameters.canonicalBytes],
        actions: ["score": action.canonicalBytes],
        results: ["score": [.init(path: "questions.jsonl", artifact: questions)]],
        record: ["run.json": .bytes(Array(#"{"seconds":1}"#.utf8))])
      let branch = try #require(Branch(recipe: "desk", experiment: "e\(index)"))
      _ = try history.commit(content, branch: branch, store: store)
    }
    let runs = try history.branches().compactMap { try history.tip($0) }
    let read = try reader()
    return ExperimentTable(try runs.map(read.read), recipe: recipe)
  }

  private let links = ExperimentsPage.Links(
    run: { "run/\($0)" }, diff: "diff", sort: { "experiments?sort=\($0)" })

  @Test func groupsWhatCannotBeToldFromTheBest() throws {
    let page = ExperimentsPage([try table([1, 0.95, 0.2])]).body.markup
    let top = try #require(page.range(of: "cannot be told apart"))
    let others = try #require(page.range(of: "the others"))
    let places = try ["e0", "e1", "e2"].map { name in
      try #require(page.range(of: "\u{A0}\(name)</th>")).lowerBound
    }
    #expect(top.upperBound < places[0])
    #expect(places[0] < places[1])
    #expect(places[1] < others.lowerBound)
    #expect(others.upperBound < places[2])
    #expect(page.contains("<strong>e0</strong> has the best f1, 1.000 on 20 questions"))
    #expect(page.contains("the best of 3 on 20 questions"))
    // What is sorted in another way is not torn apart.
    let sorted = ExperimentsPage([try table([1, 0.95, 0.2])], sorted: "rate").body.markup
    #expect(!sorted.contains("cannot be told apart"))
  }

  @Test func choosesTwoWithoutAScriptOnlyWhereAServerAnswers() throws {
    let table = try table([1, 0.2])
    let file = ExperimentsPage([table]).page().text(.file)
    #expect(!file.contains("<form") && !file.contains("type=\"radio\""))
    #expect(!file.contains("href=\"experiments"))
    let served = ExperimentsPage([table], sorted: "-rate", links: links).body.markup
    #expect(served.contains("<form method=\"get\" action=\"diff\">"))
    for row in table.rows {
      let run = row.experiment.run.id.hex
      #expect(served.contains("name=\"a\" value=\"\(run)\""))
      #expect(served.contains("name=\"b\" value=\"\(run)\""))
      #expect(served.contains("<a href=\"run/\(run)\">"))
    }
    // The best is B, another one A: pressing the button is enough.
    let best = table.rows[0].experiment.run.id.hex
    let other = table.rows[1].experiment.run.id.hex
    #expect(served.contains("name=\"b\" value=\"\(best)\" aria-label=\"e0 as B\" checked"))
    #expect(served.contains("name=\"a\" value=\"\(other)\" aria-label=\"e1 as A\" checked"))
    #expect(
      served.contains(
        "<th scope=\"col\" aria-sort=\"descending\"><a href=\"experiments?sort=rate\">"))
    #expect(served.contains("<a href=\"experiments?sort=-f1\">"))
    // One experiment has nothing to be compared with.
    let one = try self.table([1])
    #expect(!ExperimentsPage([one], links: links).body.markup.contains("<form"))
  }

  @Test func nothingInItIsTakenForMarkup() throws {
    let table = try table([1, 0.2], note: hostile)
    let page = ExperimentsPage([table], sorted: hostile, links: links).page().text(.file)
    #expect(!page.contains("<script"))
    #expect(!page.contains("<img"))
    #expect(page.contains("&lt;script&gt;"))
  }

  @Test func saysWhatToTypeWhereThereIsNothing() throws {
    #expect(ExperimentsPage([]).body.markup.contains("<code>larder run RECIPE</code>"))
    let none = ExperimentTable([], recipe: "desk", failed: [try #require(Branch("desk/main"))])
    let page = ExperimentsPage([none]).body.markup
    #expect(page.contains("no run succeeded of desk/main"))
    #expect(page.contains("<code>larder runs</code>"))
  }
}
