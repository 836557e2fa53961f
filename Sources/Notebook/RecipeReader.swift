internal import Documents
internal import Problems
package import SystemPackage

/// Reads recipes against the step library and finds every mistake in them before anything runs.
package struct RecipeReader: Sendable {
  private let library: [String: StepDeclaration]

  /// - Parameter library: the declarations of the library steps by their kind's name, as in
  ///   `train/lora`.
  package init(library: [String: StepDeclaration]) {
    self.library = library
  }

  /// Reads, checks and resolves a recipe.
  ///
  /// - Parameters:
  ///   - text: the recipe's whole text.
  ///   - path: where it stands; its name is the recipe's, and `file:` is relative to its folder.
  ///   - displayPath: the path that messages show.
  ///   - kitchen: the folder that no file of the recipe may lie outside of.
  ///   - overrides: what the command line changes.
  /// - Throws: `Problems` with all mistakes: those of the command line, then the recipe's in the
  ///   order in which they stand.
  package func read(
    text: String, path: FilePath, displayPath: String, kitchen: FilePath,
    overrides: Overrides = Overrides()
  ) throws -> Recipe {
    let mistakes = Mistakes()
    let shelf = RecipeShelf(
      reader: self, name: Self.name(of: path), path: path, displayPath: displayPath,
      kitchen: kitchen, noting: mistakes)
    let reading = read(
      text: text, path: path, displayPath: displayPath, shelf: shelf, overrides: overrides,
      noting: mistakes)
    guard mistakes.isEmpty else {
      throw Problems(mistakes.inSourceOrder(recipe: displayPath))
    }
    var recipe = reading.recipe
    shelf.join(&recipe)
    noteSharedNames(recipe, SourceText(text, displayPath: displayPath), mistakes)
    guard mistakes.isEmpty else {
      throw Problems(mistakes.inSourceOrder(recipe: displayPath))
    }
    return recipe
  }

  /// Reads one recipe, with its own steps only; with mistakes it is not whole.
  ///
  /// - Parameter overrides: nil for a recipe that another one names.
  func read(
    text: String, path: FilePath, displayPath: String, shelf: RecipeShelf,
    overrides: Overrides? = nil, noting mistakes: Mistakes
  ) -> RecipeShelf.Reading {
    let isJoined = overrides == nil
    let source = SourceText(text, displayPath: displayPath)
    let name = recipeName(path, noting: mistakes)
    let files = KitchenFiles(recipe: path, kitchen: shelf.kitchen)
    let table = OverrideTable(overrides ?? Overrides(), noting: mistakes)
    var frontMatter = FrontMatter(
      of: source, files: files, seenFrom: shelf.base, isJoined: isJoined, noting: mistakes)
    frontMatter.apply(table, noting: mistakes)

    let cellReader = CellReader(
      source: source, library: library, frontMatter: frontMatter,
      substitution: frontMatter.substitution, overrides: table, mistakes: mistakes)
    var cells = CellList()
    for cell in CellFinder.cells(in: source, from: frontMatter.nextLine) {
      cells.add(cell, readBy: cellReader)
    }
    cells.readOptions(by: cellReader)
    noteUnknownSteps(table, cells, mistakes)
    let resolver = ReferenceResolver(
      steps: cells.steps, brokenIDs: cells.brokenIDs, files: files, shelf: shelf,
      isJoined: isJoined, mistakes: mistakes)
    let (steps, fileMistakes) = resolve(cells, resolver, mistakes)
    var recipe = Recipe(
      name: name, path: path, text: text, title: frontMatter.title,
      parameters: frontMatter.parameters.compactMapValues { $0?.json },
      environments: frontMatter.environments.compactMapValues { $0 },
      licences: frontMatter.licences, steps: steps)
    for step in steps {
      for name in (table.steps[step.id.cell.text] ?? [:]).keys {
        recipe.stepOverrides["\(step.id.cell).\(name)"] = step.parameters[name]
      }
    }
    return RecipeShelf.Reading(
      recipe: recipe, steps: cells.steps, fileMistakes: fileMistakes,
      environmentMistakes: frontMatter.environmentMistakes)
  }

  /// The name of a recipe by its path.
  private static func name(of path: FilePath) -> String {
    let file = path.lastComponent?.string ?? path.string
    return file.hasSuffix(".md") ? String(file.dropLast(3)) : file
  }

  /// A step must not be named as a recipe whose steps join: their results would share a folder.
  private func noteSharedNames(_ recipe: Recipe, _ source: SourceText, _ mistakes: Mistakes) {
    let names = Set(recipe.steps.compactMap(\.id.recipe))
    for step in recipe.steps where names.contains(step.id.cell.text) {
      let name = step.id.cell
      mistakes.add(
        "shared-name",
        "the step `\(name)` has the name of the recipe `\(name)`, whose steps join this one",
        hint: "give the step another id",
        place: source.place(line: step.line, column: 1, length: .max))
    }
  }

  private func recipeName(_ path: FilePath, noting mistakes: Mistakes) -> String {
    let file = path.lastComponent?.string ?? path.string
    guard file.hasSuffix(".md") else {
      mistakes.add(
        "bad-recipe-name", "a recipe is a Markdown file: found `\(file)`",
        hint: "let its name end in `.md`", place: nil)
      return file
    }
    let name = String(file.dropLast(3))
    if let wrong = Recipe.wrongName(name) {
      mistakes.add(
        "bad-recipe-name", "`\(name)` cannot name a recipe: \(wrong)",
        hint: "give the file another name", place: nil)
    }
    return name
  }

  private func noteUnknownSteps(_ table: OverrideTable, _ cells: CellList, _ mistakes: Mistakes) {
    for (id, entries) in table.steps.sorted(by: { $0.key < $1.key })
    where cells.steps[id] == nil && !cells.brokenIDs.contains(id) {
      for (_, entry) in entries.sorted(by: { $0.key < $1.key }) {
        mistakes.add(
          "unknown-step", "the recipe has no step `\(id)`",
          hint: id.contains("/")
            ? "a step of another recipe takes that recipe's defaults"
            : mistakes.hint(for: id, among: cells.steps.keys, called: "the steps are"),
          at: entry.key)
      }
    }
  }

  private func resolve(
    _ cells: CellList, _ resolver: ReferenceResolver, _ mistakes: Mistakes
  ) -> (steps: [Step], fileMistakes: [StepID: [Problem]]) {
    var fileMistakes: [StepID: [Problem]] = [:]
    var steps: [Step] = []
    steps.reserveCapacity(cells.drafts.count)
    // From cell to cell: an instance needs nothing that its cell does not.
    var edges = [[ReferenceResolver.Edge]](repeating: [], count: cells.open.count)
    for draft in cells.drafts {
      let resolved = resolver.resolve(draft)
      var step = draft.step
      step.inputs = resolved.inputs
      step.places = resolved.places
      if !resolved.fileMistakes.isEmpty { fileMistakes[step.id] = resolved.fileMistakes }
      steps.append(step)
      for edge in resolved.edges
      where !edges[draft.position].contains(where: { $0.target == edge.target }) {
        edges[draft.position].append(edge)
      }
    }
    for cycle in CycleFinder(targets: edges.map { $0.map(\.target) }).cycles() {
      let next = cycle.count > 1 ? cycle[1] : cycle[0]
      guard let edge = edges[cycle[0]].first(where: { $0.target == next }) else { continue }
      let path = (cycle + [cycle[0]]).map { "`\(cells.open[$0].draft.step.id)`" }
        .joined(separator: " → ")
      mistakes.add(
        "cycle", "the steps need one another in a circle: \(path)",
        hint: "each step's inputs must be made before it", at: edge.node)
    }
    return (steps, fileMistakes)
  }
}
