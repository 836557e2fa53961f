internal import BlockingWork
internal import Comparison
internal import Digests
internal import Documents
internal import Files
package import History
internal import Notebook
internal import Planning
internal import Problems
package import Running
package import Store
package import SystemPackage

/// How two runs are told apart.
package struct AttributionOptions: Sendable {
  /// Steps that run at the same time.
  package var jobs: Int
  package var isOffline = false
  package var isSandboxed = true
  package var distdirs: [FilePath] = []
  /// The factors to tell apart from one another and from the rest; nil for all.
  package var factors: [Factor]?
  /// Go by one order of changes, which needs the fewest combinations.
  package var isSequential = false
  /// Nil for the main one.
  package var metric: String?

  package init(jobs: Int) { self.jobs = jobs }

  /// The order in which groups of changes are made; nil for the average over all orders.
  func order(of partition: FactorPartition) -> [Int]? {
    isSequential ? Array(partition.groups.indices) : nil
  }
}

/// Finds out what each change between two runs is worth: runs the combinations of the one's data
/// with the other's parameters and so on, which cost nothing where the store has their steps, and
/// compares their answers to the same questions.
package struct Attributor: Sendable {
  /// What happens meanwhile.
  package enum Event: Sendable {
    /// A combination is about to run.
    case corner(Int, of: Int, fromB: [Factor])
    case run(Running.Event)
  }

  let kitchen: Kitchen
  let history: HistoryRepository
  let store: any Store
  let options: AttributionOptions
  let emit: @Sendable (Event) -> Void

  package init(
    kitchen: Kitchen, history: HistoryRepository, store: any Store, options: AttributionOptions,
    emit: @escaping @Sendable (Event) -> Void
  ) {
    self.kitchen = kitchen
    self.history = history
    self.store = store
    self.options = options
    self.emit = emit
  }

  /// Cancelling the task stops it; what ran stays in the store, and a second call goes on there.
  ///
  /// - Parameter folder: empty, and outside of the kitchen, so that nothing in it is taken for the
  ///   kitchen's own.
  /// - Throws: a user problem where the two cannot be compared.
  package func attribute(
    _ a: PastRun, _ b: PastRun, in folder: FilePath
  ) async throws -> Attribution {
    var pair = try await prepare(a, b, in: folder)
    var corners: [Attribution.Corner] = []
    var scores: [Set<Factor>: QuestionScores] = [:]
    let all = Set(pair.split.factors)
    scores[[]] = pair.a.scores
    scores[all] = pair.b.scores

    let wanted = try await wanted(&pair, in: folder)
    for (index, fromB) in wanted.enumerated() {
      try Task.checkCancellation()
      emit(.corner(index + 1, of: wanted.count, fromB: fromB.sorted()))
      let (corner, found) = try await make(fromB, pair, in: folder)
      corners.append(corner)
      scores[fromB] = found ?? (fromB.isEmpty || fromB == all ? scores[fromB] : nil)
    }
    return try AttributionSum(
      pair: pair, options: options, scores: scores, corners: corners
    ).attribution
  }

  // MARK: Preparing

  /// Reads both runs and finds in what they differ.
  func prepare(_ a: PastRun, _ b: PastRun, in folder: FilePath) async throws -> RunPair {
    try await BlockingWork.run { [history, store, options] in
      try RunPair(
        OpenedRun(a, in: history, store: store), OpenedRun(b, in: history, store: store),
        options: options, in: folder)
    }
  }

  /// The combinations that have to be made: those that are neither of the two runs, and of these
  /// what could not be the same here, so that all are made alike.
  func wanted(_ pair: inout RunPair, in folder: FilePath) async throws -> [Set<Factor>] {
    let all = Set(pair.split.factors)
    if all.isEmpty { return [] }
    var wanted = pair.partition.corners(order: options.order(of: pair.partition)).sorted {
      $0.key < $1.key
    }.map(\.value)
      .filter { !$0.isEmpty && $0 != all }
    for (side, corner) in [(pair.a, Set<Factor>()), (pair.b, all)] {
      guard let why = try await difference(side, corner, pair, in: folder) else { continue }
      pair.notes.append("run \(side.name) is made again, since it was made otherwise: \(why)")
      wanted.append(corner)
    }
    return wanted
  }

  /// Why a run would not be the same if it were made here today; nil where it would.
  private func difference(
    _ side: RunPair.Side, _ corner: Set<Factor>, _ pair: RunPair, in folder: FilePath
  ) async throws -> String? {
    let recipe = try await compose(corner, pair, in: folder)
    let preparer = Preparer(kitchen: kitchen, store: store, options: runOptions(corner, pair)) {
      _, _ in
    }
    let preparation = try await preparer.prepare(recipe, reach: .look)
    let needed = RecipeSide.needs(of: pair.step, in: recipe)
    for step in recipe.steps where needed.contains(step.id) {
      guard let recorded = side.recipe.run.record.actions[step.id] else {
        return "step `\(step.id)` was not made"
      }
      let inputs = (recorded["inputs"]?.object ?? [:]).compactMapValues(Artifact.init(identity:))
      guard let action = try preparation.action(for: step, inputs: inputs) else {
        return "step `\(step.id)` cannot be made here"
      }
      if action.document != recorded {
        return "step `\(step.id)`: "
          + Explanation(from: recorded, to: action.document).text
      }
    }
    return nil
  }

  func compose(_ fromB: Set<Factor>, _ pair: RunPair, in folder: FilePath) async throws -> Recipe {
    try await BlockingWork.run { [store] in
      let own = try Files.makeTemporaryFolder(in: folder, prefix: "hybrid-")
      return try Hybrid(
        of: pair.a.recipe, pair.b.recipe, fromB: fromB, until: pair.step, in: own, store: store
      ).recipe
    }
  }

  // MARK: Combinations

  func runOptions(_ fromB: Set<Factor>, _ pair: RunPair) -> RunOptions {
    var result = RunOptions(jobs: options.jobs)
    result.until = [pair.step]
    result.experiment = pair.experiment(fromB)
    result.note =
      "a hybrid of \(pair.a.name) and \(pair.b.name): "
      + (fromB.isEmpty
        ? "the first again"
        : "\(Attribution.Group.name(fromB.sorted())) of the second")
    // Everything that a combination needs one of the two runs had.
    result.isLocked = true
    result.isOffline = options.isOffline
    result.isSandboxed = options.isSandboxed
    result.distdirs = options.distdirs
    result.isAside = true
    return result
  }

  private func make(
    _ fromB: Set<Factor>, _ pair: RunPair, in folder: FilePath
  ) async throws -> (Attribution.Corner, QuestionScores?) {
    var corner = Attribution.Corner(
      fromB: fromB.sorted(), status: .impossible, experiment: pair.experiment(fromB))
    let summary: RunSummary
    do {
      let recipe = try await compose(fromB, pair, in: folder)
      let emit = emit
      summary = try await Runner(
        kitchen: kitchen, store: store, options: runOptions(fromB, pair),
        emit: { emit(.run($0)) }
      ).run(recipe)
    } catch {
      if Task.isCancelled || error is CancellationError { throw CancellationError() }
      let problem = (error as? Problems)?.all.first ?? Problem(error)
      // A full disk or a damaged store is no property of the combination.
      if problem.tier != .user && problem.tier != .environment { throw error }
      corner.why = problem.message
      return (corner, nil)
    }
    corner.run = summary.commit
    corner.ran = summary.ran
    corner.cached = summary.cached
    corner.seconds = summary.seconds
    switch summary.status {
    case .interrupted: throw CancellationError()
    case .succeeded: corner.status = summary.ran > 0 ? .ran : .cached
    case .waiting, .refused: corner.why = summary.problems.first?.message
    case .failed:
      corner.status = .failed
      corner.why = summary.problems.first?.message
    }
    guard summary.status == .succeeded, let commit = summary.commit else { return (corner, nil) }
    let scores = try await BlockingWork.run { [history, store] in
      try ObjectID(commit).flatMap { try history.run($0) }.map {
        QuestionScores(pair.step, in: try OpenedRun($0, in: history, store: store))
      }
    }
    return (corner, scores)
  }
}

extension Artifact {
  /// Reads an input of an action document, whose size is not said.
  fileprivate init?(identity: JSON) {
    if let digest = identity["file"]?.digest {
      self.init(kind: .file, digest: digest, size: 0)
    } else if let digest = identity["folder"]?.digest {
      self.init(kind: .folder, digest: digest, size: 0)
    } else {
      return nil
    }
  }
}
