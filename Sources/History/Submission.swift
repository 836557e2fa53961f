/// A run that was sent to a leaderboard, under a name.
package struct Submission: Hashable, Sendable {
  package let name: String
  package let run: PastRun
  /// The tag object, on which scores are noted.
  package let tag: ObjectID
  /// When it was tagged, in seconds since 1970.
  package let time: Int64
  /// As in `best: run 20adfe8312 of hello/main`.
  package let summary: String
  package let remark: String?
  package let larderVersion: String?
  /// In the order in which they were noted.
  package let scores: [Score]

  /// As a reference names it, and as Git lists it among its tags.
  package var reference: String { "submission/\(name)" }

  /// Whether the text can name a submission: by the rule for experiments.
  package static func isName(_ text: String) -> Bool { Branch.isExperimentName(text) }

  static let prefix = "refs/tags/submission/"
}
