package import Digests

/// A run of the past: one commit of the history.
package struct PastRun: Hashable, Sendable {
  /// The commit, by which the run is known.
  package let id: ObjectID
  package let branch: Branch
  package let status: RunContent.Status
  /// When it ended, in seconds since 1970.
  package let time: Int64
  /// As in `hello: succeeded, 3 ran, 5 cached`.
  package let summary: String
  /// What the user said of it.
  package let note: String?
  package let larderVersion: String?
  package let kitchenCommit: String?
  /// See `RunContent.identity`; nil in a commit that another program wrote.
  package let content: Digest?
  /// The run before it on the branch.
  package let parent: ObjectID?
  /// Two runs agree exactly when this is the same.
  package let resultTree: ObjectID
  /// Two runs were made alike when this is the same too.
  package let actionsTree: ObjectID?
}
