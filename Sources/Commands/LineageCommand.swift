internal import ArgumentParser
internal import BlockingWork
internal import Documents
internal import Experiments
internal import Foundation
internal import History
internal import Problems
internal import Reporting
internal import Running
internal import Store

struct LineageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lineage",
    abstract: "Follow rows, sources and licences to the submissions they reached, and back.",
    discussion: """
      A query is the id of a row, a text in quotes, a source's address or name, an
      SPDX licence, or a run or an output of one. A prefix says which where it could
      be several: id: text: source: licence:

      EXAMPLES
        larder lineage de-capital
            which runs trained on the row with that id
        larder lineage '"as every atlas says"'
            the same for rows that hold a text
        larder lineage licence:CC-BY-SA-4.0
            what holds data under a licence
        larder lineage countryinfo
            or from a source
        larder lineage submission/first
            everything that reached a submission
        larder lineage quickstart:exam.train
            or one output
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "What to follow.") var query: String
  @Flag(help: "Look at every run, not only submissions and each branch's newest run.")
  var all = false
  @Option(help: ArgumentHelp("How many found rows of a set are kept for --json.", valueName: "n"))
  var limit = 20

  func run() async throws {
    guard (1...100_000).contains(limit) else {
      throw Problem(
        .user, "limit", "--limit \(limit) is not usable", hint: "give a number from 1 to 100000")
    }
    let (history, store) = try await options.openPast()
    let (query, all, limit, isJSON) = (query, all, limit, options.json)
    let text = LineageText(
      style: options.style(forTerminal: Console.outputIsTerminal),
      width: Console.outputIsTerminal ? Console.width() : 80)
    let isLive = Console.errorIsTerminal
    let (answer, damaged) = try await BlockingWork.run {
      let asking = Asking(
        query: query, lineage: try Lineage(history: history, store: store), all: all, limit: limit,
        isJSON: isJSON, text: text, progress: LineageProgress(isLive: isLive))
      return try asking.answer(history)
    }
    Console.out(answer.output)
    Console.note(answer.notes)
    if !damaged.isEmpty {
      throw Problem(
        .damage, "damaged-blob",
        "the store has \(damaged.joined(separator: ", ")) damaged: what is in it is not told",
        hint: "run the recipe again: what makes it will run")
    }
  }
}

/// One question to the past and what is printed for it.
private struct Asking {
  let query: String
  let lineage: Lineage
  let all: Bool
  let limit: Int
  let isJSON: Bool
  let text: LineageText
  let progress: LineageProgress

  struct Answer: Sendable {
    var output = ""
    var notes = ""
  }

  func answer(_ history: HistoryRepository) throws -> (Answer, damaged: [String]) {
    defer { progress.end() }
    let subjects = try lineage.subjects(all: all)
    let asked = try LineageQuery(query, history: history) {
      try subjects.flatMap { try lineage.graph($0.run).sources(lineage.store) }
    }
    switch asked {
    case .rows(let needle): return try rows(needle, asked, subjects)
    case .source(let name):
      return try self.sources("source \(name)", name, asked, subjects) { $0.isNamed(name) }
    case .licence(let name):
      return try self.sources("licence \(name)", name, asked, subjects) { $0.isUnder(name) }
    case .run(let run): return try back(asked, run, nil)
    case .output(let run, let step, let name):
      return try back(asked, run, try lineage.output(step: step, named: name, of: run))
    }
  }

  private func rows(
    _ needle: Needle, _ asked: LineageQuery, _ subjects: [Lineage.Subject]
  ) throws -> (Answer, damaged: [String]) {
    let sets = self.sets(needle)
    let traces = try subjects.compactMap { try lineage.trace($0, sets) }
    let isBare = query == needle.value
    if traces.isEmpty, isBare, case .id(let value) = needle {
      // A word that is no row's id may stand in one.
      return try rows(.text(value), .rows(.text(value)), subjects)
    }
    if isJSON {
      return document(asked, needle.value, subjects, sets, traces.map(LineageJSON.object))
    }
    var answer = Answer()
    if traces.isEmpty {
      let what = if case .id = needle { "row has the id" } else { "row or text holds" }
      answer.notes =
        "no \(what) `\(needle.value)` in the \(Words.count(sets.contents, "file")) that were read of "
        + "\(Words.count(subjects.count, "run"))\(scope)\n"
    } else {
      answer.output =
        text.lines(needle, traces, looked: subjects.count).joined(separator: "\n") + "\n"
    }
    return finished(answer, sets)
  }

  private func sources(
    _ title: String, _ value: String, _ asked: LineageQuery, _ subjects: [Lineage.Subject],
    _ isMeant: @escaping (DataSource) -> Bool
  ) throws -> (Answer, damaged: [String]) {
    let sets = self.sets(nil)
    let traces = try subjects.compactMap { try lineage.trace($0, sets, isMeant) }
    if isJSON { return document(asked, value, subjects, sets, traces.map(LineageJSON.object)) }
    var answer = Answer()
    if traces.isEmpty {
      var known = Set<String>()
      for subject in subjects {
        for source in try lineage.graph(subject.run).sources(lineage.store) {
          known.insert("\(source.title) (\(source.licence ?? "licence not known"))")
        }
      }
      answer.notes =
        "no \(title) in \(Words.count(subjects.count, "run"))\(scope)\n"
        + (known.isEmpty ? "" : "sources: \(known.sorted().prefix(12).joined(separator: ", "))\n")
    } else {
      answer.output =
        text.lines(title, traces, looked: subjects.count).joined(separator: "\n") + "\n"
      if !query.contains(":") {
        answer.notes =
          "read as a \(asked.kind); for the row of that id: larder lineage id:\(query)\n"
      }
    }
    return finished(answer, sets)
  }

  private func back(
    _ asked: LineageQuery, _ run: PastRun, _ output: RunGraph.Output?
  ) throws -> (Answer, damaged: [String]) {
    let sets = self.sets(nil)
    let subject = lineage.subject(run)
    let ancestry = try lineage.ancestry(subject, of: output, sets)
    if isJSON { return document(asked, query, [subject], sets, [LineageJSON.object(ancestry)]) }
    return finished(Answer(output: text.lines(ancestry).joined(separator: "\n") + "\n"), sets)
  }

  // MARK: Parts

  private var scope: String {
    all ? "" : ": the submissions and each branch's newest; --all looks at every run"
  }

  private func sets(_ needle: Needle?) -> RowSets {
    RowSets(lineage.store, needle: needle, limit: limit) { [progress] name, bytes in
      progress.show(name, bytes)
    }
  }

  private func document(
    _ asked: LineageQuery, _ value: String, _ subjects: [Lineage.Subject], _ sets: RowSets,
    _ found: [JSON]
  ) -> (Answer, damaged: [String]) {
    let document: JSON = [
      "query": LineageJSON.query(asked, value: value),
      "searched": LineageJSON.searched(subjects, sets), "runs": .array(found),
    ]
    return (Answer(output: document.canonicalText + "\n"), sets.damaged.sorted())
  }

  private func finished(_ answer: Answer, _ sets: RowSets) -> (Answer, damaged: [String]) {
    var answer = answer
    let missing = sets.missing.sorted()
    if !missing.isEmpty {
      let rest = missing.count - 5
      answer.notes +=
        "no longer in the store, so not looked at: \(missing.prefix(5).joined(separator: ", "))"
        + (rest > 0 ? " and \(rest) more" : "") + "\n"
    }
    return (answer, sets.damaged.sorted())
  }
}

/// A line on the terminal that says what is being read, where reading takes more than a moment.
final class LineageProgress {
  private let isLive: Bool
  private let start = ContinuousClock.now
  private var last: ContinuousClock.Instant?

  init(isLive: Bool) { self.isLive = isLive }

  func show(_ name: String, _ bytes: Int64) {
    let now = ContinuousClock.now
    guard isLive, now - (last ?? start) > .milliseconds(300) else { return }
    last = now
    let text = "reading \(name), \(Words.bytes(bytes)) so far"
    Console.note("\r\u{1B}[K\(text.prefix(max(20, Console.width() - 1)))")
  }

  /// Removes the line.
  func end() {
    if last != nil { Console.note("\r\u{1B}[K") }
  }
}
