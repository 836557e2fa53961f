package import Executors

/// An executor that says where a step finds its files, and whether it is isolated there.
package protocol PlacedExecutor: Executor {
  var isSandboxed: Bool { get }

  /// The path under which the step sees an absolute path of the sandbox, such as `/program`.
  func seenPath(_ target: String, in job: Job) -> String
}

extension Sandbox: PlacedExecutor {
  package var isSandboxed: Bool { true }
  package func seenPath(_ target: String, in job: Job) -> String { target }
}

extension Unsandboxed: PlacedExecutor {
  package var isSandboxed: Bool { false }
}
