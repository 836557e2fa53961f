internal import Files
package import SystemPackage

/// What a replay or verification varies on purpose around a job; an ordinary run varies nothing.
package struct Conditions: Hashable, Sendable {
  /// The order in which a folder of `in/` gives its names.
  package enum EntryOrder: String, Hashable, Sendable {
    /// As the kitchen's file system has it.
    case natural
    /// By the bytes of their names, forward or backward.
    case ascending, descending
  }

  package enum Clock: Hashable, Sendable {
    /// Days that the clock is ahead.
    case ahead(days: Int)
    /// The clock stands still.
    case fixed
  }

  package var entryOrder = EntryOrder.natural
  /// Nil leaves the clock alone; otherwise libfaketime must be installed.
  package var clock: Clock?
  /// The processors that the job may use; nil for all.
  package var cores: Int?
  /// A processor as `qemu-x86_64 -cpu help` lists them, on which the job's program is emulated.
  package var processor: String?
  /// `PYTHONHASHSEED`, where the job itself sets none.
  package var hashSeed: Int?

  package init() {}

  package static let ordinary = Conditions()

  /// The library that shifts the clock, where it is installed.
  package static let clockLibrary: FilePath? = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
  ].first { Files.exists($0) }

  /// The program that emulates an x86-64 processor, where it is installed.
  package static let emulator: FilePath? = {
    let path: FilePath = "/usr/bin/qemu-x86_64"
    return Files.exists(path) ? path : nil
  }()

  /// The job under these conditions, all but the order of entries, which is the sandbox's to make.
  func applied(to job: Job) -> Job {
    var job = job
    if let clock, let library = Conditions.clockLibrary {
      job.variables["LD_PRELOAD"] = library.string
      job.variables["FAKETIME"] =
        switch clock {
        case .ahead(let days): "+\(days)d"
        case .fixed: "2031-05-17 04:20:00"
        }
      // Waiting is measured by the monotonic clock: it goes on.
      job.variables["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
    }
    if let hashSeed, job.variables["PYTHONHASHSEED"] == nil {
      job.variables["PYTHONHASHSEED"] = "\(hashSeed)"
    }
    if let processor, let emulator = Conditions.emulator, let program = job.command.first {
      let path: String =
        if program.hasPrefix("/") { program } else if program == "python" {
          job.environmentPath.map { "\($0)/bin/python" } ?? "/usr/bin/python3"
        } else { "/usr/bin/\(program)" }
      job.command = [emulator.string, "-cpu", processor, path] + job.command.dropFirst()
    }
    if let cores {
      job.command = ["/usr/bin/taskset", "--cpu-list", "0-\(cores - 1)"] + job.command
      // Threads that spin for their turn on too few processors hardly get on.
      job.variables["OMP_WAIT_POLICY"] = "PASSIVE"
    }
    return job
  }
}
