internal import Digests
internal import Files
internal import Notebook
internal import Problems
internal import SystemPackage

/// The lock of a recipe and those of the recipes that it names, while pins are added.
struct RecipeLocks {
  private struct Entry {
    var path: FilePath
    var old: Lock
    var lock: Lock
    var licences: [String]?
  }

  private let main: String
  private var entries: [String: Entry] = [:]

  /// Reads the locks, empty where there is none.
  init(of recipe: Recipe) throws {
    main = recipe.name
    let own = Preparer.lockPath(of: recipe)
    var paths = [(recipe.name, own, recipe.licences)]
    for other in recipe.joined {
      let path = other.path.removingLastComponent().appending("\(other.name).lock")
      paths.append((other.name, path, other.licences))
    }
    for (name, path, licences) in paths {
      let lock = try Preparer.readLock(path)
      entries[name] = Entry(path: path, old: lock, lock: lock, licences: licences)
    }
  }

  /// The lock of the recipe itself.
  var own: Lock { entries[main]?.lock ?? Lock() }

  /// The locks of the other recipes, by name.
  var joined: [String: Lock] { entries.filter { $0.key != main }.mapValues(\.lock) }

  /// The name of the recipe that a step comes from.
  func owner(of id: StepID) -> String { id.recipe ?? main }

  /// The lock of the recipe that a step comes from.
  func lock(of id: StepID) -> Lock { entries[owner(of: id)]?.lock ?? Lock() }

  /// The licences that sources of a step's recipe may have; nil where it sets no limit.
  func licences(of id: StepID) -> [String]? { entries[owner(of: id)]?.licences }

  /// Adds a pin to the lock of a step's recipe. Each is written as soon as it is known: a stop here
  /// repeats no download.
  mutating func add(for id: StepID, _ change: (inout Lock) -> Void) throws {
    let name = owner(of: id)
    guard var entry = entries[name] else { return }
    change(&entry.lock)
    if entry.lock != entry.old {
      try Files.writeDurably(Array(entry.lock.text.utf8), to: entry.path)
    }
    entries[name] = entry
  }
}
