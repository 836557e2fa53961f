package import Documents
package import SystemPackage

/// One action made ready to execute: everything a step sees.
package struct Job: Sendable {
  /// A file or folder that the step sees read-only.
  package struct Mount: Hashable, Sendable {
    package var source: FilePath
    /// Inside the sandbox; relative paths are inside `/step`.
    package var target: String
    package init(source: FilePath, target: String) {
      self.source = source
      self.target = target
    }
  }

  package struct Limits: Hashable, Sendable {
    /// In seconds.
    package var time: Double?
    /// In bytes, of all the step's processes together.
    package var memory: Int64?
    /// In bytes, of everything the step writes.
    package var disk: Int64?
    package init(time: Double? = nil, memory: Int64? = nil, disk: Int64? = nil) {
      self.time = time
      self.memory = memory
      self.disk = disk
    }
  }

  /// What is executed, as `/usr/bin/python3 script.py` inside the sandbox.
  package var command: [String]
  /// Files that Larder writes into `/step` before the command: path relative to `/step`, content.
  package var files: [String: [UInt8]]
  package var mounts: [Mount]
  /// Besides HOME, TMPDIR, PATH, TZ, LANG.
  package var variables: [String: String]
  /// A folder whose `bin` comes first in PATH, as in `/env/data`.
  package var environmentPath: String?
  package var network: Bool
  /// Devices that the job may use, as `/dev/nvidia0`.
  package var devices: [FilePath]
  package var limits: Limits
  package var conditions: Conditions
  /// An existing empty folder on the kitchen's file system; the step's `/step` is made inside it
  /// and its outputs are found at `outputFolder`.
  package var workFolder: FilePath

  package init(command: [String], workFolder: FilePath) {
    self.command = command
    self.workFolder = workFolder
    files = [:]
    mounts = []
    variables = [:]
    environmentPath = nil
    network = false
    devices = []
    limits = Limits()
    conditions = .ordinary
  }

  /// Where the step's `out/` is outside the sandbox.
  package var outputFolder: FilePath { workFolder.appending("step").appending("out") }
}

/// How the execution of a job ended.
package struct Outcome: Hashable, Sendable {
  package enum Ending: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// Which limit stopped it: what was allowed and what was found, in words.
    case timeLimit(String)
    case memoryLimit(String)
    case diskLimit(String)
  }

  package var ending: Ending
  /// Standard output and error as they came, at most 1 MiB of head and of tail.
  package var log: [UInt8]
  /// In seconds.
  package var seconds: Double
  /// In bytes, 0 where it was not measured.
  package var peakMemory: Int64

  package init(ending: Ending, log: [UInt8], seconds: Double, peakMemory: Int64) {
    self.ending = ending
    self.log = log
    self.seconds = seconds
    self.peakMemory = peakMemory
  }
}

/// What a running job says.
package enum JobReport: Hashable, Sendable {
  /// A line of its log, without the newline.
  case line(String)
  case progress(Progress)
}

/// Executes one action in one place.
package protocol Executor: Sendable {
  /// Runs the job to its end; cancelling the task ends every process of it before this returns.
  /// - Throws: an environment problem where it could not be started at all.
  func run(_ job: Job, report: @escaping @Sendable (JobReport) -> Void) async throws -> Outcome

  /// Where the job's command sees a mount's target or a path below one: commands and variables are
  /// written with these paths.
  func seenPath(_ target: String, in job: Job) -> String
}

extension Executor {
  /// The path in a sandbox: relative targets are inside `/step`.
  package func seenPath(_ target: String, in job: Job) -> String {
    target.hasPrefix("/") ? target : "/step/\(target)"
  }
}
