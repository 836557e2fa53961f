package import Comparison
internal import Documents
package import Notebook
internal import Problems
package import Rows
internal import Running
internal import SystemPackage

/// A question that two runs answer differently.
package struct AnswerDifference: Sendable {
  /// The `generate` step; of B.
  package let step: StepID
  package let id: String
  package let question: String
  /// The right answer, where the question has one.
  package let reference: String?
  /// Whose answer.
  package let answerer: QuestionScores.Answerer
  package let a: String
  package let b: String
  /// What the answers are worth; nil where nothing scored them.
  package internal(set) var metric: String?
  package internal(set) var valueA: Double?
  package internal(set) var valueB: Double?
  /// The changed training rows that say most nearly the same, the nearest first.
  package internal(set) var rows: [NearRow] = []

  package var delta: Double? {
    guard let valueA, let valueB else { return nil }
    return valueB - valueA
  }

  package var words: WordDifference { WordDifference(a, b) }

  /// A changed training row.
  package struct NearRow: Sendable {
    package let kind: RowComparison.Kind
    package let id: String?
    /// The share of words that it has in common with the question and its right answer.
    package let similarity: Double
    /// What it asked and answered; nil where a side lacks it.
    package let a: String?
    package let b: String?

    package var words: WordDifference { WordDifference(a ?? "", b ?? "") }
  }
}

/// The answers of two runs to the same questions.
package struct AnswerComparison: Sendable {
  package let step: StepID
  /// The first of them, the largest change of the metric first.
  package internal(set) var examples: [AnswerDifference] = []
  package internal(set) var changed = 0
  package internal(set) var same = 0
  package internal(set) var onlyA = 0
  package internal(set) var onlyB = 0
  package internal(set) var problem: String?

  /// So many examples are kept.
  static let most = 200
}

/// Compares the answers of two `generate` steps.
struct AnswerComparer {
  let scoresA: QuestionScores?
  let scoresB: QuestionScores?
  let training: [ChangedRow]

  private struct Answer {
    var question: String
    var reference: String?
    var texts: [QuestionScores.Answerer: String]
  }

  func compare(_ a: OpenedRun, _ stepA: StepID, _ b: OpenedRun, _ stepB: StepID)
    -> AnswerComparison
  {
    var found = AnswerComparison(step: stepB)
    do {
      let old = try AnswerComparer.answers(of: stepA, in: a)
      let new = try AnswerComparer.answers(of: stepB, in: b)
      found.onlyA = old.byQuestion.keys.count { new.byQuestion[$0] == nil }
      found.onlyB = new.byQuestion.keys.count { old.byQuestion[$0] == nil }
      var all: [AnswerDifference] = []
      for id in new.order {
        guard let one = old.byQuestion[id], let other = new.byQuestion[id] else { continue }
        guard let difference = difference(id, one, other, stepB) else {
          found.same += 1
          continue
        }
        all.append(difference)
      }
      found.changed = all.count
      let sorted = all.enumerated().sorted {
        (abs($1.element.delta ?? 0), $0.offset) < (abs($0.element.delta ?? 0), $1.offset)
      }
      found.examples = sorted.prefix(AnswerComparison.most).map { withRows($0.element) }
    } catch { found.problem = Problem(error).message }
    return found
  }

  private func difference(
    _ id: String, _ one: Answer, _ other: Answer, _ step: StepID
  ) -> AnswerDifference? {
    let answerers: [QuestionScores.Answerer] = [.tuned, .base]
    let changed = answerers.first {
      one.texts[$0] != nil && other.texts[$0] != nil && one.texts[$0] != other.texts[$0]
    }
    guard let changed, let a = one.texts[changed], let b = other.texts[changed] else { return nil }
    var difference = AnswerDifference(
      step: step, id: id, question: other.question, reference: other.reference,
      answerer: changed, a: a, b: b)
    let old = scoresA?.values[changed] ?? [:]
    let new = scoresB?.values[changed] ?? [:]
    let names = MetricName.ordered(Set(old.keys).intersection(new.keys))
    if let name = names.first, let x = old[name]?.byQuestion[id], let y = new[name]?.byQuestion[id]
    {
      difference.metric = name
      difference.valueA = x
      difference.valueB = y
    }
    return difference
  }

  private func withRows(_ difference: AnswerDifference) -> AnswerDifference {
    var difference = difference
    let words = Shingles(unit: .words, size: 1).hashes(
      of: difference.question + "\n" + (difference.reference ?? ""))
    let near = training.enumerated().map { index, row in
      (index, row, Shingles.similarity(words, row.words))
    }.filter { $0.2 > 0 }.sorted { ($1.2, $0.0) < ($0.2, $1.0) }
    difference.rows = near.prefix(3).map { _, row, similarity in
      AnswerDifference.NearRow(
        kind: row.kind, id: row.id, similarity: similarity, a: row.a.map(ChangedRow.text),
        b: row.b.map(ChangedRow.text))
    }
    return difference
  }

  private static func answers(
    of step: StepID, in run: OpenedRun
  ) throws -> (order: [String], byQuestion: [String: Answer]) {
    var order: [String] = []
    var found: [String: Answer] = [:]
    try run.withOutput("answers", of: step) { file in
      let lines = try LineReader(file, name: "answers.jsonl of \(step)")
      var names = QuestionNames()
      while let line = try lines.next() {
        if RowReader.isBlank(line) { continue }
        guard let row = try? NumberWords.parse(line), let fields = row.object else { continue }
        var texts: [QuestionScores.Answerer: String] = [:]
        for answerer in QuestionScores.Answerer.allCases {
          texts[answerer] = row[answerer.rawValue]?["answer"]?.string
        }
        let shape = RowShape(of: fields)
        let id = names.next(row)
        order.append(id)
        found[id] = Answer(
          question: shape?.prompt(of: fields) ?? id, reference: shape?.response(of: fields),
          texts: texts)
      }
    }
    return (order, found)
  }
}
