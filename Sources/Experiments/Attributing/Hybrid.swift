internal import Digests
internal import Documents
internal import Files
package import Notebook
internal import Problems
internal import Running
package import Store
package import SystemPackage

/// A recipe that is one past run's in some factors and another's in the rest.
///
/// It is composed as text, lock and parameters and then read like any other recipe, so that its run
/// is an ordinary one: what its commit says is what was run. Cells are the unit: a cell's script or
/// prompt, its kind and its connections are code; its parameters, its environment and the rows of a
/// data cell can come from elsewhere.
package struct Hybrid: Sendable {
  package let recipe: Recipe
  /// The factors that come from the second run.
  package let fromB: Set<Factor>

  /// Composes the recipe in an empty folder, where it has to stay while it runs.
  ///
  /// - Parameter until: the step that matters; what it does not need may be anything.
  /// - Throws: a problem that says why there can be no such recipe.
  package init(
    of a: RecipeSide, _ b: RecipeSide, fromB: Set<Factor>, until: StepID, in folder: FilePath,
    store: any Store
  ) throws {
    self.fromB = fromB
    func side(_ factor: Factor) -> RecipeSide { fromB.contains(factor) ? b : a }
    let composing = Composition(
      code: side(.code), data: side(.data), parameters: side(.parameters),
      environment: side(.environment), others: [a, b])
    let laidOut = try LaidOutRecipe(composing.files, in: folder, from: store)
    do {
      recipe = try composing.read(laidOut, until: until, store: store)
    } catch let problems as Problems {
      throw Problem(
        .user, "hybrid", problems.all.first?.message ?? "the recipe would have mistakes")
    }
  }

  /// The factors that come from the second run, in words.
  package static func name(_ fromB: Set<Factor>) -> String {
    fromB.isEmpty ? "none" : fromB.sorted().map(\.rawValue).joined(separator: "+")
  }
}

/// The sides that the parts of a hybrid come from.
private struct Composition {
  let code: RecipeSide
  let data: RecipeSide
  let parameters: RecipeSide
  let environment: RecipeSide
  /// Where a part is looked for that its side does not have.
  let others: [RecipeSide]

  private var name: String { code.recipe.name }

  /// The content of `recipe/`, as far as it can be known before the recipe is read.
  var files: [String: [UInt8]] {
    var files = code.files.filter { $0.key.hasSuffix(".md") || $0.key == "place.json" }
    var text = HybridText(code: code.recipe.text)
    text.takeData(from: data.recipe.text)
    text.takeEnvironment(from: environment.recipe.text)
    files["\(name).md"] = Array(text.text.utf8)
    for (name, lock) in locks { files["\(name).lock"] = Array(lock.text.utf8) }
    // Every path that either run has: which of them are read is not known yet.
    var artifacts: [String: Artifact] = [:]
    for side in [data, code] + others {
      artifacts.merge(side.artifacts) { first, _ in first }
    }
    let requirements = Set(others.flatMap { $0.recipe.environments.values.compactMap(\.file) })
    for path in requirements {
      artifacts[path] = environment.artifacts[path] ?? artifacts[path]
    }
    if !artifacts.isEmpty {
      files["files.json"] = JSON.object(artifacts.mapValues(\.record)).canonicalBytes
    }
    return files
  }

  /// Sources and past results are pinned as the data's side has them, environments as theirs.
  private var locks: [String: Lock] {
    var names = Set(code.recipe.joined.map(\.name))
    names.insert(name)
    var locks: [String: Lock] = [:]
    for name in names {
      var lock = Lock()
      for side in [data, code] + others {
        guard let other = side.locks[name] else { continue }
        lock.sources.merge(other.sources) { first, _ in first }
        lock.runs.merge(other.runs) { first, _ in first }
      }
      for side in [environment, code] + others {
        lock.environments.merge(side.locks[name]?.environments ?? [:]) { first, _ in first }
      }
      locks[name] = lock
    }
    return locks
  }

  /// Reads the recipe with the parameters of their side, and sees to it that it is what it should
  /// be.
  func read(_ laidOut: LaidOutRecipe, until: StepID, store: any Store) throws -> Recipe {
    let values = code.recipe.parameters.merging(
      parameters.recipe.parameters.filter { code.recipe.parameters[$0.key] != nil }
    ) { _, new in new }
    var recipe = try laidOut.read(wanted: values)
    let own = settings(of: recipe)
    if !own.isEmpty { recipe = try laidOut.read(wanted: values, and: own) }
    let needed = RecipeSide.needs(of: until, in: recipe)
    guard !needed.isEmpty else {
      throw Problem(.user, "hybrid", "it would have no step `\(until)`")
    }
    for step in recipe.steps where needed.contains(step.id) { try check(step, in: recipe) }
    try placeFiles(of: recipe, needed, laidOut, store)
    try pinRuns(of: recipe, laidOut)
    return recipe
  }

  // MARK: Parameters

  /// What a parameter of a step has to be.
  private func value(_ name: String, of step: Step) -> JSON? {
    let own = code.step(step.id)?.parameters[name]
    guard step.id.recipe == nil else { return own }
    let side = code.isSource(step.id) ? data : parameters
    guard let other = side.step(step.id), step.work.isSameKind(as: other.work),
      let value = other.parameters[name]
    else { return own }
    return value
  }

  /// The parameters that have to be set step by step, as `STEP.PARAM`.
  private func settings(of recipe: Recipe) -> [String: JSON] {
    var settings: [String: JSON] = [:]
    for step in recipe.steps where step.id.recipe == nil {
      for (name, value) in step.parameters {
        guard let wanted = self.value(name, of: step), wanted != value else { continue }
        // Instances of a matrix are set together; `check` finds where that is not what they need.
        settings["\(step.id.cell).\(name)"] = wanted
      }
    }
    return settings
  }

  // MARK: Checks

  /// Compares a step with what its parts should be.
  private func check(_ step: Step, in recipe: Recipe) throws {
    let id = step.id
    func refuse(_ what: String) -> Problem { Problem(.user, "hybrid", what) }
    for (name, value) in step.parameters {
      guard let wanted = self.value(name, of: step), wanted != value else { continue }
      throw refuse(
        "`\(name)` of step `\(id)` cannot be set apart from its code: it would be "
          + "\(value.canonicalText) instead of \(wanted.canonicalText)")
    }
    let old = code.step(id)
    if case .data(let text) = step.work {
      let source = step.outputs.first?.path.hasSuffix(".txt") == true ? code : data
      if id.recipe == nil, case .data(let wanted)? = source.step(id)?.work,
        source.step(id)?.outputs == step.outputs, wanted != text
      {
        throw refuse("the rows of cell `\(id)` cannot be taken apart from its code")
      }
    } else if old?.work != step.work {
      throw refuse("the code of step `\(id)` cannot be taken over as it is")
    }
    guard let wanted = environment.step(id), id.recipe == nil, step.work.isSameKind(as: wanted.work)
    else { return }
    guard step.numerics == wanted.numerics, step.threads == wanted.threads,
      step.environment.map({ recipe.environments[$0]?.requirements })
        == wanted.environment.map({ environment.recipe.environments[$0]?.requirements })
    else { throw refuse("the environment of step `\(id)` cannot be set apart from its code") }
  }

  // MARK: Files and past results

  /// Puts at each path what the step that reads it should find there: which file it is called is
  /// the code's, or a parameter's; what is in it is data.
  private func placeFiles(
    of recipe: Recipe, _ needed: Set<StepID>, _ laidOut: LaidOutRecipe, _ store: any Store
  ) throws {
    let listed = try RecipeFiles.artifacts(files["files.json"])
    var wanted: [String: Artifact] = [:]
    for step in recipe.steps where needed.contains(step.id) {
      for (name, reference) in step.inputs {
        guard case .file(let path) = reference else { continue }
        let side = FactorSplit.isCode(path) ? code : data
        guard let artifact = side.artifact(of: name, of: step.id) ?? listed[path] else { continue }
        if let other = wanted[path], other != artifact {
          throw Problem(
            .user, "hybrid",
            "two steps read file:\(path), and would have to find different content in it")
        }
        wanted[path] = artifact
      }
    }
    for (path, artifact) in wanted where listed[path] != artifact {
      try laidOut.replace(path, by: artifact, from: store)
    }
  }

  /// The same for past results, whose pins stand in the locks.
  private func pinRuns(of recipe: Recipe, _ laidOut: LaidOutRecipe) throws {
    var locks = locks
    var changed: Set<String> = []
    for step in recipe.steps {
      let owner = step.id.recipe ?? name
      for (input, reference) in step.inputs {
        guard case .run(let target) = reference, let pin = data.pin(of: input, of: step.id),
          locks[owner]?.runs[target] != pin
        else { continue }
        guard changed.insert("\(owner) \(target)").inserted else {
          throw Problem(
            .user, "hybrid",
            "two steps read run:\(target), and would have to find different content in it")
        }
        locks[owner]?.runs[target] = pin
      }
    }
    guard !changed.isEmpty else { return }
    for (name, lock) in locks {
      let path =
        name == self.name ? Preparer.lockPath(of: recipe) : laidOut.lockPath(ofJoined: name)
      try Files.write(Array(lock.text.utf8), to: path)
    }
  }
}
