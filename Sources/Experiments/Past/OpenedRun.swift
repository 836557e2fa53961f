internal import Documents
package import History
package import Notebook
package import Running
package import Store

/// A past run together with the history and the store that it is read from: those of the kitchen, or
/// of a bundle that was opened.
package struct OpenedRun: Sendable {
  package let record: RunRecord
  package let history: HistoryRepository
  package let store: any Store

  package init(record: RunRecord, history: HistoryRepository, store: any Store) {
    self.record = record
    self.history = history
    self.store = store
  }

  /// - Throws: a damage problem where the commit is not what a run writes.
  package init(_ run: PastRun, in history: HistoryRepository, store: any Store) throws {
    self.init(record: try RunRecord(run, in: history), history: history, store: store)
  }

  /// The kind of a library step that succeeded, as in `score`; nil for cells of the recipe's own.
  package func uses(_ step: StepID) -> String? { record.actions[step]?["action"]?["uses"]?.string }

  /// The steps of one kind that succeeded, by the action documents.
  package func steps(using kind: String) -> [StepID] {
    record.actions.keys.filter { uses($0) == kind }.sorted()
  }

  /// Whether a step leaves values of single questions: `questions` and `metrics`, named and written
  /// as a `score` step's.
  package func givesScores(_ step: StepID) -> Bool {
    uses(step) == "score"
      || path(of: "questions", of: step) == "questions.jsonl"
        && path(of: "metrics", of: step) == "metrics.json"
  }

  /// The declared path of an output, a folder's with a slash at its end; nil where the step has none
  /// of that name or did not succeed.
  package func path(of output: String, of step: StepID) -> String? {
    record.actions[step]?["outputs"]?[output]?.string
  }

  /// Opens an output; nil where the step has none of that name or did not succeed.
  package func output(_ name: String, of step: StepID) throws -> PastOutput? {
    guard let declared = path(of: name, of: step) else { return nil }
    let isFolder = declared.hasSuffix("/")
    return try PastOutput(
      of: step, path: isFolder ? String(declared.dropLast()) : declared, isFolder: isFolder,
      in: record.run, history, store)
  }
}
