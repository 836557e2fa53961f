import BlockingWork
import Foundation
import Synchronization
import Testing

@Suite struct BlockingWorkTests {
  private final class Seen: Sendable {
    let running = Mutex((now: 0, most: 0))
    let threads = Mutex(Set<ObjectIdentifier>())

    func enter() {
      threads.withLock { _ = $0.insert(ObjectIdentifier(Thread.current)) }
      running.withLock { running in
        running.now += 1
        running.most = max(running.most, running.now)
      }
    }
    func leave() { running.withLock { $0.now -= 1 } }
  }

  @Test func valuesAndErrorsComeBack() async throws {
    #expect(try await BlockingWork.run { 7 } == 7)
    await #expect(throws: CancellationError.self) {
      try await BlockingWork.run { throw CancellationError() }
    }
  }

  @Test(arguments: [1, 3])
  func atMostTheLimitRunAtOnceAndAllRun(limit: Int) async throws {
    let work = BlockingWork(limit: limit)
    let seen = Seen()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<40 {
        group.addTask {
          try await work.run {
            seen.enter()
            usleep(1_000)
            seen.leave()
            return number
          }
        }
      }
      var sum = 0
      for try await number in group { sum += number }
      #expect(sum == 780)
    }
    #expect(seen.running.withLock { $0.most } == limit)
    #expect(seen.threads.withLock { $0.count } == limit)
  }

  @Test func callsOneAfterAnotherShareAThread() async throws {
    let work = BlockingWork(limit: 8)
    let seen = Seen()
    for _ in 0..<50 {
      try await work.run {
        seen.enter()
        seen.leave()
      }
    }
    #expect(seen.threads.withLock { $0.count } == 1)
  }

  @Test func blockedThreadsDoNotKeepOthersWaiting() async throws {
    let work = BlockingWork(limit: 4)
    let gate = DispatchSemaphore(value: 0)
    async let blocked: Void = work.run { gate.wait() }
    // Would never end if it waited for the first.
    try await work.run { _ = gate.signal() }
    try await blocked
  }
}
