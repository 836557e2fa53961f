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
        larder explain ranks adapter@lora_r=4     one instance of a matrix
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions
  @Argument(help: "The step.") var step: String

  func run() async throws {
    let kitchen = try options.findKitchen()
    let read = try recipe.read(options, kitchen)
    let steps = Set(try read.steps(named: step).map(\.id))
    let store = try await options.openStore(kitchen)
    let forecast = try await Forecast(read, kitchen: kitchen, store: store)
    let entries = forecast.entries.filter { steps.contains($0.step.id) }
    if options.json {
      let documents = entries.map(document)
      Console.out(documents.count == 1 ? documents[0] : .array(documents))
      return
    }
    for entry in entries {
      let verb =
        switch entry.state {
        case .cached: "is cached"
        case .run: "will run"
        case .depends: "may run"
        }
      Console.out("\(entry.step.id) \(verb): \(entry.why)\n")
    }
  }

  private func document(_ entry: Forecast.Entry) -> JSON {
    [
      "step": .string(entry.step.id.text), "state": .string(entry.state.rawValue),
      "why": .string(entry.why),
    ]
  }
}
