internal import Synchronization

/// Tells blocking work on another thread that the user stopped the run.
final class Flag: Sendable {
  private let isRaised = Atomic(false)

  func raise() { isRaised.store(true, ordering: .relaxed) }

  /// - Throws: `CancellationError` once the flag is raised.
  func check() throws {
    if isRaised.load(ordering: .relaxed) { throw CancellationError() }
  }
}
