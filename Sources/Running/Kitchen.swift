internal import Files
package import Problems
package import SystemPackage

/// A folder in which Larder works: `recipes/`, `cache/` and `artifacts/`.
package struct Kitchen: Hashable, Sendable {
  /// Absolute.
  package let root: FilePath

  package init(root: FilePath) { self.root = Files.absolute(root) }

  package var recipes: FilePath { root.appending("recipes") }
  package var cache: FilePath { root.appending("cache") }
  package var artifacts: FilePath { root.appending("artifacts") }
  package var history: FilePath { artifacts.appending("history.git") }

  /// Finds the kitchen: the given folder, otherwise the nearest parent of the working folder that
  /// has `recipes/`.
  ///
  /// - Throws: a user problem where there is none.
  package static func find(given: FilePath?, from folder: FilePath) throws(Problem) -> Kitchen {
    if let given {
      guard Files.kind(Files.absolute(given)) == .folder || Files.resolved(given) != nil else {
        throw Problem(
          .user, "no-kitchen", "the kitchen \(given) is no folder",
          hint: "make it, with a folder `recipes` inside")
      }
      return Kitchen(root: given)
    }
    var candidate = Files.absolute(folder)
    while true {
      if Files.kind(candidate.appending("recipes")) == .folder { return Kitchen(root: candidate) }
      let parent = candidate.removingLastComponent()
      if parent == candidate || parent.isEmpty { break }
      candidate = parent
    }
    throw Problem(
      .user, "no-kitchen",
      "no kitchen found: neither \(folder) nor a folder above it has `recipes`",
      hint: "make one here: mkdir recipes, or name one with --kitchen DIR")
  }

  /// The file of a recipe that is given as a path or as a name in `recipes/`.
  ///
  /// - Throws: a user problem that names the recipes there are.
  package func recipePath(_ text: String, from folder: FilePath) throws(Problem) -> FilePath {
    let given = FilePath(text)
    let direct = given.isAbsolute ? given : folder.pushing(given)
    if text.hasSuffix(".md"), Files.exists(direct) {
      return Files.absolute(direct)
    }
    let inside = recipes.appending("\(text).md")
    if !text.contains("/"), Files.exists(inside) { return inside }
    if Files.kind(direct) == .file(isExecutable: false) { return Files.absolute(direct) }
    let known = ((try? Files.names(in: recipes)) ?? [])
      .filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }
    let list = known.isEmpty ? "there are none yet: larder new NAME" : known.joined(separator: ", ")
    throw Problem(
      .user, "no-recipe", "no recipe `\(text)` in \(recipes)",
      hint: Suggestion.hint(for: text, among: known) ?? "recipes: \(list)")
  }

  /// The path as the user would write it: relative to the working folder where it is inside.
  package static func shown(_ path: FilePath, from folder: FilePath) -> String {
    var rest = path
    if rest.removePrefix(folder), !rest.isEmpty { return rest.string }
    return path.string
  }
}
