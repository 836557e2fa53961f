internal import Comparison
internal import Documents
internal import Files
internal import History
internal import Notebook
internal import Problems
internal import Running
internal import SystemPackage

/// Two runs of one recipe with scores of the same questions, and in what they differ.
struct RunPair: Sendable {
  struct Side: Sendable {
    /// The run's short id.
    let name: String
    let recipe: RecipeSide
    let scores: QuestionScores
  }

  let a: Side
  let b: Side
  /// The step whose metrics are told apart.
  let step: StepID
  let answerer: QuestionScores.Answerer
  let metric: String
  let split: FactorSplit
  /// The factors that differ, as they are to be told apart.
  let partition: FactorPartition
  var notes: [String] = []

  /// - Parameter folder: is there; the recipes are laid out in it.
  /// - Throws: a user problem where the two cannot be compared.
  init(_ a: OpenedRun, _ b: OpenedRun, options: AttributionOptions, in folder: FilePath) throws {
    guard a.record.run.id != b.record.run.id else {
      throw Problem(
        .user, "same-run", "both are the run \(a.record.run.id.short)",
        hint: "name two runs: larder runs lists them")
    }
    guard a.record.recipe == b.record.recipe else {
      throw Problem(
        .user, "different-recipes",
        "cannot tell the changes apart between runs of different recipes: "
          + "`\(a.record.recipe)` and `\(b.record.recipe)`",
        hint: "name two runs of one recipe; larder diff compares any two")
    }
    let (oldScores, newScores) = (try RunPair.scores(of: a), try RunPair.scores(of: b))
    let chosen = try RunPair.choose(options.metric, oldScores, newScores)
    (step, answerer, metric) = (chosen.old.step, chosen.answerer, chosen.metric)
    let folders = try (0..<3).map { _ in
      try Files.makeTemporaryFolder(in: folder, prefix: "recipe-")
    }
    let old = try RecipeSide(a, in: folders[0])
    let new = try RecipeSide(b, in: folders[1])
    self.a = Side(name: RunPair.name(of: a), recipe: old, scores: chosen.old)
    self.b = Side(name: RunPair.name(of: b), recipe: new, scores: chosen.new)
    let bent = try? Hybrid(
      of: old, new, fromB: [.parameters], until: step, in: folders[2], store: a.store
    ).recipe
    split = FactorSplit(old, new, until: step, otherwiseA: bent)
    for name in Set(options.factors ?? []).subtracting(split.factors).sorted() {
      notes.append("nothing differs in \(name.rawValue)")
    }
    partition = RunPair.partition(split.factors, options.factors)
  }

  private static func name(of run: OpenedRun) -> String { String(run.record.run.id.hex.prefix(8)) }

  /// The branch of a combination: never `main`, and never found by a recipe's name.
  func experiment(_ fromB: Set<Factor>) -> String {
    "attribute.\(a.name).\(b.name).\(Hybrid.name(fromB))"
  }

  /// What is named stands alone, the rest together.
  private static func partition(_ present: [Factor], _ wanted: [Factor]?) -> FactorPartition {
    guard let wanted else { return FactorPartition(present.map { [$0] }) }
    var groups: [[Factor]] = []
    for factor in wanted where present.contains(factor) && !groups.contains([factor]) {
      groups.append([factor])
    }
    let rest = present.filter { !wanted.contains($0) }
    return FactorPartition(rest.isEmpty ? groups : groups + [rest])
  }

  // MARK: Scores

  private static func scores(of run: OpenedRun) throws -> [QuestionScores] {
    let all = QuestionScores.all(of: run)
    let found = all.filter { !$0.questions.isEmpty }
    if !found.isEmpty { return found }
    let name = run.record.run.id.short
    if let problem = all.compactMap(\.problem).first {
      throw Problem(.user, "no-scores", "cannot read the scores of run \(name): \(problem)")
    }
    let status = run.record.run.status
    guard status == .succeeded || status == .until else {
      throw Problem(
        .user, "no-scores", "the run \(name) is \(status.rawValue) and has no scores",
        hint: "run it to its end first: larder run \(run.record.recipe)")
    }
    throw Problem(
      .user, "no-scores",
      "the run \(name) has no metric with values of single questions, so that nothing could be "
        + "said of noise",
      hint: "score answers with `uses: score`, or let a cell leave questions.jsonl beside "
        + "metrics.json: a line {\"id\":…,\"tuned\":{METRIC:NUMBER}} for each question")
  }

  private static func choose(
    _ wanted: String?, _ a: [QuestionScores], _ b: [QuestionScores]
  ) throws -> (
    old: QuestionScores, new: QuestionScores, answerer: QuestionScores.Answerer, metric: String
  ) {
    var known: [String] = []
    var withoutCommonQuestions: [String] = []
    for old in a {
      guard let new = b.first(where: { $0.step == old.step }) else { continue }
      // The untouched model's answers say nothing of the changes where there are others.
      let answerers = QuestionScores.Answerer.allCases.reversed().filter {
        old.values[$0] != nil && new.values[$0] != nil
      }
      guard let answerer = answerers.first else { continue }
      let all = old.metrics(of: answerer).filter { new.values[answerer]?[$0] != nil }
      let usable = all.filter { name in
        let (x, y) = (old.values[answerer]?[name], new.values[answerer]?[name])
        return !Set(x.map { Array($0.byQuestion.keys) } ?? [])
          .isDisjoint(with: y.map { Array($0.byQuestion.keys) } ?? [])
      }
      known += usable
      withoutCommonQuestions += all.filter { !usable.contains($0) }
      if let wanted {
        let name =
          wanted.hasPrefix("\(old.step).")
          ? String(wanted.dropFirst(old.step.text.count + 1)) : wanted
        if usable.contains(name) { return (old, new, answerer, name) }
      } else if let first = MetricName.ordered(usable).first {
        return (old, new, answerer, first)
      }
    }
    if let wanted, !known.isEmpty {
      throw Problem(
        .user, "no-metric", "the runs have no common metric `\(wanted)`",
        hint: Suggestion.hint(for: wanted, among: known)
          ?? "their metrics: \(Set(known).sorted().joined(separator: ", "))")
    }
    throw Problem(
      .user, "nothing-common",
      withoutCommonQuestions.isEmpty
        ? "the runs have no metric of the same step in common"
        : "the runs answered no question in common",
      hint: "keep the questions apart from what you change, as in a file of their own")
  }
}
