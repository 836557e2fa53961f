internal import Files
internal import Foundation
internal import Glibc
internal import Problems
internal import Processes
internal import SystemPackage

/// A short-lived program that Larder itself needs: started, watched, and gone when this returns.
///
/// Its output goes to files rather than pipes, so that however much it says nothing waits for a
/// reader.
struct Tool {
  var command: Command
  /// A folder of its own for what the program says; made and removed by the caller.
  var folder: FilePath
  var input: [UInt8] = []

  struct Ending {
    /// The exit code, or 128 and the signal's number.
    var status: Int32
    var output: FilePath
    /// The last 64 KiB of what it said on standard error.
    var errors: String
  }

  /// - Parameter watch: called several times a second while the program runs; what it throws ends
  ///   the program and its children and is thrown on.
  func run(watch: () throws -> Void) throws -> Ending {
    let inputFile = folder.appending("input")
    let output = folder.appending("output")
    let errors = folder.appending("errors")
    try Files.write(input, to: inputFile)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let writing = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 0, inputFile.string, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output.string, writing, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors.string, writing, 0o600)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own, to be ended whole; signals as a fresh program has them.
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var arguments = ([command.executable.string] + command.arguments).map { strdup($0) } + [nil]
    defer { for text in arguments { free(text) } }
    var variables =
      command.environment.sorted { $0.key < $1.key }
      .map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in variables { free(text) } }
    var process: pid_t = 0
    let code = posix_spawn(
      &process, command.executable.string, &actions, &attributes, &arguments, &variables)
    guard code == 0 else { throw cannotStart(Errno(rawValue: code)) }

    let status: Int32
    do {
      status = try wait(for: process, watch: watch)
    } catch {
      kill(-process, SIGKILL)
      var ignored: Int32 = 0
      while waitpid(process, &ignored, 0) < 0, errno == EINTR {}
      throw error
    }
    // Nothing that it started stays behind.
    kill(-process, SIGKILL)
    let text = try Files.read(errors).suffix(65536)
    return Ending(
      status: status, output: output, errors: String(decoding: text, as: UTF8.self))
  }

  private func wait(for process: pid_t, watch: () throws -> Void) throws -> Int32 {
    var pause: UInt32 = 500
    var sinceWatch: UInt32 = 0
    while true {
      var status: Int32 = 0
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process {
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
      }
      if ended < 0, errno != EINTR {
        throw Problem(.fault, "tool", "lost the program \(command.executable)")
      }
      usleep(pause)
      sinceWatch += pause
      pause = min(pause * 2, 20_000)
      if sinceWatch >= 100_000 {
        sinceWatch = 0
        try watch()
      }
    }
  }

  private func cannotStart(_ error: Errno) -> Problem {
    Problem(
      .environment, "tool-missing", "cannot start \(command.executable): \(error)",
      hint: command.executable.lastComponent?.string.hasPrefix("python") == true
        ? "install Python: apt install python3 python3-pip" : nil)
  }
}
