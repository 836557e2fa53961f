internal import ArgumentParser
internal import Files
internal import Notebook
internal import Problems
internal import Running
internal import SystemPackage

struct New: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a commented recipe to start from.",
    discussion: """
      EXAMPLES
        larder new notes       writes recipes/notes.md
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The recipe's name: small letters, digits and dashes.")
  var name: String

  func run() async throws {
    let folder = options.workingFolder
    let kitchen =
      options.kitchen.map { Kitchen(root: FilePath($0)) }
      ?? (try? options.findKitchen()) ?? Kitchen(root: folder)
    if let reason = Recipe.wrongName(name) {
      throw Problem(
        .user, "recipe-name", "`\(name)` cannot name a recipe: \(reason)",
        hint: "use small letters, digits and dashes, a letter first")
    }
    let path = kitchen.recipes.appending("\(name).md")
    if Files.exists(path) {
      throw Problem(
        .user, "recipe-exists", "the recipe \(Kitchen.shown(path, from: folder)) is there already",
        hint: "choose another name, or edit that file")
    }
    try Files.makeFolder(kitchen.recipes)
    try Files.writeDurably(Array(StarterRecipe.text(name: name).utf8), to: path)
    Console.note(
      "wrote \(Kitchen.shown(path, from: folder))\nrun it: larder run \(name)\n")
  }
}
