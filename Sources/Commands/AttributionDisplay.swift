internal import Experiments
internal import Reporting
internal import Synchronization

/// The runs of an attribution on standard error, one after the other, each below its title.
final class AttributionDisplay: Sendable {
  private let options: GlobalOptions
  private let progress: ExecutionOptions.ProgressOption
  private let current = Mutex<RunDisplay?>(nil)

  init(_ options: GlobalOptions, progress: ExecutionOptions.ProgressOption) {
    self.options = options
    self.progress = progress
  }

  func show(_ event: Attributor.Event) {
    switch event {
    case .corner(let number, let count, let fromB):
      end()
      guard progress != .none else { break }
      let style = options.style(forTerminal: Console.errorIsTerminal)
      let what =
        fromB.isEmpty
        ? "the first run again" : "the first run with the second's \(Attribution.Group.name(fromB))"
      Console.note("\n\(style("hybrid \(number) of \(count)", .strong)): \(what)\n")
    case .run(let event):
      let display = current.withLock { current in
        let display = current ?? RunDisplay(options, progress: progress)
        current = display
        return display
      }
      display.show(event)
    }
  }

  /// Stops the live area and removes it.
  func end() {
    current.withLock { current in
      current?.end()
      current = nil
    }
  }
}
