internal import BlockingWork
internal import Processes
internal import SystemPackage

extension Sandbox {
  /// Runs a job on the standard streams of this process, as an interactive shell needs it. Limits of
  /// time, memory and disk do not hold.
  ///
  /// The job has no terminal of this process: it is in a session of its own, from which it can type
  /// nothing into that. A shell gets a terminal inside, from `script`.
  ///
  /// - Returns: the exit code.
  /// - Throws: an environment problem where it could not be started.
  package func attach(_ job: Job) async throws -> Int32 {
    guard let tool = bubblewrap else { throw Sandbox.missing }
    let step = StepFolder(of: job)
    let (options, command) = try await BlockingWork.run { [etc] in
      try step.make(for: job)
      let options = SandboxOptions(
        job: job, step: step.path, etc: try etc.folder(network: job.network), gateDescriptor: nil,
        statusDescriptor: nil)
      return (
        try anonymousFile(options.bytes), Command(tool, ["--args", "3", "--"] + job.command)
      )
    }
    defer { try? options.close() }
    return try await command.runAttached(inheriting: [options])
  }

  /// The words that give a shell a terminal of its own; the shell itself where nothing can.
  package static func withTerminal(_ command: String) -> [String] {
    findTool("script") == nil
      ? ["/bin/sh", "-c", command] : ["script", "-q", "-e", "-c", command, "/dev/null"]
  }
}
