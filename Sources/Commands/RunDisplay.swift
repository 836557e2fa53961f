internal import Foundation
internal import Reporting
internal import Running

/// The events of a run on standard error, with a live area where that is a terminal.
final class RunDisplay: Sendable {
  private let text: RunText
  private let ticking: Task<Void, any Error>?

  init(_ options: GlobalOptions, progress: Run.ProgressOption, explains: Bool = false) {
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

  /// Stops the live area and removes it.
  func end() {
    ticking?.cancel()
    text.clear()
  }
}
