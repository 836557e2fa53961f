internal import ArgumentParser
internal import Files
internal import Notebook
internal import Problems
internal import Running
internal import Store
internal import SystemPackage

struct Log: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what a step wrote to standard output and error.",
    discussion: """
      EXAMPLES
        larder log quickstart adapter
        larder log quickstart adapter --failed
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions
  @Argument(help: "The step.") var step: String
  @Flag(help: "The log of its newest failure, although it succeeded since.")
  var failed = false

  func run() async throws {
    let kitchen = try options.findKitchen()
    let read = try recipe.read(options, kitchen)
    let step = try read.step(named: step)
    let store = try await options.openStore(kitchen)
    let kept = kitchen.cache.appending("failed").appending("\(read.name)-\(step.id)").appending(
      "log.txt")
    let forecast = try await Forecast(read, kitchen: kitchen, store: store)
    let entry = forecast.entries.first { $0.step.id == step.id }
    if !failed, entry?.state == .cached,
      let result = try LastKeys(of: read.name, store: store).result(of: step.id)
    {
      if let log = result.log {
        guard let bytes = try store.bytes(log) else {
          throw Problem(
            .environment, "missing-blob", "the log of `\(step.id)` is no longer in the store")
        }
        Console.out(bytes)
      }
      return
    }
    guard Files.exists(kept) else {
      throw Problem(
        .user, "no-log",
        "step `\(step.id)` of `\(read.name)` has no log as it is now: \(entry?.why ?? "")",
        hint: "run it: larder run \(read.name) --until \(step.id)")
    }
    Console.out(try Files.read(kept))
  }
}
