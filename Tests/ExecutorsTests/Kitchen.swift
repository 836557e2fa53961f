import Executors
import Files
import Foundation
import Problems
import Processes
import Synchronization
import SystemPackage
import Testing

/// A temporary folder with an executor and jobs in it, removed when it goes.
final class Kitchen: Sendable {
  /// The executors that share the conformance suite.
  enum Place: CaseIterable { case sandbox, unsandboxed }

  let folder: FilePath
  let executor: any Executor
  private let said = Mutex<[JobReport]>([])

  init(_ place: Place = .sandbox) throws {
    folder = try Files.makeTemporaryFolder(
      in: FilePath(NSTemporaryDirectory()), prefix: "larder-executors-")
    switch place {
    case .sandbox:
      try #require(
        findTool("bwrap") != nil,
        "these tests need bubblewrap: apt-get install bubblewrap")
      executor = Sandbox(folder: folder.appending("sandbox"))
    case .unsandboxed: executor = Unsandboxed()
    }
  }

  deinit { try? Files.remove(folder) }

  /// What the job that ran last said.
  var reports: [JobReport] { said.withLock { $0 } }

  /// The lines that the job that ran last said.
  var lines: [String] {
    reports.compactMap { if case .line(let text) = $0 { text } else { nil } }
  }

  func job(_ command: [String]) throws -> Job {
    Job(command: command, workFolder: try Files.makeTemporaryFolder(in: folder, prefix: "job-"))
  }

  func bash(_ script: String) throws -> Job { try job(["bash", "-euo", "pipefail", "-c", script]) }

  func run(_ job: Job) async throws -> Outcome {
    said.withLock { $0 = [] }
    return try await executor.run(job) { [self] report in said.withLock { $0.append(report) } }
  }

  /// Runs a script and returns its output.
  func output(_ script: String) async throws -> String {
    let outcome = try await run(bash(script))
    #expect(outcome.ending == .exited(0), "\(outcome.text)")
    return outcome.text
  }

  /// Whether a process with these words on its command line is alive.
  static func isAlive(_ words: String) -> Bool {
    let processes = (try? Files.names(in: "/proc")) ?? []
    return processes.contains { process in
      guard Int(process) != nil,
        let line = try? Files.read(FilePath("/proc/\(process)/cmdline"))
      else { return false }
      let text = String(decoding: line.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
      return text.contains(words)
    }
  }
}

extension Outcome {
  var text: String { String(decoding: log, as: UTF8.self) }
}
