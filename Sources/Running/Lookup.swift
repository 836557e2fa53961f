internal import Digests
internal import Documents
package import Notebook
package import Planning
internal import Steps
package import Store

/// Makes the keys of steps whose inputs are known and looks them up, until nothing more can be
/// known without running something.
package struct Lookup: Sendable {
  package let preparation: Preparation
  package let store: any Store
  package let forced: Set<StepID>
  package let isSandboxed: Bool
  /// The action of every step whose key was made.
  package private(set) var actions: [StepID: Action] = [:]
  /// The result of every step that was found.
  package private(set) var results: [StepID: ActionResult] = [:]
  /// Steps whose source or environment has no pin yet.
  package private(set) var unpinned: [StepID] = []
  /// Steps whose key has a result that is not used, and why.
  package private(set) var passedOver: [StepID: String] = [:]

  package init(
    preparation: Preparation, store: any Store, forced: Set<StepID>, isSandboxed: Bool
  ) {
    self.preparation = preparation
    self.store = store
    self.forced = forced
    self.isSandboxed = isSandboxed
  }

  /// - Returns: the positions of the steps that were found cached, in order.
  package mutating func advance(_ plan: inout Plan) throws -> [Int] {
    var cached: [Int] = []
    while case let batch = plan.takeResolvable(), !batch.isEmpty {
      var keyed: [(index: Int, action: Action)] = []
      for index in batch {
        let step = plan.steps[index]
        if let action = try preparation.action(for: step, inputs: plan.inputs(of: index)) {
          actions[step.id] = action
          keyed.append((index, action))
        } else {
          unpinned.append(step.id)
        }
      }
      let found = try store.results(for: keyed.map(\.action.key))
      let gone = try store.missing(among: Set(found.values.flatMap(\.outputs.values)))
      for (index, action) in keyed {
        let step = plan.steps[index]
        if let result = usable(found[action.key], step, gone: gone) {
          results[step.id] = result
          plan.foundCached(index, key: action.key, outputs: result.outputs)
          cached.append(index)
        } else {
          // What the step is about to find in `in/`, where no step made it as it is.
          for object in plan.takeCollectionObjects(of: index) { try store.put(object) }
          plan.foundMissing(index, key: action.key)
        }
      }
    }
    return cached
  }

  /// A result counts where nothing speaks against it and its bytes are still here.
  private mutating func usable(
    _ result: ActionResult?, _ step: Step, gone: Set<Artifact>
  ) -> ActionResult? {
    guard let result else { return nil }
    if forced.contains(step.id) {
      passedOver[step.id] = "--force"
    } else if step.neverCached {
      passedOver[step.id] = "`cache: never`"
    } else if isSandboxed, !result.isSandboxed {
      passedOver[step.id] = "its result was made without the sandbox"
    } else if result.outputs.values.contains(where: gone.contains) {
      passedOver[step.id] = "its output is no longer in the store"
    } else {
      return result
    }
    return nil
  }
}
