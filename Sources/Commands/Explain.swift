internal import ArgumentParser
internal import Documents
internal import Notebook
internal import Running

struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say why a step is cached or not: which component of its key changed.",
    discussion: """
      EXAMPLES
        larder explain quickstart clean
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions
  @Argument(help: "The step.") var step: String

  func run() async throws {
    let kitchen = try options.findKitchen()
    let read = try recipe.read(options, kitchen)
    let step = try RecipeOptions.step(step, in: read)
    let store = try await options.openStore(kitchen)
    let forecast = try await Forecast(read, kitchen: kitchen, store: store)
    guard let entry = forecast.entries.first(where: { $0.step.id == step.id }) else { return }
    if options.json {
      Console.out([
        "step": .string(step.id.text), "state": .string(entry.state.rawValue),
        "why": .string(entry.why),
      ])
      return
    }
    switch entry.state {
    case .cached: Console.out("\(step.id) is cached: \(entry.why)\n")
    case .run: Console.out("\(step.id) will run: \(entry.why)\n")
    case .depends: Console.out("\(step.id) may run: \(entry.why)\n")
    }
  }
}
