package import Comparison
internal import Documents
package import History
internal import Notebook

/// Experiments side by side: only what differs between them, and what they came out with.
package struct ExperimentTable: Sendable {
  /// How an experiment stands to the best.
  package enum Standing: Hashable, Sendable {
    case best
    /// Within noise of the best: the difference over the same questions.
    case tied(Interval)
    /// Worse than the best by more than noise.
    case behind(Interval)
    /// Why it cannot be paired with the best.
    case unpaired(String)
  }

  package struct Row: Sendable {
    package let experiment: Experiment
    /// The steps whose cells differ from those of the reference; nil for the reference itself.
    package let cells: [String]?
    /// Nil where nothing ranks the table.
    package let standing: Standing?

    /// Whether it is the best or cannot be told from it.
    package var isAtTop: Bool {
      switch standing {
      case .best, .tied: true
      default: false
      }
    }
  }

  /// The recipe that all are of; nil where they are of several.
  package let recipe: String?
  package private(set) var rows: [Row]
  /// The parameters that differ, by name.
  package let parameters: [String]
  /// Whether the cells of recipes differ.
  package let hasCells: Bool
  /// The run whose cells the others are compared with.
  package let reference: ObjectID?
  /// The measures that at least one has, the most telling first.
  package let measures: [Experiment.Measure]
  /// The measure that ranks them; nil without any.
  package let main: Experiment.Measure?
  /// How much of the lead of the best is luck; nil where that cannot be said.
  package let curse: WinnersCurse?
  /// Experiments of which no run succeeded.
  package let failed: [Branch]

  /// - Parameters:
  ///   - ranking: the column that the table is sorted by, where that is a metric: it ranks the table.
  package init(
    _ experiments: [Experiment], recipe: String?, failed: [Branch] = [], ranking: String? = nil
  ) {
    self.recipe = recipe
    self.failed = failed
    let measures = ExperimentTable.measures(experiments)
    self.measures = measures
    let names = ExperimentTable.Names(measures)
    let asked = measures.first { names.name($0) == ranking }
    let main =
      asked
      ?? measures.first { measure in
        experiments.contains { $0.metrics[measure]?.value != nil }
      }
    self.main = main
    parameters = ExperimentTable.differing(experiments)
    let reference = ExperimentTable.reference(experiments)
    self.reference = reference?.run.id
    // The text says whether anything can differ; without it nothing is compared.
    let texts = Set(experiments.map(\.text))
    let cells = experiments.map { experiment -> [String]? in
      guard let reference, texts.count > 1, experiment.run.id != reference.run.id else {
        return nil
      }
      return CellChanges.steps(from: reference, to: experiment)
    }
    hasCells = cells.contains { $0?.isEmpty == false }

    let sign = main.map { MetricName.lowerIsBetter($0.name) ? -1.0 : 1 } ?? 1
    func figure(_ index: Int) -> Double {
      main.flatMap { experiments[index].metrics[$0]?.value }.map { sign * $0 } ?? -.infinity
    }
    let order = experiments.indices.sorted { a, b in
      let (first, second) = (figure(a), figure(b))
      if first != second { return first > second }
      let (one, other) = (experiments[a].run, experiments[b].run)
      return (one.time, one.id.hex) > (other.time, other.id.hex)
    }
    let best = order.first.flatMap { figure($0).isFinite ? experiments[$0] : nil }
    let standings = ExperimentTable.standings(order.map { experiments[$0] }, best, main)
    rows = zip(order, standings).map { index, standing in
      Row(experiment: experiments[index], cells: cells[index], standing: standing)
    }
    curse = ExperimentTable.curse(rows, main)
  }

  /// The confidence of the intervals of the ranking measure, as in 0.95.
  package var confidence: Double {
    main.flatMap { rows.first?.experiment.bootstraps[$0.step]?.confidence } ?? 0.95
  }

  /// How the columns of measures are called.
  package struct Names: Sendable {
    private let names: [Experiment.Measure: String]

    init(_ measures: [Experiment.Measure]) {
      let counts = Dictionary(grouping: measures, by: \.name).mapValues(\.count)
      names = Dictionary(
        measures.map { ($0, counts[$0.name] == 1 ? $0.name : "\($0.step).\($0.name)") },
        uniquingKeysWith: { first, _ in first })
    }

    /// The measure's name; with its step before it where several steps have it.
    package func name(_ measure: Experiment.Measure) -> String { names[measure] ?? measure.name }
  }

  package var names: Names { Names(measures) }

  /// Puts the rows in the order of a column; those without a value stay last, and equal ones as they
  /// were.
  package mutating func sort(by column: Column, descending: Bool) {
    let values = rows.map { value(of: column, $0) }
    let order = rows.indices.sorted { a, b in
      if values[a].isNull || values[b].isNull || values[a] == values[b] {
        return values[a].isNull == values[b].isNull ? a < b : values[b].isNull
      }
      return ExperimentTable.precedes(values[a], values[b]) != descending
    }
    rows = order.map { rows[$0] }
  }

  /// Numbers in their order, before texts in that of their bytes.
  private static func precedes(_ a: JSON, _ b: JSON) -> Bool {
    switch (a.number, b.number) {
    case (let a?, let b?): a < b
    case (_?, nil): true
    case (nil, _?): false
    case (nil, nil):
      (a.string ?? a.canonicalText).utf8.lexicographicallyPrecedes(
        (b.string ?? b.canonicalText).utf8)
    }
  }

  // MARK: Columns

  private static func measures(_ experiments: [Experiment]) -> [Experiment.Measure] {
    let all = Set(experiments.flatMap(\.metrics.keys))
    let order = MetricName.ordered(Set(all.map(\.name)))
    let places = Dictionary(
      order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return all.sorted { a, b in
      (places[a.name] ?? 0, a.step) < (places[b.name] ?? 0, b.step)
    }
  }

  private static func differing(_ experiments: [Experiment]) -> [String] {
    let names = Set(experiments.flatMap(\.parameters.keys))
    return JSON.canonicalOrder(
      names.filter { name in Set(experiments.map { $0.parameter(name) }).count > 1 })
  }

  /// The recipe as it is where that is among them, otherwise the oldest.
  private static func reference(_ experiments: [Experiment]) -> Experiment? {
    let main = experiments.filter { $0.run.branch.experiment == "main" }
    return (main.isEmpty ? experiments : main).min {
      ($0.run.time, $0.run.id.hex) < ($1.run.time, $1.run.id.hex)
    }
  }

  // MARK: Standings

  private static func standings(
    _ experiments: [Experiment], _ best: Experiment?, _ main: Experiment.Measure?
  ) -> [Standing?] {
    guard let best, let main else { return experiments.map { _ in nil } }
    let pairings = experiments.map { Pairing(best, $0, by: main) }
    let bootstrap = best.bootstraps[main.step] ?? Bootstrap()
    let intervals = Pairing.intervals(pairings, bootstrap)
    return experiments.indices.map { index in
      if experiments[index].run.id == best.run.id { return .best }
      if let objection = pairings[index].objection { return .unpaired(objection) }
      guard let interval = intervals[index] else { return nil }
      let reading = Reading(
        of: interval, pairs: pairings[index].differences.count, confidence: bootstrap.confidence,
        lowerIsBetter: MetricName.lowerIsBetter(main.name))
      return reading == .worse ? .behind(interval) : .tied(interval)
    }
  }

  /// Over all that answered the questions of the best.
  private static func curse(_ rows: [Row], _ main: Experiment.Measure?) -> WinnersCurse? {
    guard let main, let best = rows.first?.experiment, let asked = best.values[main] else {
      return nil
    }
    let ids = asked.keys.sorted()
    let comparable = rows.filter { row in
      if case .unpaired = row.standing { false } else { row.standing != nil }
    }
    let values = comparable.compactMap { row -> [Double]? in
      let found = row.experiment.values[main]
      let list = ids.compactMap { found?[$0] }
      return list.count == ids.count ? list : nil
    }
    // What takes a second for every table says no more than what takes a tenth.
    let resamples = max(200, min(2000, 30_000_000 / max(1, ids.count * values.count)))
    return WinnersCurse(
      of: values, lowerIsBetter: MetricName.lowerIsBetter(main.name), resamples: resamples)
  }
}
