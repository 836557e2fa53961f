internal import BlockingWork
internal import Bundles
internal import Experiments
internal import Files
internal import History
internal import Notebook
internal import Problems
internal import Replay
internal import Running
internal import Steps
internal import Store
internal import SystemPackage

/// What an argument of `diff` names.
enum DiffArgument {
  case file(FilePath)
  case bundle(FilePath)
  /// A recipe's text.
  case recipe(FilePath)
  /// A run of the history, or a recipe that has none.
  case reference(String, FilePath)

  /// A file is what it is, whatever the history calls by its name.
  init(_ text: String, from folder: FilePath) {
    let path = Files.absolute(folder.pushing(FilePath(text)))
    guard case .file = Files.resolved(path).flatMap(Files.kind) else {
      self = text.hasSuffix(".zst") ? .bundle(path) : .reference(text, path)
      return
    }
    self =
      text.hasSuffix(".zst") ? .bundle(path) : text.hasSuffix(".md") ? .recipe(path) : .file(path)
  }

  /// The path of a file, and beside a file also of what was most likely meant to be one: a folder, or
  /// a name with an ending, of which there is no file.
  func path(beside other: DiffArgument) -> FilePath? {
    switch self {
    case .file(let path): return path
    case .reference(let text, let path):
      guard other.isFile else { return nil }
      let looksLikeFile = text.contains(".") && !text.hasPrefix("submission/")
      return Files.exists(path) || looksLikeFile ? path : nil
    case .bundle, .recipe: return nil
    }
  }

  var isFile: Bool { if case .file = self { true } else { false } }
}

/// Opens the sides of a comparison, each in the kitchen or in one made of its bundle.
final class DiffSides {
  private let options: GlobalOptions
  private var past: (history: HistoryRepository, store: DiskStore, kitchen: Kitchen)?
  private var folders: [FilePath] = []

  init(_ options: GlobalOptions) { self.options = options }

  deinit { for folder in folders { try? Files.remove(folder) } }

  /// - Parameter text: as the user typed it.
  func open(_ argument: DiffArgument, _ text: String) async throws -> ComparedSide {
    switch argument {
    case .file(let path):
      throw Problem(
        .user, "diff-kinds", "cannot compare a file with a run: \(path) is a file",
        hint: "name two files, or two runs, recipes or bundles")
    case .bundle(let path): return try await open(bundle: path, text)
    case .recipe(let path):
      return try recipe(at: path, in: try options.findKitchen(), named: text)
    case .reference(let reference, _):
      let (history, store, kitchen) = try await openPast()
      do {
        let run = try history.resolve(reference)
        return try await side(run, history, store, text)
      } catch let problem as Problem where problem.code == "unknown-run" {
        let path = kitchen.recipes.appending("\(reference).md")
        guard StepID.isValid(reference), Files.exists(path) else { throw problem }
        return try recipe(at: path, in: kitchen, named: text)
      }
    }
  }

  private func openPast() async throws -> (HistoryRepository, DiskStore, Kitchen) {
    if let past { return past }
    let kitchen = try options.findKitchen()
    let opened = (
      try HistoryRepository(at: kitchen.history), try await options.openStore(kitchen), kitchen
    )
    past = opened
    return opened
  }

  private func side(
    _ run: PastRun, _ history: HistoryRepository, _ store: DiskStore, _ name: String
  ) async throws -> ComparedSide {
    try await BlockingWork.run {
      try ComparedSide(try OpenedRun(run, in: history, store: store), name: name)
    }
  }

  private func recipe(
    at path: FilePath, in kitchen: Kitchen, named name: String
  ) throws -> ComparedSide {
    let recipe = try RecipeReader(library: StepLibrary.declarations).read(
      text: try Files.readText(path), path: path,
      displayPath: Kitchen.shown(path, from: options.workingFolder), kitchen: kitchen.root)
    let file = path.removingLastComponent().appending("\(recipe.name).lock")
    let lock =
      Files.exists(file)
      ? try Notebook.Lock(parsing: try Files.readText(file), displayPath: file.string)
      : Notebook.Lock()
    return ComparedSide(recipe, lock: lock, name: name)
  }

  private func open(bundle path: FilePath, _ name: String) async throws -> ComparedSide {
    guard Files.exists(path) else {
      throw Problem(
        .user, "no-file", "cannot open the bundle \(path): there is no such file",
        hint: "check its path")
    }
    let folder = try ReplayOptions.temporaryFolder(prefix: "larder-bundle-")
    folders.append(folder)
    Console.note("opening \(name)\n")
    let opened = try await Interruption.cancelling {
      try await Bundles.Bundle.open(path, into: folder, allowedSigners: nil)
    }
    let kitchen = Kitchen(root: opened.kitchen)
    let history = try HistoryRepository(at: kitchen.history)
    guard let run = try history.run(opened.run) else {
      throw Problem(.damage, "bundle-damaged", "the bundle \(path) holds no run")
    }
    return try await side(run, history, try await options.openStore(kitchen), name)
  }
}
