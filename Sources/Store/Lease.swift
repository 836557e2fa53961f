internal import Synchronization

/// The right to make one thing alone, among all processes of a kitchen; given back by `release`, when
/// nobody holds it any more, or by the kernel when the process dies.
package final class Lease: Sendable {
  private let giveBack: Mutex<(@Sendable () -> Void)?>

  /// - Parameter giveBack: called once, at the release.
  package init(_ giveBack: @escaping @Sendable () -> Void) { self.giveBack = Mutex(giveBack) }

  deinit { release() }

  /// Gives the lease back; further calls do nothing.
  package func release() { giveBack.withLock { $0.take() }?() }
}
