internal import ArgumentParser
internal import Documents
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Store

extension Run {
  /// One run of a sweep, checked.
  private struct SweptRun: Sendable {
    var recipe: Recipe
    var options: RunOptions
    var position: SweepPosition
  }

  /// Runs the recipe for each combination of the swept values, one after the other. Every value is
  /// checked before the first begins.
  func performSweep(in kitchen: Kitchen) async throws {
    let runs = try sweptRuns(in: kitchen)
    let store = try await options.openStore(kitchen)
    let command = self
    let summary = try await Interruption.cancelling {
      await command.perform(runs, in: kitchen, store)
    }
    let style = options.style(forTerminal: Console.errorIsTerminal)
    Console.note(([""] + summary.lines(style)).joined(separator: "\n") + "\n")
    if options.json { Console.out(summary.document) }
    if summary.exitCode != 0 { throw ExitCode(summary.exitCode) }
  }

  private func perform(
    _ runs: [SweptRun], in kitchen: Kitchen, _ store: DiskStore
  ) async -> SweepSummary {
    var sweep = SweepSummary(of: runs.map(\.position))
    let style = options.style(forTerminal: Console.errorIsTerminal)
    for run in runs {
      if Task.isCancelled { break }
      if execution.progress != .none { Console.note("\n\(run.position.title(style))\n") }
      let display = RunDisplay(
        options, progress: execution.progress, explains: execution.explain)
      do {
        let summary = try await display.perform(
          run.recipe, in: kitchen, store: store, options: run.options, isJSON: options.json,
          sweep: run.position)
        display.end()
        try warnOfLostNote(summary, kitchen)
        sweep.add(summary)
        // Evidence is awaited by each run for itself: the others need not wait.
        let goesOn = summary.status == .succeeded || summary.status == .waiting
        if summary.status == .interrupted || !goesOn && !execution.keepGoing { break }
      } catch {
        display.end()
        let problem = Problem(error)
        if problem.tier != .interrupted { Console.note("\(problem)\n") }
        if options.json {
          Console.out(RunJSON.object(for: problem))
          Console.out(RunJSON.refused(run.position))
        }
        sweep.add(problem)
        if problem.tier == .interrupted || !execution.keepGoing { break }
      }
    }
    return sweep
  }

  // MARK: Before the first run

  private func sweptRuns(in kitchen: Kitchen) throws -> [SweptRun] {
    let sweep = try Sweep(sweep, besides: recipe.set)
    let combinations = sweep.combinations
    var problems: [Problem] = []
    var recipes: [Recipe] = []
    for combination in combinations {
      do { recipes.append(try recipe.read(options, kitchen, sweep: combination)) } catch let found
        as Problems
      {
        // A value that is wrong is so in every run that has it.
        for problem in found.all where !problems.contains(problem) { problems.append(problem) }
      }
    }
    guard problems.isEmpty else { throw Problems(problems) }
    try Run.refuseEqualValues(sweep, recipes)

    let all = try zip(recipes, combinations).map { try runOptions($0, sweep: $1) }
    let names = ExperimentName.distinct(
      zip(all, combinations).map { ($0.experiment ?? "main", $1) })
    return zip(recipes, all).enumerated().map { index, run in
      var (recipe, options) = run
      if options.experiment != names[index] {
        options.experiment = names[index]
        options.recipeArguments = self.recipe.arguments(
          experiment: names[index], sweep: combinations[index])
      }
      let position = SweepPosition(
        number: index + 1, count: recipes.count, experiment: names[index],
        parameters: sweep.axes.map {
          SweepPosition.Parameter(name: $0.name, value: recipe.override($0.name))
        })
      return SweptRun(recipe: recipe, options: options, position: position)
    }
  }

  /// Two texts may be one value, as `0.1` and `1e-1` are.
  private static func refuseEqualValues(_ sweep: Sweep, _ recipes: [Recipe]) throws(Problem) {
    var stride = recipes.count
    for axis in sweep.axes {
      stride /= axis.values.count
      var seen: [JSON: String] = [:]
      for (number, text) in axis.values.enumerated() {
        let value = recipes[number * stride].override(axis.name)
        if let other = seen.updateValue(text, forKey: value) {
          throw Problem(
            .user, "bad-sweep",
            "`--sweep` gives `\(axis.name)` the same value twice: `\(other)` and `\(text)`",
            hint: "each value is one run: give it once")
        }
      }
    }
  }
}

extension Recipe {
  /// The value of a parameter that the command line set: one of the recipe, or `STEP.PARAM`.
  fileprivate func override(_ name: String) -> JSON {
    stepOverrides[name] ?? parameters[name] ?? .null
  }
}
