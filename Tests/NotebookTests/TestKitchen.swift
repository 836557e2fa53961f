import Files
import Foundation
import Notebook
import SystemPackage

/// A kitchen in a temporary folder, with a few files to name and one link that leads outside.
struct TestKitchen {
  let folder: FilePath

  init() throws {
    folder = try Files.makeTemporaryFolder(
      in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "notebook-")
    for name in ["recipes", "data"] { try Files.makeFolder(folder.appending(name)) }
    try write("{}\n", to: "data/rows.jsonl")
    try write("{}\n", to: "recipes/local.jsonl")
    try write(
      """
      # what the scripts need
      orjson==3.11.4 \\
          --hash=sha256:aa \\
          --hash=sha256:bb

      numpy>=2  # arrays
      """, to: "recipes/good.txt")
    try write(
      """
      --index-url https://example.org/simple
      orjson==3.11.4
      -r other.txt
      thing @ https://example.org/thing.whl
      """, to: "recipes/wrong.txt")
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending("data").appending("away").string, withDestinationPath: "/etc")
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending("data").appending("near.jsonl").string,
      withDestinationPath: "rows.jsonl")
  }

  func write(_ text: String, to path: String) throws {
    try Files.write(Array(text.utf8), to: folder.pushing(FilePath(path)))
  }

  func remove() { try? Files.remove(folder) }

  /// Reads a recipe as `recipes/NAME.md` of this kitchen.
  func read(
    _ text: String, name: String = "test-recipe", overrides: Overrides = Overrides(),
    library: [String: StepDeclaration] = TestLibrary.declarations
  ) throws -> Recipe {
    try RecipeReader(library: library).read(
      text: text, path: folder.appending("recipes").appending("\(name).md"),
      displayPath: "recipes/\(name).md", kitchen: folder, overrides: overrides)
  }

  /// Reads a recipe in a kitchen that is thrown away.
  static func read(
    _ text: String, name: String = "test-recipe", overrides: Overrides = Overrides()
  ) throws -> Recipe {
    let kitchen = try TestKitchen()
    defer { kitchen.remove() }
    return try kitchen.read(text, name: name, overrides: overrides)
  }
}
