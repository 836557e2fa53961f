internal import Documents
package import Notebook
internal import Planning
package import Store

/// What a run of a recipe would do now, found out without running or fetching anything.
package struct Forecast: Sendable {
  /// One step of the forecast.
  package struct Entry: Sendable {
    package enum State: String, Sendable {
      /// Its result is in the store.
      case cached
      /// It will run.
      case run
      /// It runs only if a step before it gives other bytes than before.
      case depends
    }
    package var step: Step
    package var state: State
    package var why: String
    /// How long it took when it last ran here, in seconds.
    package var lastSeconds: Double?
    /// The steps that it needs, by their ids.
    package var needs: [StepID] { Set(step.inputs.values.flatMap(\.steps)).sorted() }
  }

  package let recipe: String
  package let entries: [Entry]

  /// Looks up every step whose key can be known.
  package init(_ recipe: Recipe, kitchen: Kitchen, store: any Store) async throws {
    let options = RunOptions(jobs: 1)
    let preparer = Preparer(kitchen: kitchen, store: store, options: options) { _, _ in }
    let preparation = try await preparer.prepare(recipe, reach: .look)
    var plan = Plan(recipe: recipe, files: preparation.files, runs: preparation.runs)
    var lookup = Lookup(preparation: preparation, store: store, forced: [], isSandboxed: true)
    _ = try lookup.advance(&plan)
    let lastKeys = try LastKeys(of: recipe.name, store: store)
    let unpinned = Set(lookup.unpinned)
    var waits = Waits()

    self.recipe = recipe.name
    entries = try plan.steps.enumerated().map { index, step in
      let last = try lastKeys.result(of: step.id)?.seconds
      var entry = Entry(step: step, state: .run, why: "", lastSeconds: last)
      switch plan.states[index] {
      case .cached:
        entry.state = .cached
        entry.why = "its key has a result"
      case .ready:
        if let reason = lookup.passedOver[step.id] {
          entry.why = reason
        } else if let action = lookup.actions[step.id] {
          entry.why = try lastKeys.why(step.id, action)
        }
      default:
        if unpinned.contains(step.id) {
          entry.why = "its source, environment or past result is not pinned yet"
        } else {
          entry.state = .depends
          let words = step.inputs.values.compactMap { waits.words($0, plan) }
          entry.why = "waits for \(Set(words).sorted().joined(separator: ", "))"
        }
      }
      return entry
    }
  }

  /// Seconds of the steps that would run, as far as they ran before.
  package var estimatedSeconds: Double {
    entries.filter { $0.state != .cached }.compactMap(\.lastSeconds).reduce(0, +)
  }

  /// What inputs wait for, in words; each collection is looked at once, however many steps need it.
  private struct Waits {
    private var collections: [StepCollection: String?] = [:]

    mutating func words(_ reference: Reference, _ plan: Plan) -> String? {
      switch reference {
      case .file, .run: return nil
      case .output(let id, _): return Waits.isOpen(id, plan) ? "`\(id)`" : nil
      case .collection(let collection):
        if let known = collections[collection] { return known }
        let open = collection.steps.filter { Waits.isOpen($0, plan) }
        let words: String? =
          open.isEmpty
          ? nil
          : open.count <= 3
            ? open.map { "`\($0)`" }.joined(separator: ", ")
            : "\(open.count) instances of `\(collection.step)`"
        collections[collection] = .some(words)
        return words
      }
    }

    private static func isOpen(_ id: StepID, _ plan: Plan) -> Bool {
      plan.position(of: id).map { !plan.states[$0].isFinal } ?? false
    }
  }
}
