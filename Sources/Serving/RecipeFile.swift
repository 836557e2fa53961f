internal import Files
internal import Notebook
internal import Problems
internal import Running
internal import Steps
internal import SystemPackage

/// A recipe of the kitchen's `recipes/`, by its name alone: a page names no path.
struct RecipeFile: Sendable {
  let name: String
  let kitchen: Kitchen
  let path: FilePath

  /// - Throws: a user problem that names the recipes there are.
  init(_ name: String, in kitchen: Kitchen) throws(Problem) {
    let known = RecipeFile.names(in: kitchen)
    guard known.contains(name) else {
      throw Problem(
        .user, "no-recipe", "no recipe `\(name)` in \(kitchen.recipes)",
        hint: Suggestion.hint(for: name, among: known))
    }
    self.name = name
    self.kitchen = kitchen
    path = kitchen.recipes.appending("\(name).md")
  }

  static func names(in kitchen: Kitchen) -> [String] {
    ((try? Files.names(in: kitchen.recipes)) ?? []).filter { $0.hasSuffix(".md") }
      .map { String($0.dropLast(3)) }.sorted()
  }

  /// What tells one save from the next; nil where the file is gone.
  var stamp: FileStamp? { FileStamp(path) }

  var text: String { get throws { try Files.readText(path) } }

  /// Reads and checks it.
  ///
  /// - Throws: `Problems` with every mistake.
  func read(_ overrides: Overrides = Overrides()) throws -> Recipe {
    try RecipeReader(library: StepLibrary.declarations).read(
      text: try text, path: path, displayPath: Kitchen.shown(path, from: kitchen.root),
      kitchen: kitchen.root, overrides: overrides)
  }
}
