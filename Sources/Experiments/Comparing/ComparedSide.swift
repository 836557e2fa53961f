package import Documents
internal import History
package import Notebook
internal import Problems
internal import Running
internal import Store

/// One side of a comparison: a past run, or a recipe that is compared by its text alone.
package struct ComparedSide: Sendable {
  /// As the user called it.
  package let name: String
  /// Nil for a recipe.
  package let run: OpenedRun?
  /// The recipe's name.
  package let recipe: String
  /// The recipe and those that joined it, with their locks, by file name.
  package let files: [String: [UInt8]]
  /// Those of the recipe, and those of steps that the command line set, as `STEP.PARAM`.
  package let parameters: [String: JSON]
  /// The parameters that each step has, resolved.
  package let stepParameters: [StepID: [String: JSON]]
  let graph: RunGraph?

  /// A past run.
  package init(_ run: OpenedRun, name: String) throws {
    self.name = name
    self.run = run
    recipe = run.record.recipe
    files = run.record.recipeFiles
    let document = try files["parameters.json"].map { try JSON(parsing: $0) }
    parameters = document?.object ?? [:]
    stepParameters = run.record.actions.mapValues { $0["parameters"]?.object ?? [:] }
    graph = RunGraph(
      run.record, references: try RecipeReferences(run.record.recipeFiles, store: run.store))
  }

  /// A recipe without a run.
  package init(_ recipe: Recipe, lock: Lock, name: String) {
    self.name = name
    run = nil
    self.recipe = recipe.name
    var files = [
      "\(recipe.name).md": Array(recipe.text.utf8), "\(recipe.name).lock": Array(lock.text.utf8),
    ]
    for other in recipe.joined { files["\(other.name).md"] = Array(other.text.utf8) }
    self.files = files
    parameters = recipe.parameters.merging(recipe.stepOverrides) { own, _ in own }
    stepParameters = Dictionary(
      recipe.steps.map { ($0.id, $0.parameters) }, uniquingKeysWith: { first, _ in first })
    graph = nil
  }

  /// The text of a recipe of this side.
  func text(_ recipe: String) -> RecipeText? {
    files["\(recipe).md"].map { RecipeText(String(decoding: $0, as: UTF8.self)) }
  }

  /// The names of the recipes that are part of it besides its own.
  var others: [String] {
    files.keys.filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }
      .filter { $0 != recipe }.sorted()
  }

  /// Everything that is pinned.
  var lock: Lock {
    var all = Lock()
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) where name.hasSuffix(".lock") {
      let lock = try? Lock(parsing: String(decoding: bytes, as: UTF8.self), displayPath: name)
      guard let lock else { continue }
      all.sources.merge(lock.sources) { first, _ in first }
      all.runs.merge(lock.runs) { first, _ in first }
    }
    return all
  }

  /// The steps of the run that have no result, with what became of them, as in `failed`.
  package var unfinished: [(step: StepID, status: String)] {
    let steps = run?.record.record["steps"]?.object ?? [:]
    return steps.keys.compactMap { StepID($0) }.sorted().compactMap { step in
      guard run?.record.actions[step] == nil || run?.record.outputs(of: step).isEmpty == true,
        let status = steps[step.text]?["status"]?.string, !["ran", "cached"].contains(status)
      else { return nil }
      return (step, status)
    }
  }
}
