package import Comparison
package import Documents
package import History
package import Notebook
internal import Problems
internal import Running
package import Store

/// One run as a table of experiments shows it.
package struct Experiment: Sendable {
  /// What it came out with, by one measure.
  package struct Metric: Hashable, Sendable {
    /// Nil where it is no finite number.
    package let value: Double?
    /// Nil where questions are not told apart.
    package let interval: Interval?
    /// How many questions it rests on; 0 where they are not known.
    package let questions: Int
    /// What is wrong with it, as in `NaN for 3 of 44 questions`.
    package let objection: String?
  }

  /// A measure: the step that took it, and its name.
  package struct Measure: Hashable, Comparable, Sendable {
    package let step: StepID
    package let name: String

    package static func < (a: Measure, b: Measure) -> Bool { (a.name, a.step) < (b.name, b.step) }
  }

  package let run: PastRun
  package let submissions: [Submission]
  /// Those of the recipe, and of steps as `STEP.PARAM` where the command line set them.
  package let parameters: [String: JSON]
  /// The action documents, by step.
  package let actions: [StepID: JSON]
  /// The recipe's text, as Git calls it.
  let text: ObjectID?
  /// How long its steps took, in seconds.
  package let seconds: Double?
  package let metrics: [Measure: Metric]
  /// The values of each question, by its id.
  let values: [Measure: [String: Double]]
  /// The ids of the questions in the order in which each step scored them.
  let order: [StepID: [String]]
  /// What was asked, by the step that scored it and the question's id.
  let questions: [StepID: [String: String]]
  /// How each step resamples.
  let bootstraps: [StepID: Bootstrap]
  /// What could not be read.
  package let problems: [String]
  /// The mean of what leaderboards said of its submissions.
  package var leaderboardScore: Double? {
    let scores = submissions.flatMap(\.scores).map(\.value)
    return scores.isEmpty ? nil : Sample.mean(scores)
  }

  /// To read more of it.
  package let opened: OpenedRun

  /// The value of a parameter as the run had it: also one of a step that others set.
  package func parameter(_ name: String) -> JSON? {
    if let value = parameters[name] { return value }
    guard let dot = name.firstIndex(of: "."), let step = StepID(name[..<dot]) else { return nil }
    return actions[step]?["parameters"]?[String(name[name.index(after: dot)...])]
  }
}

/// Reads experiments; what several runs have alike is read once.
///
/// Calls block and one object is for one thread at a time: make and use it on `BlockingWork`.
package final class ExperimentReader {
  private let history: HistoryRepository
  private let store: any Store
  private let submissions: [ObjectID: [Submission]]
  private var documents: [ObjectID: JSON] = [:]

  package init(history: HistoryRepository, store: any Store) throws {
    self.history = history
    self.store = store
    submissions = Dictionary(grouping: try history.submissions(), by: \.run.id)
  }

  /// - Throws: a damage problem where the commit is not what a run writes.
  package func read(_ run: PastRun) throws -> Experiment {
    let record = try document(run, "record/run.json")
    let parameters = try document(run, "recipe/parameters.json")?.object ?? [:]
    let text = try history.entry(run.id, "recipe/\(run.branch.recipe).md")?.id
    let actions = try actions(of: run)
    let opened = OpenedRun(
      record: RunRecord(run, actions: actions, record: record ?? .object([:])), history: history,
      store: store)

    var metrics: [Experiment.Measure: Experiment.Metric] = [:]
    var values: [Experiment.Measure: [String: Double]] = [:]
    var order: [StepID: [String]] = [:]
    var questions: [StepID: [String: String]] = [:]
    var bootstraps: [StepID: Bootstrap] = [:]
    var problems: [String] = []
    for scores in QuestionScores.all(of: opened) {
      if let problem = scores.problem { problems.append(problem) }
      order[scores.step] = scores.questions
      questions[scores.step] = scores.texts
      bootstraps[scores.step] = scores.bootstrap
      let totals = scores.totals
      let answerer: QuestionScores.Answerer =
        totals?["tuned"] != nil || scores.values[.tuned] != nil ? .tuned : .base
      let names = Set(scores.metrics(of: answerer))
        .union((totals?[answerer.rawValue]?.object ?? [:]).keys)
      for name in names {
        let measure = Experiment.Measure(step: scores.step, name: name)
        let found = scores.values[answerer]?[name]
        values[measure] = found?.byQuestion
        metrics[measure] = Experiment.Metric(
          totals?[answerer.rawValue]?[name], found, count: scores.questions.count,
          scores.bootstrap)
      }
    }
    for plain in PlainMetrics.all(of: opened) {
      if let problem = plain.problem { problems.append(problem) }
      for (name, value) in plain.values {
        metrics[Experiment.Measure(step: plain.step, name: name)] = Experiment.Metric(
          value: value, interval: nil, questions: 0, objection: nil)
      }
      for (name, why) in plain.holes {
        metrics[Experiment.Measure(step: plain.step, name: name)] = Experiment.Metric(
          value: nil, interval: nil, questions: 0, objection: why)
      }
    }
    return Experiment(
      run: run, submissions: submissions[run.id] ?? [], parameters: parameters, actions: actions,
      text: text, seconds: record?["seconds"]?.number, metrics: metrics, values: values,
      order: order, questions: questions, bootstraps: bootstraps, problems: problems, opened: opened
    )
  }

  /// The trainings of each run that tables show.
  package static func lossCurves(of tables: [ExperimentTable]) -> [ObjectID: [LossCurve]] {
    var curves: [ObjectID: [LossCurve]] = [:]
    for row in tables.flatMap(\.rows) {
      curves[row.experiment.run.id] = LossCurve.all(of: row.experiment.opened)
    }
    return curves
  }

  private func document(_ run: PastRun, _ path: String) throws -> JSON? {
    guard let bytes = try history.read(run.id, path) else { return nil }
    return try JSON.read(bytes, path, of: run)
  }

  /// The action documents of a run. Runs share most of them, and Git names equal ones alike.
  private func actions(of run: PastRun) throws -> [StepID: JSON] {
    var actions: [StepID: JSON] = [:]
    var folders = ["actions"]
    while let folder = folders.popLast() {
      for entry in try history.entries(run.id, folder) {
        let path = "\(folder)/\(entry.name)"
        if entry.kind == .folder {
          folders.append(path)
          continue
        }
        let name = path.dropFirst("actions/".count).dropLast(".json".count)
        guard entry.name.hasSuffix(".json"), let step = StepID(name) else { continue }
        let known = try documents[entry.id] ?? document(run, path)
        documents[entry.id] = known
        actions[step] = known
      }
    }
    return actions
  }
}

extension Experiment.Metric {
  /// A metric of a `score` step: what `metrics.json` says, or where it does not, what the questions
  /// say together.
  fileprivate init(
    _ total: JSON?, _ values: QuestionScores.Values?, count: Int, _ bootstrap: Bootstrap
  ) {
    objection = values?.objection
    questions = count
    if let value = total?["value"]?.number {
      self.value = value
      if let low = total?["low"]?.number, let high = total?["high"]?.number {
        interval = Interval(value: value, low: low, high: high)
      } else {
        interval = nil
      }
    } else if let values, values.holes.isEmpty, !values.byQuestion.isEmpty {
      let mean = bootstrap.mean(of: values.byQuestion.sorted { $0.key < $1.key }.map(\.value))
      value = mean.value
      interval = mean
    } else {
      value = nil
      interval = nil
    }
  }
}

extension JSON {
  /// A document of a run's commit.
  fileprivate static func read(_ bytes: [UInt8], _ path: String, of run: PastRun) throws -> JSON {
    do { return try JSON(parsing: bytes) } catch {
      throw Problem(
        .damage, "bad-run", "cannot read \(path) of the run \(run.id.short): \(error.message)")
    }
  }
}
