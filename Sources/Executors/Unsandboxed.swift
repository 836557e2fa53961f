internal import BlockingWork
internal import Files
internal import Glibc
internal import Problems
internal import Processes
internal import SystemPackage

/// Executes jobs on this machine in a plain folder, with the rights of the user: what `--no-sandbox`
/// asks for.
///
/// The layout of `/step`, the variables and the limits are those of the sandbox. Inputs are copies,
/// or links where a file is larger than 64 MiB; nothing keeps a step from the rest of the machine.
/// When it has ended, every process of its process group is killed.
package struct Unsandboxed: Executor {
  package init() {}

  package func run(
    _ job: Job, report: @escaping @Sendable (JobReport) -> Void
  ) async throws -> Outcome {
    let job = job.conditions.applied(to: job)
    let collector = LogCollector(report: report)
    let step = StepFolder(of: job)
    let watch = ResourceWatch(limits: job.limits, folder: step.path)
    let links = job.workFolder.appending("bin")
    try await BlockingWork.run {
      try step.make(for: job)
      for mount in job.mounts where !mount.target.hasPrefix("/") {
        try InputCopy.make(of: mount.source, at: step.place(of: mount.target))
      }
      try Files.makeFolder(links)
      symlink("/usr/bin/python3", links.appending("python").string)
    }

    let folders = [
      job.environmentPath.map { seenPath("\($0)/bin", in: job) }, links.string,
    ]
    let variables = StepFolder.variables(
      of: job, step: step.path.string, path: folders.compactMap(\.self) + ["/usr/bin", "/bin"])
    let name = job.command.first ?? ""
    guard let program = findTool(name, path: variables["PATH"]) else {
      report(.line("\(name): not found"))
      return Outcome(
        ending: .exited(127), log: Array("\(name): not found\n".utf8), seconds: 0, peakMemory: 0)
    }
    let command = Command(
      program, Array(job.command.dropFirst()), environment: variables, workingFolder: step.path)
    var supervision = Supervision()
    supervision.output = { collector.take($0) }
    supervision.timeLimit = job.limits.time
    supervision.inspect = { watch.inspect(root: $0) }
    let end = try await command.run(supervision)
    let ending: Outcome.Ending =
      switch end.ending {
      case .exited(let code): .exited(code)
      case .signalled(let number): .signalled(number)
      }
    return Outcome(
      ending: JobLimits.ending(of: end, limits: job.limits, watch: watch) ?? ending,
      log: collector.finish(), seconds: end.seconds,
      peakMemory: max(watch.peakMemory, end.largestResident))
  }

  package func seenPath(_ target: String, in job: Job) -> String {
    guard target.hasPrefix("/") else {
      return StepFolder(of: job).path.appending(target).string
    }
    for mount in job.mounts {
      if target == mount.target { return mount.source.string }
      if target.hasPrefix(mount.target + "/") {
        return mount.source.string + target.dropFirst(mount.target.count)
      }
    }
    let step = StepFolder(of: job).path.string
    return target == "/step" || target.hasPrefix("/step/") ? step + target.dropFirst(5) : target
  }
}
