internal import ArgumentParser
internal import Documents
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Store

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what would run, what is cached and why, and about how long it takes.",
    discussion: """
      EXAMPLES
        larder plan quickstart
        larder plan quickstart --set learning_rate=0.001
        larder plan quickstart --dot | dot -Tsvg > plan.svg
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions
  @Flag(help: "Print the graph of steps in Graphviz's language.")
  var dot = false

  func run() async throws {
    let kitchen = try options.findKitchen()
    let read = try recipe.read(options, kitchen)
    let store = try await options.openStore(kitchen)
    let forecast = try await Forecast(read, kitchen: kitchen, store: store)
    if dot {
      Console.out(forecast.graph)
    } else if options.json {
      Console.out(forecast.document)
    } else {
      Console.out(forecast.text(options.style(forTerminal: Console.outputIsTerminal)))
    }
  }
}
