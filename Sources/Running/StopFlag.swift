internal import Synchronization

/// Tells blocking work on another thread that the user stopped the run.
package final class StopFlag: Sendable {
  private let isRaised = Atomic(false)

  package init() {}

  package func raise() { isRaised.store(true, ordering: .relaxed) }

  /// - Throws: `CancellationError` once the flag is raised.
  package func check() throws {
    if isRaised.load(ordering: .relaxed) { throw CancellationError() }
  }
}
