package import Notebook
package import SystemPackage

/// What the command line says about how to run.
package struct RunOptions: Sendable {
  /// Steps that run at the same time.
  package var jobs: Int
  package var until: StepID?
  /// Steps that run although they are cached.
  package var forced: Set<StepID> = []
  /// The experiment's name; nil for `main` or, with overrides, a name made from them.
  package var experiment: String?
  package var note: String?
  /// Refuse to write the lock.
  package var isLocked = false
  /// Never use the network.
  package var isOffline = false
  /// Folders that are searched by SHA-256 before the network.
  package var distdirs: [FilePath] = []
  /// Do not trust file stamps.
  package var rehashes = false
  package var keepsGoing = false
  package var isSandboxed = true

  package init(jobs: Int) { self.jobs = jobs }
}
