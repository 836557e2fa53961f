package import Digests
package import Executors
package import Notebook
package import Problems
package import Store
package import SystemPackage

/// What the command line says about how to run.
package struct RunOptions: Sendable {
  /// Steps that run at the same time.
  package var jobs: Int
  /// Only these steps and those they need; nil for all.
  package var until: Set<StepID>?
  /// Steps that run although they are cached.
  package var forced: Set<StepID> = []
  /// The experiment's name; nil for `main` or, with overrides, a name made from them.
  package var experiment: String?
  package var note: String?
  /// The options that stand for this recipe and experiment on a command line, quoted for a shell:
  /// `--set`, `--params` and `--name`. Messages repeat them.
  package var recipeArguments: [String] = []
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
  /// A run that the user did not ask for as such: what is shown as the newest results, what counts
  /// as the last run and what steps are compared with stay those of the user's own runs.
  package var isAside = false
  /// What a person brought for manual steps: the pieces by name.
  package var evidence: [StepID: [String: Artifact]] = [:]
  /// Not nil where a past run is made again: what its steps exchanged with the outside then.
  package var replay: Recordings?
  /// What is varied on purpose.
  package var conditions = Conditions.ordinary

  package init(jobs: Int) { self.jobs = jobs }
}

/// The recordings of a past run: the only outside that a replay has.
package struct Recordings: Hashable, Sendable {
  /// The digest of each step's recording document in the store.
  package var documents: [StepID: Digest]
  /// What the store that they were read from lacked, or had damaged, by digest.
  package var missing: [Digest: Problem]
  /// The `file:` inputs among that, by their paths in the recipe; something empty stands there.
  package var missingFiles: [String: Problem]

  package init(
    documents: [StepID: Digest] = [:], missing: [Digest: Problem] = [:],
    missingFiles: [String: Problem] = [:]
  ) {
    self.documents = documents
    self.missing = missing
    self.missingFiles = missingFiles
  }
}
