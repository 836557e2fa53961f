import Documents
import Executors
import Files
import Foundation
import Notebook
import Problems
import Running
import Store
import Synchronization
import SystemPackage
import Testing

/// The engine with a store in memory and an executor that starts no process.
@Suite struct RunnerTests {
  @Test func noMoreStepsRunAtOnceThanThereAreJobs() async throws {
    let executor = FakeExecutor()
    let (summary, _) = try await run(wide(8), jobs: 3, executor)
    #expect(summary.status == .succeeded)
    #expect(summary.ran == 8)
    #expect(executor.most == 3)
  }

  @Test func aStepThatAsksForEveryProcessorRunsAlone() async throws {
    let executor = FakeExecutor()
    let text = wide(2) + "\n" + cell("big", options: "#| resources: { cpus: 4 }\n")
    let (summary, _) = try await run(text, jobs: 2, executor)
    #expect(summary.ran == 3)
    #expect(executor.together["big"] == ["big"])
  }

  @Test func eventsTellTheRunInOrder() async throws {
    let (_, events) = try await run(
      cell("a") + "\n" + cell("b", options: "#| in: { a: a }\n"), jobs: 2, FakeExecutor())
    #expect(events == ["planned 2 0 2", "started a", "a ran", "started b", "b ran"])
  }

  @Test func theSecondRunFindsEverything() async throws {
    let store = MemoryStore()
    let executor = FakeExecutor()
    let text = cell("a") + "\n" + cell("b", options: "#| in: { a: a }\n")
    _ = try await run(text, jobs: 2, executor, store: store)
    let (summary, events) = try await run(text, jobs: 2, executor, store: store)
    #expect(summary.cached == 2)
    #expect(events == ["planned 2 2 0", "a cached", "b cached"])
    #expect(executor.started == 2)
  }

  @Test func twoStepsWithOneActionAreExecutedOnce() async throws {
    let executor = FakeExecutor()
    let text = ["a", "b"].map { "```bash {#\($0)}\n#| out: out.txt\ntrue\n```\n" }
    let (summary, _) = try await run(text.joined(separator: "\n"), jobs: 2, executor)
    #expect(executor.started == 1)
    #expect(summary.ran == 1)
    #expect(summary.cached == 1)
  }

  @Test func afterAFailureNothingNewStarts() async throws {
    let executor = FakeExecutor(failing: ["s0"])
    let (summary, _) = try await run(wide(6), jobs: 1, executor)
    #expect(summary.status == .failed)
    #expect(summary.exitCode == 1)
    #expect(executor.started == 1)
    #expect(summary.skipped == 5)
  }

  @Test func cancellingStopsAndRecordsTheRun() async throws {
    let executor = FakeExecutor(pause: .seconds(60))
    let task = Task { try await run(wide(2), jobs: 2, executor) }
    while executor.started < 2 { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    let (summary, _) = try await task.value
    #expect(summary.status == .interrupted)
    #expect(summary.exitCode == 130)
    #expect(summary.ran == 0)
    #expect(summary.commit != nil)
  }

  // MARK: Running

  private func run(
    _ text: String, jobs: Int, _ executor: FakeExecutor, store: MemoryStore = MemoryStore()
  ) async throws -> (RunSummary, [String]) {
    let root = FilePath(FileManager.default.temporaryDirectory.path)
      .appending("larder-engine-\(UUID().uuidString)")
    try Files.makeFolder(root.appending("recipes"))
    defer { try? Files.remove(root) }
    let recipe = try RecipeReader(library: [:]).read(
      text: text, path: root.appending("recipes").appending("engine.md"),
      displayPath: "engine.md", kitchen: root)
    let events = Log()
    let summary = try await Runner(
      kitchen: Kitchen(root: root), store: store, options: RunOptions(jobs: jobs),
      executor: executor, emit: { events.add($0) }
    ).run(recipe)
    return (summary, events.lines)
  }

  private func cell(_ id: String, options: String = "") -> String {
    "```bash {#\(id)}\n\(options)#| out: out.txt\n#| env: { NAME: \(id) }\ntrue\n```\n"
  }

  private func wide(_ count: Int) -> String {
    (0..<count).map { cell("s\($0)") }.joined(separator: "\n")
  }
}

/// Says what it was asked to do, and writes what every step of these tests declares.
private final class FakeExecutor: Executor {
  private struct State {
    var running: Set<String> = []
    var most = 0
    var started = 0
    var together: [String: Set<String>] = [:]
  }

  private let state = Mutex(State())
  private let failing: Set<String>
  private let pause: Duration

  init(failing: Set<String> = [], pause: Duration = .milliseconds(30)) {
    self.failing = failing
    self.pause = pause
  }

  var most: Int { state.withLock { $0.most } }
  var started: Int { state.withLock { $0.started } }
  /// By step, those that ran at some moment of its time.
  var together: [String: Set<String>] { state.withLock { $0.together } }

  func run(
    _ job: Job, report: @escaping @Sendable (JobReport) -> Void
  ) async throws -> Outcome {
    let name = job.variables["NAME"] ?? ""
    state.withLock { state in
      state.started += 1
      state.running.insert(name)
      state.most = max(state.most, state.running.count)
      for other in state.running { state.together[other, default: []].formUnion(state.running) }
    }
    defer { state.withLock { _ = $0.running.remove(name) } }
    try await Task.sleep(for: pause)
    try Files.makeFolder(job.outputFolder)
    try Files.write(Array("\(name)\n".utf8), to: job.outputFolder.appending("out.txt"))
    return Outcome(
      ending: .exited(failing.contains(name) ? 1 : 0), log: [], seconds: 0.03, peakMemory: 0)
  }
}

/// Events as short lines.
private final class Log: Sendable {
  private let text = Mutex<[String]>([])

  var lines: [String] { text.withLock { $0 } }

  func add(_ event: Event) {
    let line: String? =
      switch event {
      case .planned(_, let steps, let cached, let toRun): "planned \(steps) \(cached) \(toRun)"
      case .started(let id, _): "started \(id)"
      case .finished(let report): "\(report.step) \(report.status.rawValue)"
      default: nil
      }
    if let line { text.withLock { $0.append(line) } }
  }
}
