internal import Foundation
internal import Synchronization

/// Runs work that blocks (files, compression, databases, C libraries) on threads of its own.
///
/// The cooperative pool has one thread a core: blocking calls on it would make every other task
/// wait. These threads are made on demand, kept, and at most `limit` in number.
package final class BlockingWork: Sendable {
  /// The threads that the whole process shares.
  package static let shared = BlockingWork(limit: 32)

  /// Does the work and returns what tells its caller.
  private typealias Job = @Sendable () -> @Sendable () -> Void

  private struct State {
    var incoming: [Job] = []
    /// The oldest last.
    var outgoing: [Job] = []
    /// Jobs that wait or run.
    var unfinished = 0
    var threads = 0

    mutating func takeJob() -> Job? {
      if outgoing.isEmpty {
        outgoing = incoming.reversed()
        incoming = []
      }
      return outgoing.popLast()
    }
  }

  private let limit: Int
  private let state = Mutex(State())
  /// Signalled once for each job.
  private let ready = DispatchSemaphore(value: 0)

  package init(limit: Int) { self.limit = limit }

  /// Runs the work on one of the shared threads and returns what it returns.
  package static func run<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await shared.run(work)
  }

  /// Runs the work on one of the threads and returns what it returns.
  package func run<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      enqueue {
        let result = Result(catching: work)
        return { continuation.resume(with: result) }
      }
    }
  }

  private func enqueue(_ job: @escaping Job) {
    let needsThread = state.withLock { state in
      state.incoming.append(job)
      state.unfinished += 1
      guard state.unfinished > state.threads, state.threads < limit else { return false }
      state.threads += 1
      return true
    }
    ready.signal()
    if needsThread {
      let thread = Thread { self.work() }
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  private func work() -> Never {
    while true {
      ready.wait()
      guard let job = state.withLock({ $0.takeJob() }) else { continue }
      let tell = job()
      // Before the caller goes on, so that calls one after another share one thread.
      state.withLock { $0.unfinished -= 1 }
      tell()
    }
  }
}
