internal import Documents
internal import Files
package import Notebook
internal import Problems
internal import Running
internal import Steps
package import Store
internal import SystemPackage

/// What the inputs of a past run's recipe refer to.
package struct RecipeReferences: Sendable {
  /// By step and input name.
  package let inputs: [StepID: [String: Reference]]
  /// The place of each step in the recipe.
  package let order: [StepID: Int]
  /// The licences that source steps declare, by step.
  package let licences: [StepID: String]

  /// Reads the recipe of a run again, laid out in a folder of its own for that.
  ///
  /// - Parameters:
  ///   - files: the files of the commit's `recipe/`.
  ///   - store: has the requirements files that the recipe names, where it names some.
  /// - Returns: nil where it cannot be read, as one that an older Larder took.
  package init?(_ files: [String: [UInt8]], store: any Store) throws {
    let folder = try store.makeWorkFolder()
    defer { try? Files.remove(folder) }
    let kitchen = Kitchen(root: folder.appending("kitchen"))
    try Files.makeFolder(kitchen.root)
    do {
      let path = try RecipeFiles.layOut(files, in: kitchen) { artifact, place in
        // A file's place is all that most references need; small ones may be requirements.
        let isSmall = artifact.kind == .file && artifact.size <= 1 << 16
        let bytes = isSmall ? try store.bytes(artifact.digest) : nil
        if artifact.kind == .folder {
          try Files.makeFolder(place)
        } else {
          try Files.write(bytes ?? [], to: place)
        }
      }
      let recipe = try RecipeReader(library: StepLibrary.declarations).read(
        text: try Files.readText(path), path: path, displayPath: path.lastComponent?.string ?? "",
        kitchen: kitchen.root, overrides: RecipeFiles.overrides(of: files))
      inputs = Dictionary(
        recipe.steps.map { ($0.id, $0.inputs) }, uniquingKeysWith: { first, _ in first })
      licences = Dictionary(
        recipe.steps.compactMap { step in
          step.parameters["licence"]?.string.map { (step.id, $0) }
        }, uniquingKeysWith: { first, _ in first })
      order = Dictionary(
        recipe.steps.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    } catch is Problem {
      return nil
    } catch is Problems {
      return nil
    }
  }
}
