internal import Foundation
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Store

/// The events of a run on standard error, with a live area where that is a terminal.
final class RunDisplay: Sendable {
  private let text: RunText
  private let ticking: Task<Void, any Error>?

  init(_ options: GlobalOptions, progress: ExecutionOptions.ProgressOption, explains: Bool = false)
  {
    let mode: RunText.ProgressMode =
      switch progress {
      case .none: .none
      case .plain: .plain
      case .auto: Console.errorIsTerminal ? .live : .plain
      }
    let text = RunText(
      style: options.style(forTerminal: Console.errorIsTerminal), mode: mode, explains: explains,
      folder: options.workingFolder, width: Console.width, write: Console.note)
    self.text = text
    ticking =
      mode == .live
      ? Task {
        while !Task.isCancelled {
          text.tick()
          try await Task.sleep(for: .milliseconds(200))
        }
      } : nil
  }

  func show(_ event: Event) { text.show(event) }

  /// Runs a recipe and shows what happens; Ctrl-C stops it cleanly.
  ///
  /// - Parameter isJSON: whether the events go to standard output as JSON Lines as well.
  func run(
    _ recipe: Recipe, in kitchen: Kitchen, store: DiskStore, options: RunOptions, isJSON: Bool
  ) async throws -> RunSummary {
    try await Interruption.cancelling { [self] in
      try await perform(recipe, in: kitchen, store: store, options: options, isJSON: isJSON)
    }
  }

  /// Runs a recipe and shows what happens; cancelling the task stops it cleanly.
  ///
  /// - Parameter sweep: which run of a sweep it is.
  func perform(
    _ recipe: Recipe, in kitchen: Kitchen, store: DiskStore, options: RunOptions, isJSON: Bool,
    sweep: SweepPosition? = nil
  ) async throws -> RunSummary {
    let journal = RunJournal(
      kitchen: kitchen, recipe: recipe.name, experiment: options.experiment, note: options.note)
    defer { journal.close() }
    let emit: @Sendable (Event) -> Void = { [self] event in
      show(event)
      journal.take(event)
      guard isJSON else { return }
      for object in RunJSON.objects(for: event, of: sweep) { Console.out(object) }
    }
    do {
      let summary = try await Runner(kitchen: kitchen, store: store, options: options, emit: emit)
        .run(recipe)
      emit(.ended(summary))
      return summary
    } catch {
      journal.refuse(Problems.all(of: error))
      throw error
    }
  }

  /// Stops the live area and removes it.
  func end() {
    ticking?.cancel()
    text.clear()
  }
}
