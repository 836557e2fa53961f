internal import BlockingWork
internal import Files
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Steps
internal import Store
internal import WebPage

/// A recipe as it stands now: its text, and what a run of it would do.
struct RecipeView: Sendable {
  let name: String
  let title: String
  let file: RecipeFile
  /// Of the file when it was read.
  let stamp: FileStamp?
  let passages: [Passage]
  /// Nil where it cannot be read.
  let recipe: Recipe?
  /// What a run would do now, by step; empty where that is not known.
  private(set) var forecast: [String: Forecast.Entry] = [:]
  private(set) var problems: [Problem] = []

  /// - Parameter looksAhead: whether to find out what a run would do.
  init(_ name: String, in kitchen: Kitchen, store: any Store, looksAhead: Bool = true) async throws
  {
    let file = try RecipeFile(name, in: kitchen)
    self.file = file
    stamp = file.stamp
    let text = try await BlockingWork.run { try file.text }
    self.name = name
    passages = Passage.all(of: text)
    title = RecipeTitle.find(in: passages) ?? name
    do {
      let read = try await BlockingWork.run { try file.read() }
      recipe = read
    } catch let found as Problems {
      recipe = nil
      problems = found.all
    }
    guard looksAhead, let recipe else { return }
    do {
      let entries = try await Forecast(recipe, kitchen: kitchen, store: store).entries
      forecast = Dictionary(entries.map { ($0.step.id.text, $0) }, uniquingKeysWith: { a, _ in a })
    } catch let found as Problems {
      problems = found.all
    } catch {
      problems = [Problem(error)]
    }
  }

  /// The newest run, where it says more of the recipe than a look ahead: it goes on, or ended after
  /// the last save.
  func run(in live: LiveRuns) -> LiveRun? {
    guard let run = live.run(of: name) else { return nil }
    if let end = run.endedAt, let stamp, Double(stamp.changed) / 1e9 > end { return nil }
    return run
  }

  var steps: [Step] { recipe?.steps ?? [] }

  /// How long each step took when it last ran here, in seconds.
  var lastSeconds: [String: Double] { forecast.compactMapValues(\.lastSeconds) }

  /// The steps as a graph.
  ///
  /// - Parameter state: of each step.
  func graph(_ state: (String) -> StepState) -> StepGraph {
    StepGraph(
      steps.map { step in
        let inputs = step.inputs.values.flatMap(\.steps).map(\.text)
        return StepGraph.Node(
          step.id.text, kind: RecipeView.shape(of: step), state: state(step.id.text),
          inputs: Set(inputs).sorted(), link: "#\(CellPiece.anchor(step.id.text))")
      })
  }

  private static func shape(of step: Step) -> StepGraph.Kind {
    switch StepLibrary.kind(of: step) {
    case .manual: return .manual
    default: break
    }
    switch step.work {
    case .data: return .data
    case .script: return .script
    case .library(let name): return name == "fetch" || name.hasPrefix("fetch/") ? .source : .library
    }
  }
}
