internal import Digests
internal import Documents
internal import History
package import Notebook
package import Rows
package import Running

/// Everything that differs between two runs, or between the recipes of them: what changed, and what it
/// did.
///
/// Text, JSON and page show this one value. Times, hosts and what came from the cache are no
/// difference.
package struct RunComparison: Sendable {
  package let a: ComparedSide
  package let b: ComparedSide
  package private(set) var cells: [CellDifference] = []
  /// The recipes in which only the text around cells differs, or also that.
  package private(set) var prose: [String] = []
  /// Those of the recipe and overrides of steps; and those that a changed cell gives a step, as
  /// `STEP.PARAM`.
  package private(set) var parameters: [ParameterDifference] = []
  package private(set) var environment = Surroundings()
  package private(set) var sources: [SourceDifference] = []
  package private(set) var licences: LicenceDifference
  /// In the order of the graph; without steps that are the same.
  package private(set) var steps: [StepDifference] = []
  /// How many steps are the same.
  package private(set) var sameSteps = 0
  package private(set) var rows: [RowSetDifference] = []
  package private(set) var metrics: [MetricDifference] = []
  package private(set) var answers: [AnswerComparison] = []
  package private(set) var weights: [WeightDifference] = []
  /// The losses of trainings that differ.
  package private(set) var curves: [(a: LossCurve, b: LossCurve)] = []
  /// What could not be read, in one sentence each.
  package private(set) var problems: [String] = []
  /// Whether the two runs have no step in common.
  package private(set) var sharesNothing = false

  /// What the steps ran in and on.
  package struct Surroundings: Hashable, Sendable {
    /// The packages in which the environment of some steps differs.
    package struct Packages: Hashable, Sendable {
      package let steps: [StepID]
      package let changes: [EnvironmentDifference.Change]
    }

    package var packages: [Packages] = []
    /// The Larder versions; nil where they are one.
    package var larder: ParameterDifference?
    /// The processors; nil where they are one.
    package var machine: ParameterDifference?

    package var isEmpty: Bool { packages.isEmpty && larder == nil && machine == nil }
  }

  package struct Options: Sendable {
    /// What rows are paired by; nil for `id` or similarity.
    package var key: RowPath?
    /// How many changed rows of a row set are kept with what they say.
    package var rowLimit: Int

    package init(key: RowPath? = nil, rowLimit: Int = 20) {
      self.key = key
      self.rowLimit = max(0, rowLimit)
    }
  }

  /// Compares two sides. Reads only outputs whose digests differ. Blocks while it reads.
  package init(_ a: ComparedSide, _ b: ComparedSide, _ options: Options = Options()) {
    self.a = a
    self.b = b
    licences = LicenceDifference(a.lock, b.lock)
    sources = SourceDifference.all(a.lock, b.lock)
    var renamed: [StepID: StepID] = [:]
    if let one = a.run, let other = b.run, let graphA = a.graph, let graphB = b.graph {
      func unfinished(_ side: ComparedSide) -> [StepID: String] {
        Dictionary(side.unfinished.map { ($0.step, $0.status) }, uniquingKeysWith: { $1 })
      }
      let comparer = StepComparer(
        a: one, b: other, graphA: graphA, graphB: graphB, unfinishedA: unfinished(a),
        unfinishedB: unfinished(b))
      renamed = comparer.renamed
      let all = comparer.all()
      steps = all.filter { $0.status != .same || $0.was != nil || $0.missing != nil }
      sameSteps = all.count - steps.count
      sharesNothing =
        !all.isEmpty && all.allSatisfy { $0.status == .added || $0.status == .removed }
      environment = RunComparison.surroundings(one, other, renamed)
      compareResults(one, other, graphA, graphB, renamed, options)
    }
    cells = RunComparison.cells(a, b, renamed)
    prose = RunComparison.prose(a, b)
    parameters = parameterDifferences()
    judgeCells(renamed)
  }

  // MARK: The recipe

  private static func cells(
    _ a: ComparedSide, _ b: ComparedSide, _ renamed: [StepID: StepID]
  ) -> [CellDifference] {
    let same = Dictionary(
      renamed.map { ($0.key.text, $0.value.text) }, uniquingKeysWith: { first, _ in first })
    let empty = RecipeText("")
    var found = CellDifference.all(
      a.text(a.recipe) ?? empty, b.text(b.recipe) ?? empty, same: same)
    for name in Set(a.others).union(b.others).sorted() {
      // Of another recipe only the cells that joined matter.
      found += CellDifference.all(
        a.text(name) ?? empty, b.text(name) ?? empty, prefix: "\(name)/", same: same
      ).filter { cell in
        [cell.cell, cell.was].compactMap { $0.flatMap { StepID($0) } }
          .contains { a.stepParameters[$0] != nil || b.stepParameters[$0] != nil }
      }
    }
    return found
  }

  private static func prose(_ a: ComparedSide, _ b: ComparedSide) -> [String] {
    let pairs =
      [(a.text(a.recipe), b.text(b.recipe), b.recipe)]
      + Set(a.others).intersection(b.others).sorted().map { (a.text($0), b.text($0), $0) }
    return pairs.compactMap { old, new, name in old?.prose == new?.prose ? nil : name }
  }

  /// Those of the recipe, and of steps where the recipe's do not explain them.
  private func parameterDifferences() -> [ParameterDifference] {
    var found = ParameterDifference.all(a.parameters, b.parameters)
    let changed = Set(cells.flatMap { [$0.cell, $0.was ?? $0.cell] })
    for step in a.stepParameters.keys.sorted() where changed.contains(step.cell.text) {
      guard let old = a.stepParameters[step], let new = b.stepParameters[step] else { continue }
      for difference in ParameterDifference.all(old, new) {
        // Instances of a matrix that differ alike are told once.
        let shared = "\(step.cell).\(difference.name)"
        let told = found.first { $0.name == shared }
        if let told, told.a == difference.a, told.b == difference.b { continue }
        let name = told == nil ? shared : "\(step).\(difference.name)"
        // The cell hands a parameter of the recipe on, which is told already.
        let isHandedOn = found.contains { $0.a == difference.a && $0.b == difference.b }
        if !isHandedOn {
          found.append(ParameterDifference(name: name, a: difference.a, b: difference.b))
        }
      }
    }
    return found
  }

  /// Says of each changed cell what it means for its step.
  private mutating func judgeCells(_ renamed: [StepID: StepID]) {
    guard a.run != nil, b.run != nil else { return }
    for index in cells.indices where cells[index].kind == .changed {
      // Of a matrix, one for each instance.
      let made = steps.filter { $0.step.cell.text == cells[index].cell }
      let own = made.flatMap(\.reasons).filter { !$0.hasPrefix("input ") }
      if !own.isEmpty, own.allSatisfy({ $0.hasPrefix("parameter `") }) {
        cells[index].effect = .parameters
      } else if made.allSatisfy({ $0.reasons.isEmpty && $0.missing == nil && $0.status != .added })
      {
        cells[index].effect = .none
      }
    }
  }

  // MARK: The environment

  private static func surroundings(
    _ a: OpenedRun, _ b: OpenedRun, _ renamed: [StepID: StepID]
  ) -> Surroundings {
    var found = Surroundings()
    var steps: [[Digest]: [StepID]] = [:]
    for (old, action) in a.record.actions {
      let step = renamed[old] ?? old
      guard let one = action["environment"]?.digest,
        let other = b.record.actions[step]?["environment"]?.digest, one != other
      else { continue }
      steps[[one, other], default: []].append(step)
    }
    for (pair, users) in steps.sorted(by: {
      ($0.value.min()?.text ?? "") < ($1.value.min()?.text ?? "")
    }) {
      guard let one = a.record.environments[pair[0]], let other = b.record.environments[pair[1]]
      else { continue }
      found.packages.append(
        Surroundings.Packages(
          steps: users.sorted(), changes: EnvironmentDifference(one, other).changes))
    }
    func difference(_ name: String, _ a: String?, _ b: String?) -> ParameterDifference? {
      guard let a, let b, a != b else { return nil }
      return ParameterDifference(name: name, a: .string(a), b: .string(b))
    }
    found.larder = difference(
      "Larder", a.record.run.larderVersion, b.record.run.larderVersion)
    found.machine = difference(
      "processor", a.record.record["machine"]?["processor"]?.string,
      b.record.record["machine"]?["processor"]?.string)
    return found
  }

  // MARK: What it did

  private mutating func compareResults(
    _ a: OpenedRun, _ b: OpenedRun, _ graphA: RunGraph, _ graphB: RunGraph,
    _ renamed: [StepID: StepID], _ options: Options
  ) {
    let rowComparer = RowSetComparer(
      a: a, b: b, graphA: graphA, graphB: graphB, renamed: renamed, key: options.key,
      limit: options.rowLimit)
    let (rows, training) = rowComparer.all()
    self.rows = rows
    func old(_ step: StepID) -> StepID { renamed.first { $0.value == step }?.key ?? step }
    func differs(_ step: StepID, _ output: String) -> Bool {
      let one = a.record.outputs(of: old(step))[output]
      let other = b.record.outputs(of: step)[output]
      return one != nil && other != nil && one != other
    }
    let scores = MetricComparer(
      a: QuestionScores.all(of: a), b: QuestionScores.all(of: b), renamed: renamed)
    for side in [scores.a, scores.b] { problems += side.compactMap(\.problem) }
    let changedScores = MetricComparer(
      a: scores.a,
      b: scores.b.filter { score in
        guard let pair = scores.pairs.first(where: { $0.b.step == score.step }) else {
          return false
        }
        let one = a.record.outputs(of: pair.a.step)["questions"]
        return one != b.record.outputs(of: score.step)["questions"]
      }, renamed: renamed)
    metrics =
      changedScores.all()
      + MetricDifference.plain(PlainMetrics.all(of: a), PlainMetrics.all(of: b), renamed: renamed)
    for step in graphB.nodes where step.kind.hasPrefix("generate") {
      guard differs(step.step, "answers"), rowComparer.results.contains(step.step) else {
        continue
      }
      func scored(_ all: [QuestionScores], _ graph: RunGraph, _ step: StepID) -> QuestionScores? {
        all.first { score in
          let origins = graph.node(score.step)?.inputs.first { $0.name == "answers" }?.origins
          return origins?.contains(.output(RunGraph.Output(step: step, name: "answers"))) ?? false
        }
      }
      let comparer = AnswerComparer(
        scoresA: scored(scores.a, graphA, old(step.step)),
        scoresB: scored(scores.b, graphB, step.step), training: training)
      answers.append(comparer.compare(a, old(step.step), b, step.step))
    }
    problems += answers.compactMap(\.problem)
    weights = WeightComparer(a: a, b: b).all(steps)
    curves = LossCurve.all(of: b).compactMap { new in
      guard differs(new.step, "log") else { return nil }
      return (LossCurve(old(new.step), in: a), new)
    }
    problems += curves.flatMap { [$0.a.problem, $0.b.problem] }.compactMap { $0 }
  }
}

extension RunComparison {
  /// Whether there is no difference at all.
  package var isEmpty: Bool {
    cells.isEmpty && prose.isEmpty && parameters.isEmpty && environment.isEmpty && sources.isEmpty
      && licences.isEmpty && steps.isEmpty && rows.isEmpty && metrics.isEmpty
  }

  /// The metric that stands for the result: the first of those that compare the runs.
  package var headline: MetricDifference? {
    let main = metrics.filter(\.isMain)
    return main.first { $0.delta != nil && $0.reading != nil } ?? main.first { $0.delta != nil }
  }

  /// The changed rows that matter: those a training read, otherwise the first of the graph; what a
  /// step did not pass on is told by what it did.
  package var causingRows: [RowSetDifference] {
    let training = rows.filter(\.isTraining)
    return training.isEmpty
      ? rows.filter { $0.follows.isEmpty && !RunGraph.isDropped($0.output) } : training
  }

  /// Cells that make a step do something else.
  package var workingCells: [CellDifference] { cells.filter { $0.effect == .work } }
}
