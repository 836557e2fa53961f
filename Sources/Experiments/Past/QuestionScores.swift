package import Comparison
package import Documents
package import Notebook
internal import Problems
internal import Rows
internal import Running
internal import SystemPackage

/// What a `score` step of a past run says of each question, or a cell that leaves `metrics.json` and
/// `questions.jsonl` as one does.
///
/// What is no finite number is a hole: named and counted, never taken for zero and never dropped in
/// silence.
package struct QuestionScores: Hashable, Sendable {
  package enum Answerer: String, Hashable, Sendable, CaseIterable { case base, tuned }

  /// One metric of one answerer.
  package struct Values: Hashable, Sendable {
    package var byQuestion: [String: Double]
    /// Why a question has no value, as in `NaN` or `missing`.
    package var holes: [String: String]

    package init(byQuestion: [String: Double] = [:], holes: [String: String] = [:]) {
      self.byQuestion = byQuestion
      self.holes = holes
    }

    /// As in `NaN for 3 of 44 questions`; nil without a hole.
    package var objection: String? {
      if holes.isEmpty { return nil }
      let counts = Dictionary(grouping: holes.values, by: { $0 }).mapValues(\.count)
      let reasons = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.key) for \($0.value)" }
      return "\(reasons.joined(separator: ", ")) of \(holes.count + byQuestion.count) questions"
    }
  }

  package let step: StepID
  /// The ids in the order of the file; one that comes again is `ID (2)`.
  package private(set) var questions: [String] = []
  /// What was asked, by question, where the file says it.
  package private(set) var texts: [String: String] = [:]
  /// By answerer and metric.
  package private(set) var values: [Answerer: [String: Values]] = [:]
  /// `metrics.json`: the totals with their intervals; nil where it cannot be read.
  package private(set) var totals: JSON?
  /// What the step was asked to resample by.
  package let bootstrap: Bootstrap
  /// Why there are no questions, or not all: what cannot be read, in one sentence.
  package private(set) var problem: String?

  /// Reads every `score` step of a run, also those that joined from other recipes, and every cell of
  /// the user's own that leaves the same files.
  package static func all(of run: OpenedRun) -> [QuestionScores] {
    run.record.actions.keys.filter(run.givesScores).sorted().map { QuestionScores($0, in: run) }
  }

  /// Reads what a `score` step gave; what cannot be read is said in `problem`.
  package init(_ step: StepID, in run: OpenedRun) {
    self.step = step
    let parameters = run.record.actions[step]?["parameters"]
    let confidence = parameters?["confidence"]?.number ?? 0.95
    bootstrap = Bootstrap(
      resamples: max(1, parameters?["resamples"]?.integer.map { Int(clamping: $0) } ?? 2000),
      confidence: 0 < confidence && confidence < 1 ? confidence : 0.95,
      seed: parameters?["seed"]?.integer ?? 0)
    do {
      try run.output("metrics", of: step)?.read { totals = try? NumberWords.parse($0) }
      try run.output("questions", of: step)?.withFile { file in
        try read(LineReader(file, name: "questions.jsonl of \(step)"))
      }
    } catch { problem = Problem(error).message }
  }

  /// The metrics of an answerer, in the order of their names.
  package func metrics(of answerer: Answerer) -> [String] {
    JSON.canonicalOrder((values[answerer] ?? [:]).keys)
  }

  private mutating func read(_ lines: LineReader) throws {
    var unread = 0
    var found: [(id: String, row: JSON)] = []
    var names = QuestionNames()
    while let line = try lines.next() {
      if RowReader.isBlank(line) { continue }
      guard let row = try? NumberWords.parse(line), row.object != nil else {
        unread += 1
        continue
      }
      let id = names.next(row)
      found.append((id, row))
      texts[id] = row["instruction"]?.string
    }
    questions = found.map(\.id)
    for answerer in Answerer.allCases {
      let names = found.reduce(into: Set<String>()) {
        $0.formUnion(($1.row[answerer.rawValue]?.object ?? [:]).keys)
      }
      for name in names {
        var all = Values()
        for (id, row) in found {
          let value = row[answerer.rawValue]?[name]
          if let number = value?.number {
            all.byQuestion[id] = number
          } else {
            all.holes[id] = NumberWords.objection(to: value)
          }
        }
        values[answerer, default: [:]][name] = all
      }
    }
    if unread > 0 {
      problem = "\(unread) of \(unread + found.count) lines of \(lines.name) are no JSON objects"
    }
  }
}

/// Names the rows of one file of questions, as `score` and `generate` do.
struct QuestionNames {
  private var count = 0
  private var seen: [String: Int] = [:]

  /// The row's `id`, or where it has none its position: `#1` is the first. A name that comes again
  /// is `NAME (2)`.
  mutating func next(_ row: JSON) -> String {
    count += 1
    let name =
      switch row["id"] {
      case .string(let text)?: text
      case nil, .null?: "#\(count)"
      case let value?: value.canonicalText
      }
    let times = seen[name, default: 0] + 1
    seen[name] = times
    return times == 1 ? name : "\(name) (\(times))"
  }
}
