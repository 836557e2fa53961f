internal import Foundation
internal import Synchronization

/// Runs work that blocks (files, compression, databases, C libraries) on threads of its own.
///
/// The cooperative pool has one thread a core: blocking calls on it would make every other task
/// wait. These threads are made on demand, kept, and at most `limit` in number.
package final class BlockingWork: Sendable {
  /// The threads that the whole process shares.
  package static let shared = BlockingWork(limit: 32)

  private struct State {
    var queue: [@Sendable () -> Void] = []
    var next = 0
    var threads = 0
    var idle = 0
  }

  private let limit: Int
  // NSCondition is a lock and a signal in one; the state is only touched while it is held.
  private let condition = NSCondition()
  private let state = Mutex(State())

  package init(limit: Int) { self.limit = limit }

  /// Runs the work on one of the threads and returns what it returns.
  package static func run<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      shared.enqueue { continuation.resume(with: Result(catching: work)) }
    }
  }

  private func enqueue(_ job: @escaping @Sendable () -> Void) {
    condition.lock()
    let needsThread = state.withLock { state in
      state.queue.append(job)
      let waiting = state.queue.count - state.next
      guard waiting > state.idle, state.threads < limit else { return false }
      state.threads += 1
      return true
    }
    condition.signal()
    condition.unlock()
    if needsThread {
      let thread = Thread { self.work() }
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  private func work() {
    while true {
      condition.lock()
      var job = takeJob()
      while job == nil {
        state.withLock { $0.idle += 1 }
        condition.wait()
        state.withLock { $0.idle -= 1 }
        job = takeJob()
      }
      condition.unlock()
      job?()
    }
  }

  private func takeJob() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard state.next < state.queue.count else { return nil }
      let job = state.queue[state.next]
      state.next += 1
      if state.next == state.queue.count {
        state.queue.removeAll(keepingCapacity: true)
        state.next = 0
      }
      return job
    }
  }
}
