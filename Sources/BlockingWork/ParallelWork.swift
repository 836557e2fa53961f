internal import Foundation
internal import Synchronization

/// The same work on many items, on a few threads at once.
package enum ParallelWork {
  /// How many threads compress, hash, read and write at once.
  package static let width = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount))

  private final class Progress: Sendable {
    let next = Atomic(0)
    let failure = Mutex<(any Error)?>(nil)
  }

  /// Calls the work for every number below `count`, on the calling thread and a few others, and
  /// returns when all are done. After an error no further item is begun, and the error is thrown.
  package static func perform(_ count: Int, _ work: @Sendable (Int) throws -> Void) throws {
    let progress = Progress()
    DispatchQueue.concurrentPerform(iterations: min(width, count)) { _ in
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
    if let error = progress.failure.withLock({ $0 }) { throw error }
  }
}
