internal import ArgumentParser
internal import Documents
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import SystemPackage

struct Lock: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pin what a recipe takes from outside: sources and environments.",
    discussion: """
      EXAMPLES
        larder lock quickstart                 add what has no pin yet
        larder lock quickstart --update        renew every pin
        larder lock quickstart --update base   renew the pins of one step

      Without steps, --update renews the recipe's own pins; those of a recipe that
      joins it are renewed by `larder lock` of that recipe, or by a step's name:
      --update other/step
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions
  @Flag(help: "Renew pins: of the steps named after it, or of all.")
  var update = false
  @Argument(help: "The steps whose pins to renew.") var steps: [String] = []

  func run() async throws {
    let kitchen = try options.findKitchen()
    let read = try recipe.read(options, kitchen)
    guard update || steps.isEmpty else {
      throw Problem(
        .user, "lock-update", "steps are named, but nothing says to renew them",
        hint: "add --update")
    }
    let named = try steps.flatMap { try read.steps(named: $0).map(\.id) }
    let store = try await options.openStore(kitchen)
    let preparer = Preparer(kitchen: kitchen, store: store, options: RunOptions(jobs: 1)) {
      text, progress in
      if progress == nil { Console.note("\(text)\n") }
    }
    // The lock of another recipe is renewed where that recipe is, or by the name of a step.
    let renewed = Set(named.isEmpty ? read.steps.map(\.id).filter { $0.recipe == nil } : named)
    let preparation = try await Interruption.cancelling {
      try await preparer.prepare(read, reach: update ? .renew(renewed) : .pin)
    }
    let path = Preparer.lockPath(of: read)
    if options.json {
      Console.out([
        "lock": .string(path.string), "sources": .integer(Int64(preparation.lock.sources.count)),
        "environments": .integer(Int64(preparation.lock.environments.count)),
        "runs": .integer(Int64(preparation.lock.runs.count)),
      ])
    }
    let lock = preparation.lock
    var counts = [
      Words.count(lock.sources.count, "source"),
      Words.count(lock.environments.count, "environment"),
    ]
    if !lock.runs.isEmpty { counts.append(Words.count(lock.runs.count, "past result")) }
    Console.note(
      "\(Kitchen.shown(path, from: options.workingFolder)): \(counts.joined(separator: ", "))\n")
  }
}
