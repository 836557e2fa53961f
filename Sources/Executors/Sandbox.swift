internal import BlockingWork
internal import Files
internal import Glibc
internal import Problems
internal import Processes
internal import Synchronization
package import SystemPackage

/// Executes jobs on this machine inside bubblewrap: each sees its `/step`, its mounts, `/usr` and a
/// generated `/etc`, and nothing else.
///
/// HOME is `/step/home`, TMPDIR `/step/tmp`, and `/tmp` leads to the latter. PATH is the
/// environment's `bin`, then `/opt/larder/bin` (where `python` is `/usr/bin/python3`, which Debian
/// does not have under that name), then `/usr/bin` and `/bin`. Bubblewrap itself adds PWD.
package final class Sandbox: Executor {
  /// The program, or nil where it is not installed.
  let bubblewrap: FilePath?
  let etc: SandboxEtc

  /// - Parameters:
  ///   - folder: where the generated `/etc` is made, in a folder of its own that goes when this does.
  ///   - bubblewrap: the program; nil looks for `bwrap` in PATH.
  package init(folder: FilePath, bubblewrap: FilePath? = nil) {
    self.bubblewrap = bubblewrap ?? findTool("bwrap")
    etc = SandboxEtc(in: folder)
  }

  package func run(
    _ job: Job, report: @escaping @Sendable (JobReport) -> Void
  ) async throws -> Outcome {
    guard let tool = bubblewrap else { throw Sandbox.missing }
    let job = job.conditions.applied(to: job)
    let collector = LogCollector(report: report)
    let group = job.limits.memory.flatMap { MemoryGroup(limit: $0) }
    defer { group?.remove() }
    var watched = job.limits
    if group != nil { watched.memory = nil }
    let step = StepFolder(of: job)
    let watch = ResourceWatch(limits: watched, folder: step.path)

    let gate = try group.map { _ throws(Problem) in try Gate() }
    let (options, command) = try await BlockingWork.run { [etc] in
      try step.make(for: job)
      let options = SandboxOptions(
        job: job, step: step.path, etc: try etc.folder(network: job.network),
        gateDescriptor: gate == nil ? nil : 4, statusDescriptor: gate == nil ? 4 : 5)
      let file = try anonymousFile(options.bytes)
      return (file, Command(tool, ["--args", "3", "--"] + job.command))
    }
    defer { try? options.close() }

    var supervision = Supervision()
    supervision.output = { collector.take($0) }
    supervision.timeLimit = job.limits.time
    supervision.inspect = { watch.inspect(root: $0) }
    supervision.inherited = [options] + (gate.map { [$0.reader] } ?? [])
    supervision.guardsChild = true
    if let group, let gate {
      supervision.childStarted = { child in
        _ = group.add(child)
        gate.open()
      }
    }
    let end = try await command.run(supervision)
    let log = collector.finish()
    return Outcome(
      ending: try await ending(end, of: job, watch: watch, group: group, log: log), log: log,
      seconds: end.seconds,
      peakMemory: group?.peak ?? max(watch.peakMemory, end.largestResident))
  }

  private func ending(
    _ end: ProcessEnd, of job: Job, watch: ResourceWatch, group: MemoryGroup?, log: [UInt8]
  ) async throws -> Outcome.Ending {
    if let stopped = JobLimits.ending(of: end, limits: job.limits, watch: watch) { return stopped }
    if let group, group.wasFull, let limit = job.limits.memory {
      return .memoryLimit("\(Quantity.bytes(limit)) allowed, all of it used")
    }
    guard let code = Sandbox.exitCode(in: end.status) else {
      let said = String(decoding: log, as: UTF8.self).split(separator: "\n").last.map(String.init)
      // The sandbox was ready, but not the program; a shell's exit code for that is 127.
      if let said, said.hasPrefix("bwrap: execvp ") { return .exited(127) }
      throw Sandbox.diagnose(said: said ?? "bubblewrap \(end.ending)")
    }
    return Sandbox.ending(exitCode: code)
  }

  /// Bubblewrap tells of a signal by an exit code of 128 and its number, as shells do.
  static func ending(exitCode code: Int32) -> Outcome.Ending {
    (129...(128 + SIGTERM)).contains(code) ? .signalled(code - 128) : .exited(code)
  }

  /// The number in `{ "exit-code": 0 }`, which is only written when the command was started.
  static func exitCode(in status: [UInt8]) -> Int32? {
    let text = String(decoding: status, as: UTF8.self)
    guard let name = text.firstRange(of: "\"exit-code\":") else { return nil }
    return Int32(text[name.upperBound...].drop { $0 == " " }.prefix { $0.isNumber })
  }
}

/// Keeps bubblewrap from starting the command until it has been put into its control group.
private final class Gate: Sendable {
  let reader: FileDescriptor
  private let writer: FileDescriptor

  init() throws(Problem) {
    do { (reader, writer) = try FileDescriptor.pipe() } catch {
      throw Problem(.environment, "system", "cannot make a pipe: \(error)")
    }
    for end in [reader, writer] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
  }

  deinit {
    try? reader.close()
    try? writer.close()
  }

  func open() { _ = try? writer.writeAll([1]) }
}
