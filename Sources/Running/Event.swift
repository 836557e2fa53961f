package import Digests
package import Documents
package import Notebook
package import Problems
package import Store
package import SystemPackage

/// What happens during a run, in order: the one stream that the terminal, `--json` and everything
/// else that shows a run reads.
package enum Event: Sendable {
  /// What a run prepares before its steps: sources to pin, environments to build.
  case preparing(String, Progress?)
  /// The steps whose keys could be made at the beginning were looked up.
  case planned(recipe: String, steps: Int, cached: Int, toRun: Int)
  /// - Parameter why: why the step is not cached, in words.
  case started(StepID, why: String)
  /// Another run is making the same result: this one waits for it.
  case waiting(StepID)
  case line(StepID, String)
  case progress(StepID, Progress)
  case finished(StepReport)
  case ended(RunSummary)
}

/// How one step of a run ended.
package struct StepReport: Sendable {
  package enum Status: String, Sendable { case cached, ran, failed, waiting, skipped }

  package var step: StepID
  package var status: Status
  /// Nil where it could not be made, because a step before it failed.
  package var key: Digest?
  package var seconds: Double
  /// When it began, in seconds after the run; nil for a step that did not execute.
  package var start: Double?
  package var outputs: [String: Artifact]
  /// Why it is cached, ran, failed or was skipped, in words.
  package var why: String
  package var problem: Problem?
  /// The last lines of the log of a failed step.
  package var logTail: [String]
  /// Where the folder of a failed step was kept.
  package var keptFolder: FilePath?
  package var peakMemory: Int64
  package var log: Digest?
  package var recording: Digest?
  package var machine: Digest?

  package init(step: StepID, status: Status, key: Digest?, why: String) {
    self.step = step
    self.status = status
    self.key = key
    self.why = why
    seconds = 0
    outputs = [:]
    logTail = []
    peakMemory = 0
  }
}

/// How a run ended.
package struct RunSummary: Sendable {
  package enum Status: String, Sendable { case succeeded, failed, waiting, interrupted, refused }

  package var status: Status
  /// The Git id of the run's commit, or of the tip where nothing changed; nil without a commit.
  package var commit: String?
  /// The Git id of its `result/` tree.
  package var result: String?
  /// Whether the run made a new commit.
  package var isNew: Bool
  package var cached: Int
  package var ran: Int
  package var failed: Int
  package var skipped: Int
  package var seconds: Double
  /// Where the newest results lie as plain files.
  package var results: FilePath
  /// The metrics of each `score` step, by step.
  package var metrics: [(step: StepID, document: JSON)]
  /// What went wrong, in the order in which it did.
  package var problems: [Problem]

  /// The exit code of the command.
  package var exitCode: Int32 {
    switch status {
    case .succeeded: 0
    case .waiting: Problem.Tier.waiting.exitCode
    case .interrupted: Problem.interrupted.tier.exitCode
    default: problems.first?.tier.exitCode ?? 1
    }
  }

  /// The short id by which a user names the run.
  package var run: String? { commit.map { String($0.prefix(8)) } }
}
