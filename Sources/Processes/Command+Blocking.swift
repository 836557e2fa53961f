internal import Foundation
internal import Problems
internal import Synchronization

extension Command {
  /// Runs a small tool and returns everything that it printed, as `output()` does, but holds the
  /// calling thread until it has ended.
  package func blockingOutput(timeLimit: Double = 60, package: String? = nil) throws -> String {
    let answer = Answer()
    // The detached task runs elsewhere; this thread is one that may block.
    Task.detached {
      do { answer.give(.success(try await output(timeLimit: timeLimit, package: package))) } catch {
        answer.give(.failure(error))
      }
    }
    return try answer.wait()
  }
}

private final class Answer: Sendable {
  private let value = Mutex<Result<String, any Error>?>(nil)
  private let semaphore = DispatchSemaphore(value: 0)

  func give(_ result: Result<String, any Error>) {
    value.withLock { $0 = result }
    semaphore.signal()
  }

  func wait() throws -> String {
    semaphore.wait()
    guard let result = value.withLock({ $0 }) else {
      preconditionFailure("given before the signal")
    }
    return try result.get()
  }
}
