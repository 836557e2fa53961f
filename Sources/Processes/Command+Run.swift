internal import Foundation
internal import Problems

extension Command {
  /// Runs the program to its end.
  ///
  /// It is the leader of a session of its own, with `/dev/null` as standard input and umask 022. When
  /// this returns, every process of its process group is dead, and of a guarded process everything
  /// that ever descended from it. A descendant that keeps the output open does not delay it.
  /// Cancelling the task stops the program (SIGTERM, grace, SIGKILL).
  ///
  /// - Throws: an environment problem where it could not be started; `CancellationError`.
  package func run(_ supervision: Supervision = Supervision()) async throws -> ProcessEnd {
    try Task.checkCancellation()
    let cancellation = try Wakeup()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // A thread of its own: it waits without polling, `--die-with-parent` and the umask belong to
        // the thread that starts a program, and that thread must live as long as the program.
        let thread = Thread {
          let result = Result { () throws(Problem) -> ProcessEnd in
            try ProcessFollower.run(self, supervision, cancellation)
          }
          continuation.resume(returning: result)
        }
        thread.stackSize = 1 << 20
        thread.start()
      }
    } onCancel: {
      cancellation.fire()
    }
    try Task.checkCancellation()
    return try result.get()
  }
}
