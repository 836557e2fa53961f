internal import Digests
internal import Documents
internal import Files
internal import History
package import Notebook
internal import Problems
internal import Recording
internal import Running
internal import Steps
package import Store
package import SystemPackage

/// The recipe of a past run, read as it was then.
package struct RecipeSide: Sendable {
  package let run: OpenedRun
  package let recipe: Recipe
  /// The content of `file:` inputs and requirements files, by their paths from the recipe's folder.
  package let artifacts: [String: Artifact]
  /// By recipe name.
  package let locks: [String: Lock]

  private let positions: [StepID: Int]

  /// The files of the commit's `recipe/`, by name.
  package var files: [String: [UInt8]] { run.record.recipeFiles }

  /// Lays the recipe out in an empty folder and reads it.
  package init(_ run: OpenedRun, in folder: FilePath) throws {
    self.run = run
    artifacts = try RecipeFiles.artifacts(run.record.recipeFiles["files.json"])
    var locks: [String: Lock] = [:]
    for (name, bytes) in run.record.recipeFiles where name.hasSuffix(".lock") {
      locks[String(name.dropLast(5))] = try Lock(
        parsing: String(decoding: bytes, as: UTF8.self), displayPath: name)
    }
    self.locks = locks
    let laidOut = try LaidOutRecipe(run.record.recipeFiles, in: folder, from: run.store)
    let wanted = try RecipeSide.parameters(run.record.recipeFiles)
    do {
      recipe = try laidOut.read(wanted: wanted)
    } catch let problems as Problems {
      throw RecipeSide.unreadable(run, problems)
    }
    positions = Dictionary(
      recipe.steps.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private static func unreadable(_ run: OpenedRun, _ problems: Problems) -> Problem {
    Problem(
      .user, "old-recipe",
      "cannot read the recipe of run \(run.record.run.id.short) with this Larder: "
        + (problems.all.first?.message ?? "it has mistakes"),
      hint: "compare runs that this version of Larder made: run the recipe again")
  }

  /// `parameters.json` of a commit.
  static func parameters(_ files: [String: [UInt8]]) throws -> [String: JSON] {
    guard let bytes = files["parameters.json"] else { return [:] }
    return try JSON(parsing: bytes).object ?? [:]
  }

  package func step(_ id: StepID) -> Step? { positions[id].map { recipe.steps[$0] } }

  /// The lock of the recipe that a step comes from.
  package func lock(of id: StepID) -> Lock { locks[id.recipe ?? recipe.name] ?? Lock() }

  /// What an input from a file is; nil for other inputs.
  package func artifact(of input: String, of step: StepID) -> Artifact? {
    guard case .file(let path)? = self.step(step)?.inputs[input] else { return nil }
    return artifacts[path]
  }

  /// What an input from a past result is pinned to; nil for other inputs.
  package func pin(of input: String, of step: StepID) -> Lock.Run? {
    guard case .run(let target)? = self.step(step)?.inputs[input] else { return nil }
    return lock(of: step).runs[target]
  }

  /// The requirements and the pin of a step's environment of its own; nil where it has none.
  package func environment(
    of step: StepID
  ) -> (request: EnvironmentRequest, pin: Lock.Environment?)? {
    guard let name = self.step(step)?.environment, let request = recipe.environments[name] else {
      return nil
    }
    return (request, lock(of: step).environments[Preparer.lockKey(of: request)])
  }

  /// The pin of a step that is a source; nil for other steps.
  package func source(of step: StepID) -> Lock.Source? {
    guard let found = self.step(step), case .library(let kind) = found.work,
      let key = try? Sources.all[kind]?.lockKey(found.parameters)
    else { return nil }
    return lock(of: step).sources[key]
  }

  package func isSource(_ step: StepID) -> Bool {
    guard let step = self.step(step) else { return false }
    if case .source? = StepLibrary.implementation(of: step) { return true }
    return false
  }

  /// A step and everything that it needs.
  package static func needs(of id: StepID, in recipe: Recipe) -> Set<StepID> {
    let steps = Dictionary(
      recipe.steps.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var found: Set<StepID> = []
    var front = [id]
    while let next = front.popLast() {
      guard let step = steps[next], found.insert(next).inserted else { continue }
      front += step.inputs.values.flatMap(\.steps)
    }
    return found
  }
}

/// A recipe's files in a folder of their own, from which it is read with one set of parameters or
/// another.
struct LaidOutRecipe {
  let path: FilePath
  private let kitchen: Kitchen

  /// - Parameters:
  ///   - files: the content of a commit's `recipe/`.
  ///   - folder: is there, and empty.
  /// - Throws: an environment problem where the store lacks an input.
  init(
    _ files: [String: [UInt8]], in folder: FilePath, from store: any Store
  ) throws {
    kitchen = Kitchen(root: folder)
    path = try RecipeFiles.layOut(files, in: kitchen) { artifact, place in
      guard try store.materialise(artifact, at: place) else {
        throw Problem(
          .environment, "missing-blob",
          "an input of the recipe (\(artifact.digest)) is no longer in the store",
          hint: "put the file back where it was and run the recipe again")
      }
    }
  }

  /// Puts other content at a path that the recipe names.
  func replace(_ relative: String, by artifact: Artifact, from store: any Store) throws {
    let target = path.removingLastComponent().pushing(FilePath(relative)).lexicallyNormalized()
    guard target.starts(with: kitchen.root), target != kitchen.root else { return }
    try Files.remove(target)
    try Files.makeFolder(target.removingLastComponent())
    guard try store.materialise(artifact, at: target) else {
      throw Problem(
        .environment, "missing-blob", "the input file:\(relative) is no longer in the store")
    }
  }

  /// Reads the recipe with these values, as far as they are not its own.
  func read(_ values: [String: JSON] = [:]) throws -> Recipe {
    let overrides =
      values.isEmpty
      ? Overrides()
      : Overrides(files: [
        Overrides.ParameterFile(
          text: JSON.object(values).canonicalText, displayPath: "parameters.json")
      ])
    return try RecipeReader(library: StepLibrary.declarations).read(
      text: try Files.readText(path), path: path,
      displayPath: "recipes/\(path.lastComponent?.string ?? "")", kitchen: kitchen.root,
      overrides: overrides)
  }

  /// Reads the recipe with the values that are not its defaults, so that a default keeps the text
  /// that it is written as.
  ///
  /// - Parameter settings: of steps, as `STEP.PARAM`.
  func read(wanted: [String: JSON], and settings: [String: JSON] = [:]) throws -> Recipe {
    guard let plain = try? read() else {
      return try read(wanted.merging(settings) { first, _ in first })
    }
    let changed = wanted.filter { plain.parameters[$0.key] != $0.value }
      .merging(settings) { first, _ in first }
    return changed.isEmpty ? plain : try read(changed)
  }

  /// The lock of another recipe that joins.
  func lockPath(ofJoined name: String) -> FilePath { kitchen.recipes.appending("\(name).lock") }
}
