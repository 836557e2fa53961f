internal import BlockingWork
internal import Documents
internal import Files
package import History
package import Notebook
internal import Problems
package import Running
package import SystemPackage

/// What telling two runs apart would run, found out without running anything.
package struct AttributionPlan: Sendable {
  package struct Corner: Sendable {
    /// The factors that come from the second run.
    package let fromB: [Factor]
    /// What it would do; empty where it is impossible.
    package var steps: [Forecast.Entry] = []
    /// Why it is impossible.
    package var why: String?

    /// The steps that would run, or may have to.
    package var toRun: [Forecast.Entry] { steps.filter { $0.state != .cached } }
  }

  package let recipe: String
  package let a: String
  package let b: String
  package let step: StepID
  package let metric: String
  package let changes: [FactorChange]
  package let corners: [Corner]
  package let notes: [String]

  /// How long the steps took that may have to run, in seconds, as far as that is known.
  package var estimatedSeconds: Double {
    corners.flatMap(\.toRun).compactMap(\.lastSeconds).reduce(0, +)
  }
}

extension Attributor {
  /// What `attribute` would run.
  package func plan(
    _ a: PastRun, _ b: PastRun, in folder: FilePath
  ) async throws -> AttributionPlan {
    var pair = try await prepare(a, b, in: folder)
    let wanted = try await wanted(&pair, in: folder)
    var corners: [AttributionPlan.Corner] = []
    for fromB in wanted {
      try Task.checkCancellation()
      var corner = AttributionPlan.Corner(fromB: fromB.sorted())
      do {
        let recipe = try await compose(fromB, pair, in: folder)
        let needed = RecipeSide.needs(of: pair.step, in: recipe)
        corner.steps = try await Forecast(recipe, kitchen: kitchen, store: store).entries
          .filter { needed.contains($0.step.id) }
          .map { entry in
            var entry = entry
            entry.lastSeconds = entry.lastSeconds ?? pair.seconds(of: entry.step.id)
            return entry
          }
      } catch let problem as Problem where problem.tier == .user || problem.tier == .environment {
        corner.why = problem.message
      }
      corners.append(corner)
    }
    return AttributionPlan(
      recipe: pair.a.recipe.recipe.name, a: pair.a.name, b: pair.b.name, step: pair.step,
      metric: pair.metric, changes: pair.split.changes, corners: corners, notes: pair.notes)
  }
}

extension RunPair {
  /// How long a step took in one of the two runs, where it ran there.
  func seconds(of step: StepID) -> Double? {
    [a, b].compactMap {
      $0.recipe.run.record.record["steps"]?[step.text]?["seconds"]?.number
    }.max()
  }
}
