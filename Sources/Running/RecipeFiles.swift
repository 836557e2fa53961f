internal import Documents
internal import Files
package import Notebook
internal import Problems
package import Store
package import SystemPackage

/// What a recipe is made of, as the folder `recipe/` of a run's commit holds it:
///
/// | file | is |
/// | --- | --- |
/// | `NAME.md`, `NAME.lock` | the recipe and its lock |
/// | `OTHER.md`, `OTHER.lock` | each recipe that was read for it, whose place is `recipes/OTHER.md` |
/// | `parameters.json` | resolved parameters, and those of steps as `STEP.PARAM` |
/// | `files.json` | each `file:` input and requirements file, of joined steps too: its path from the folder of `NAME.md`, in its shortest form, and the artifact |
/// | `place.json` | `{"path":"work/NAME.md"}` from the kitchen's root, where there are other recipes or `NAME.md` is not in `recipes/` itself |
package enum RecipeFiles {
  /// The files of the commit's `recipe/`, by name.
  package static func content(of preparation: Preparation) -> [String: [UInt8]] {
    let recipe = preparation.recipe
    let parameters = JSON.object(recipe.parameters.merging(recipe.stepOverrides) { own, _ in own })
    var files = [
      "\(recipe.name).md": Array(recipe.text.utf8),
      "\(recipe.name).lock": Array(preparation.lock.text.utf8),
      "parameters.json": Array((parameters.canonicalText + "\n").utf8),
    ]
    for other in recipe.joined {
      files["\(other.name).md"] = Array(other.text.utf8)
      files["\(other.name).lock"] = Array((preparation.joinedLocks[other.name] ?? Lock()).text.utf8)
    }
    if !preparation.files.isEmpty {
      let record = JSON.object(preparation.files.mapValues(\.record))
      files["files.json"] = Array(record.indentedText.utf8)
    }
    if !recipe.joined.isEmpty || preparation.place != "recipes/\(recipe.name).md" {
      let place: JSON = ["path": .string(preparation.place)]
      files["place.json"] = Array((place.canonicalText + "\n").utf8)
    }
    return files
  }

  /// Where a recipe stands in its kitchen, from the kitchen's root.
  static func place(of recipe: Recipe, in kitchen: Kitchen) -> String {
    let usual = "recipes/\(recipe.name).md"
    let folder = Files.absolute(recipe.path).removingLastComponent()
    guard var rest = Files.resolved(folder), let root = Files.resolved(kitchen.root),
      rest != Files.resolved(kitchen.recipes), rest.removePrefix(root)
    else { return usual }
    return rest.appending("\(recipe.name).md").string
  }

  /// Lays a recipe out in an empty kitchen, so that it can be read and run there again.
  ///
  /// - Parameters:
  ///   - files: the content of a commit's `recipe/`, by name.
  ///   - place: puts an artifact at a path whose folder is there.
  /// - Returns: the path of the recipe.
  /// - Throws: a damage problem where the files are not whole, or a path leaves the kitchen; what
  ///   `place` throws.
  package static func layOut(
    _ files: [String: [UInt8]], in kitchen: Kitchen, place: (Artifact, FilePath) throws -> Void
  ) throws -> FilePath {
    let artifacts = try artifacts(files["files.json"])
    let main = try mainPath(files, artifacts.keys)
    let folder = try inside(kitchen, main).removingLastComponent()
    let name = FilePath(main).stem ?? ""
    try Files.makeFolder(folder)
    try Files.makeFolder(kitchen.recipes)
    for (file, bytes) in files.sorted(by: { $0.key < $1.key }) {
      let path = FilePath(file)
      guard path.components.count == 1, ["md", "lock"].contains(path.extension) else { continue }
      let parent = path.stem == name ? folder : kitchen.recipes
      try Files.write(bytes, to: parent.appending(file))
    }
    // A folder comes before what it holds, which is then there already.
    var placed: Set<FilePath> = []
    for (path, artifact) in artifacts.sorted(by: { $0.key < $1.key }) {
      let target = try inside(
        kitchen, FilePath(main).removingLastComponent().pushing(FilePath(path)).string)
      guard !placed.contains(where: { target.starts(with: $0) }) else { continue }
      try Files.makeFolder(target.removingLastComponent())
      try place(artifact, target)
      placed.insert(target)
    }
    return folder.appending("\(name).md")
  }

  /// The parameters that the run was made with, as overrides for reading its recipe again.
  package static func overrides(of files: [String: [UInt8]]) -> Overrides {
    guard let bytes = files["parameters.json"] else { return Overrides() }
    return Overrides(files: [
      Overrides.ParameterFile(
        text: String(decoding: bytes, as: UTF8.self), displayPath: "parameters.json")
    ])
  }

  /// `files.json` by path.
  package static func artifacts(_ bytes: [UInt8]?) throws -> [String: Artifact] {
    guard let bytes else { return [:] }
    let listed = (try? JSON(parsing: bytes))?.object
    let artifacts = (listed ?? [:]).compactMapValues { Artifact(record: $0) }
    guard let listed, artifacts.count == listed.count else {
      throw Problem(.damage, "bad-recipe-folder", "cannot read recipe/files.json of the run")
    }
    return artifacts
  }

  /// The recipe's path from the kitchen's root: as it was, and where that is not said so deep below
  /// `recipes/` that no file of it lies outside.
  private static func mainPath(
    _ files: [String: [UInt8]], _ paths: some Collection<String>
  ) throws -> String {
    if let bytes = files["place.json"] {
      let path = (try? JSON(parsing: bytes))?["path"]?.string
      guard let path, files[FilePath(path).lastComponent?.string ?? ""] != nil else {
        throw Problem(.damage, "bad-recipe-folder", "cannot read recipe/place.json of the run")
      }
      return path
    }
    let names = files.keys.filter { $0.hasSuffix(".md") }
    guard names.count == 1, let name = names.first else {
      throw Problem(
        .damage, "bad-recipe-folder",
        "the run has \(names.count) recipes in recipe/, and nothing says which is its own")
    }
    let above = paths.map { path in
      FilePath(path).components.prefix { $0.kind == .parentDirectory }.count
    }
    let depth = max(1, above.max() ?? 1)
    return (["recipes"] + (1..<depth).map { "folder-\($0)" } + [name]).joined(separator: "/")
  }

  /// A path of the kitchen.
  private static func inside(_ kitchen: Kitchen, _ path: String) throws -> FilePath {
    let whole = kitchen.root.pushing(FilePath(path)).lexicallyNormalized()
    guard !path.hasPrefix("/"), whole.starts(with: kitchen.root), whole != kitchen.root else {
      throw Problem(
        .damage, "outside-kitchen", "cannot lay out \(path): it lies outside the kitchen")
    }
    return whole
  }
}
