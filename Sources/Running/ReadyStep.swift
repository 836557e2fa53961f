internal import Notebook
internal import Planning
internal import Problems
internal import Store

/// A step whose inputs are all known, found without running anything.
struct ReadyStep: Sendable {
  let step: Step
  let action: Action
  /// What each input name holds.
  let inputs: [String: Artifact]
  let preparation: Preparation
  let preparer: Preparer

  /// - Parameter purpose: what the step is needed for, as in `take evidence for`.
  /// - Throws: a user problem that names the steps that must run first.
  init(
    _ step: Step, of recipe: Recipe, kitchen: Kitchen, store: any Store, options: RunOptions,
    to purpose: String
  ) async throws {
    let preparer = Preparer(kitchen: kitchen, store: store, options: options) { _, _ in }
    let preparation = try await preparer.prepare(recipe, reach: .look)
    var plan = Plan(
      recipe: recipe, files: preparation.files, runs: preparation.runs, until: [step.id])
    var lookup = Lookup(
      preparation: preparation, store: store, forced: [step.id], isSandboxed: options.isSandboxed)
    _ = try lookup.advance(&plan)
    guard let index = plan.position(of: step.id), case .ready = plan.states[index],
      let action = lookup.actions[step.id]
    else {
      let open = zip(plan.steps, plan.states).filter { $0.id != step.id && !$1.isFinal }.map(\.0.id)
      let names = open.prefix(3).map { "`\($0)`" }.joined(separator: ", ")
      let more = open.count > 3 ? " and \(open.count - 3) more" : ""
      let first =
        switch open.count {
        case 0: "its environment, source or a past result is not pinned yet"
        case 1: "step \(names) must run first"
        default: "steps \(names)\(more) must run first"
        }
      let command = ([recipe.name] + options.recipeArguments).joined(separator: " ")
      throw Problem(
        .user, "not-ready", "cannot \(purpose) step `\(step.id)`: \(first)",
        hint: open.isEmpty
          ? "pin it: larder lock \(recipe.name)"
          : "run what it needs: larder run \(command) --until \(open.count == 1 ? open[0] : step.id)"
      )
    }
    self.step = step
    self.action = action
    self.preparation = preparation
    self.preparer = preparer
    inputs = plan.inputs(of: index)
  }
}
