internal import ArgumentParser
internal import BlockingWork
internal import Documents
internal import Files
internal import Foundation
internal import Glibc
internal import History
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Steps
internal import Store
internal import SystemPackage

/// Which kitchen to work in, and the look of what is printed.
struct GlobalOptions: ParsableArguments {
  @Option(
    name: .long, help: "The kitchen; otherwise the nearest parent folder that has `recipes/`.",
    completion: .directory)
  var kitchen: String?

  @Option(help: "Colours: auto, always or never (NO_COLOR is respected).")
  var color: ColorMode = .auto

  @Flag(help: "Print JSON on standard output.")
  var json = false

  enum ColorMode: String, ExpressibleByArgument, CaseIterable { case auto, always, never }

  var workingFolder: FilePath { FilePath(FileManager.default.currentDirectoryPath) }

  /// - Throws: a user problem where there is no kitchen.
  func findKitchen() throws -> Kitchen {
    try Kitchen.find(given: kitchen.map { FilePath($0) }, from: workingFolder)
  }

  /// The style for a stream.
  func style(forTerminal isTerminal: Bool) -> Style {
    let noColor = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    return Style(
      usesColor: color == .always
        || color == .auto && isTerminal && !noColor
          && getenv("TERM").map { String(cString: $0) } != "dumb"
    )
  }

  /// Opens the kitchen's store.
  func openStore(_ kitchen: Kitchen) async throws -> DiskStore {
    try await BlockingWork.run { try DiskStore(at: kitchen.cache) }
  }
}

/// The recipe that a command works on, with overrides of its parameters.
struct RecipeOptions: ParsableArguments {
  @Argument(
    help: "A recipe: a path, or a name in `recipes/`.", completion: .file(extensions: ["md"]))
  var recipe: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A parameter of the recipe, or of a step as STEP.PARAM.", valueName: "name=value"))
  var set: [String] = []

  @Option(
    name: .long, help: "A YAML or JSON file of parameters.",
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var params: String?

  /// Reads and checks the recipe.
  ///
  /// - Parameter sweep: the values of one run of a sweep, as after `--set`.
  /// - Throws: `Problems` with every mistake.
  func read(
    _ options: GlobalOptions, _ kitchen: Kitchen, sweep: [String] = []
  ) throws -> Recipe {
    let folder = options.workingFolder
    let path = try kitchen.recipePath(recipe, from: folder)
    let files = try params.map {
      [try Overrides.ParameterFile(reading: folder.pushing(FilePath($0)), displayPath: $0)]
    }
    let overrides = Overrides(assignments: set, sweep: sweep, files: files ?? [])
    return try RecipeReader(library: StepLibrary.declarations).read(
      text: try Files.readText(path), path: path,
      displayPath: Kitchen.shown(path, from: folder), kitchen: kitchen.root, overrides: overrides)
  }

  /// The given name, or for a run with overrides one made from them: never `main`.
  ///
  /// - Parameter sweep: the values of one run of a sweep, which the given name gets as its end.
  func experiment(named name: String?, sweep: [String] = []) throws -> String? {
    if let name {
      try ExperimentName.check(name, hasOverrides: !set.isEmpty || params != nil)
      return sweep.isEmpty ? name : ExperimentName.made(from: sweep, prefix: name)
    }
    var parts = (set + sweep).sorted()
    if let params {
      parts.insert(FilePath(params).stem ?? "params", at: 0)
    }
    return parts.isEmpty ? nil : ExperimentName.made(from: parts)
  }

  /// The options as they are typed after the recipe, quoted for a shell.
  func arguments(experiment: String?, sweep: [String] = []) -> [String] {
    return (set + sweep).flatMap { ["--set", ShellWord.quoted($0)] }
      + (params.map { ["--params", ShellWord.quoted($0)] } ?? [])
      + (experiment.map { ["--name", ShellWord.quoted($0)] } ?? [])
  }
}
