internal import ArgumentParser
internal import Documents
internal import Notebook
internal import Problems
internal import Reporting
internal import Running

struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find every mistake in a recipe, with its source line.",
    discussion: """
      EXAMPLES
        larder check quickstart
        larder check recipes/notes.md --json
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions

  func run() async throws {
    do {
      let read = try recipe.read(options, try options.findKitchen())
      if options.json { Console.out(JSON.array([])) }
      Console.note("\(read.name): no mistakes in \(Words.count(read.steps.count, "step"))\n")
    } catch let problems as Problems where options.json {
      Console.out(.array(problems.all.map { RunJSON.object(for: $0) }))
      throw problems
    }
  }
}
