internal import Foundation
internal import Synchronization

/// Blocking calls, a bounded number at a time.
package enum CallsInFlight {
  private final class Progress: Sendable {
    let next = Atomic(0)
    let failure = Mutex<(any Error)?>(nil)
  }

  /// Calls the work for every number below `count`, at most `width` at a time, and returns when all
  /// are done. After an error no further one is begun, and the error is thrown.
  package static func perform(
    _ count: Int, width: Int, _ work: @escaping @Sendable (Int) throws -> Void
  ) throws {
    let progress = Progress()
    let group = DispatchGroup()
    // Threads of their own: the calls wait for the network, and Dispatch has a thread a core.
    for _ in 0..<max(1, min(width, count)) {
      group.enter()
      let thread = Thread {
        defer { group.leave() }
        while true {
          let item = progress.next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard item < count, progress.failure.withLock({ $0 == nil }) else { return }
          do {
            try work(item)
          } catch {
            progress.failure.withLock { $0 = $0 ?? error }
          }
        }
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
    group.wait()
    if let error = progress.failure.withLock({ $0 }) { throw error }
  }
}
