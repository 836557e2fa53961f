internal import Foundation
internal import Glibc

/// Ctrl-C: the first asks the work to finish writing and stop, the second stops at once.
enum Interruption {
  /// Runs the body; SIGINT, SIGTERM and SIGHUP cancel it once, and end the process at the second.
  static func cancelling<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let task = Task { try await body() }
    let ends = open()
    let thread = Thread {
      var byte: UInt8 = 0
      while Glibc.read(ends.0, &byte, 1) == 1 { task.cancel() }
    }
    thread.start()
    return try await task.value
  }

  /// The pipe's write end, for the signal handler, which may call nothing but `write` and `_exit`.
  private nonisolated(unsafe) static var signalEnd: Int32 = -1  // Set once, before any handler is.
  private nonisolated(unsafe) static var count: Int32 = 0  // Touched by the handler only.

  private static func open() -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    _ = pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    signalEnd = ends[1]
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in
        Interruption.count += 1
        // Steps die with their parent: the sandbox sees to that.
        if Interruption.count > 1 { _exit(130) }
        var byte: UInt8 = 1
        _ = write(Interruption.signalEnd, &byte, 1)
      }
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
    return (ends[0], ends[1])
  }
}
