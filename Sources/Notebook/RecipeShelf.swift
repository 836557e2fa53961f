internal import Files
internal import Problems
internal import SystemPackage

/// The other recipes that a recipe names: each is read once, and its steps join those that need
/// them.
final class RecipeShelf {
  /// A recipe as it was read, before steps of others join it.
  struct Reading {
    /// With its own steps only, and its paths as seen from the folder of the recipe that is run.
    var recipe: Recipe
    /// Its own steps as references name them.
    var steps: [String: NamedStep]
    /// What is wrong with the files that its steps name: no matter for steps that do not join.
    var fileMistakes: [StepID: [Problem]] = [:]
    /// The same for its environments.
    var environmentMistakes: [String: [Problem]] = [:]
  }

  enum Finding {
    case found(Reading)
    /// It has mistakes, which were noted.
    case broken
    case missing(known: [String])
    /// It is being read already: the names from there on.
    case circle([String])
    /// Another file has the same name as the recipe that is run.
    case sameName
    /// The recipe that is run stands outside the kitchen, whose recipes it would name.
    case outside
  }

  /// The folder of the recipe that is run, links resolved.
  let base: FilePath
  let kitchen: FilePath
  private let reader: RecipeReader
  private let mistakes: Mistakes
  /// What stands before the displayed paths of the kitchen.
  private let hiddenPrefix: String
  private var open: [(name: String, path: FilePath)] = []
  private var readings: [String: Reading?] = [:]

  init(
    reader: RecipeReader, name: String, path: FilePath, displayPath: String, kitchen: FilePath,
    noting mistakes: Mistakes
  ) {
    self.reader = reader
    self.kitchen = kitchen
    self.mistakes = mistakes
    let path = Files.absolute(path)
    base = KitchenFiles(recipe: path, kitchen: kitchen).folder
    open = [(name, path)]
    hiddenPrefix =
      path.string.hasSuffix("/\(displayPath)")
      ? String(path.string.dropLast(displayPath.count)) : ""
  }

  /// Finds the recipe of a name, which stands in the kitchen's `recipes/`.
  func find(_ name: String) throws(Problem) -> Finding {
    let folder = Files.absolute(kitchen).appending("recipes")
    let path = folder.appending("\(name).md")
    if let first = open.firstIndex(where: { $0.name == name }) {
      guard Files.resolved(open[first].path) == Files.resolved(path) else { return .sameName }
      return .circle(open[first...].map(\.name) + [name])
    }
    guard base.starts(with: Files.resolved(kitchen) ?? kitchen) else { return .outside }
    if let reading = readings[name] { return reading.map { .found($0) } ?? .broken }
    guard Files.exists(path) else {
      let names = (try? Files.names(in: folder)) ?? []
      return .missing(
        known: names.filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }
          .filter { other in !open.contains { $0.name == other } })
    }
    let displayPath =
      path.string.hasPrefix(hiddenPrefix)
      ? String(path.string.dropFirst(hiddenPrefix.count)) : path.string
    let text = try Files.readText(path)
    open.append((name, path))
    let own = Mistakes()
    let reading = reader.read(
      text: text, path: path, displayPath: displayPath, shelf: self, noting: own)
    open.removeLast()
    for problem in own.all { mistakes.add(problem) }
    readings[name] = .some(own.isEmpty ? reading : nil)
    return own.isEmpty ? .found(reading) : .broken
  }

  /// Lets the steps that a recipe needs from others join it, with their environments.
  func join(_ recipe: inout Recipe) {
    var joining = Joining(readings.compactMapValues { $0 })
    for step in recipe.steps { joining.need(step) }
    joining.findAll()
    var labels: Set<String> = []
    for id in joining.ids.sorted() {
      guard let name = id.recipe, let reading = readings[name] ?? nil, var step = joining.step(id)
      else { continue }
      let own = StepID(id.name)
      for problem in own.flatMap({ reading.fileMistakes[$0] }) ?? [] { mistakes.add(problem) }
      if let environment = step.environment {
        let label = "\(name)/\(environment)"
        if labels.insert(label).inserted {
          for problem in reading.environmentMistakes[environment] ?? [] { mistakes.add(problem) }
        }
        recipe.environments[label] = reading.recipe.environments[environment]
        step.environment = label
      }
      recipe.steps.append(step)
    }
    recipe.joined = readings.values.compactMap { reading in
      reading.map {
        Recipe.Joined(
          name: $0.recipe.name, path: $0.recipe.path, text: $0.recipe.text,
          licences: $0.recipe.licences)
      }
    }.sorted { $0.name < $1.name }
  }
}

/// Which steps of other recipes join one, found from what its own steps need.
private struct Joining {
  private(set) var ids: Set<StepID> = []
  private var front: [StepID] = []
  /// Many steps may need the same of a matrix: each is followed once.
  private var collections: [StepCollection: StepCollection] = [:]
  private let readings: [String: RecipeShelf.Reading]
  /// The places of each recipe's own steps.
  private let positions: [String: [String: Int]]

  init(_ readings: [String: RecipeShelf.Reading]) {
    self.readings = readings
    positions = readings.mapValues { reading in
      Dictionary(
        reading.recipe.steps.enumerated().map { ($1.id.text, $0) },
        uniquingKeysWith: { first, _ in first })
    }
  }

  /// Notes what a step needs from other recipes.
  mutating func need(_ step: Step) {
    for reference in step.inputs.values {
      switch reference {
      case .output(let id, _) where id.recipe != nil: front.append(id)
      case .collection(let collection) where collection.step.recipe != nil:
        if collections.updateValue(collection, forKey: collection) == nil {
          front += collection.steps
        }
      default: break
      }
    }
  }

  /// Follows what the steps that join need themselves.
  mutating func findAll() {
    while let id = front.popLast() {
      if ids.insert(id).inserted, let step = step(id) { need(step) }
    }
  }

  /// The step of another recipe as it joins: the ids that it names lead to steps that join too.
  func step(_ id: StepID) -> Step? {
    guard let name = id.recipe, let reading = readings[name],
      let position = positions[name]?[id.name]
    else { return nil }
    var step = reading.recipe.steps[position]
    step.id = id
    step.inputs = step.inputs.mapValues { reference in
      switch reference {
      case .output(let other, let output): return .output(other.joining(from: name), output)
      case .collection(var collection):
        collection.step = collection.step.joining(from: name)
        return .collection(collection)
      case .file, .run: return reference
      }
    }
    return step
  }
}
