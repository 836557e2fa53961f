internal import Dispatch
internal import Foundation
internal import Glibc
internal import Problems
package import SystemPackage

extension Command {
  /// Runs the program on the standard streams and the terminal of this process, and waits for its
  /// end; the modes of the terminal are then what they were before.
  ///
  /// That the window has another size is told to the session of the program's first child.
  ///
  /// - Parameter inherited: become descriptors 3, 4, …
  /// - Returns: the exit code; 128 and its number for a signal, as shells have it.
  /// - Throws: an environment problem where it could not be started.
  package func runAttached(inheriting inherited: [FileDescriptor] = []) async throws -> Int32 {
    let descriptors = inherited.map(\.rawValue)
    let result = await withCheckedContinuation { continuation in
      // A thread of its own: `--die-with-parent` belongs to the thread that starts a program.
      let thread = Thread {
        continuation.resume(
          returning: Result { () throws(Problem) -> Int32 in try wait(inheriting: descriptors) })
      }
      thread.start()
    }
    return try result.get()
  }

  private func wait(inheriting inherited: [Int32]) throws(Problem) -> Int32 {
    var modes = termios()
    let hasModes = tcgetattr(0, &modes) == 0
    let process = try spawn(output: nil, inherited: inherited)
    let resized = DispatchSource.makeSignalSource(signal: SIGWINCH, queue: .global())
    resized.setEventHandler {
      let children = try? String(
        contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
      if let child = children?.split(separator: " ").first.flatMap({ pid_t($0) }) {
        kill(-child, SIGWINCH)
      }
    }
    resized.resume()
    defer { resized.cancel() }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    if hasModes { tcsetattr(0, TCSADRAIN, &modes) }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }
}
