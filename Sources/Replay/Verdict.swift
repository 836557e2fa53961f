package import Digests
package import Notebook
internal import Store

/// What a replay found, step by step.
package enum Verdict: String, Hashable, Sendable {
  /// Every byte is equal.
  case identical
  /// The bytes differ by no more than the recipe declares.
  case withinTolerance = "within-tolerance"
  /// The bytes differ, and not because an input did.
  case differs
  /// An input came out different, and so did the step.
  case follows
  /// The step could not be carried out here.
  case notExecuted = "not-executed"
}

/// How a replay carried a step out.
package enum How: String, Hashable, Sendable {
  case executed, recorded, captured, evidence

  package init(_ kind: StepKind) {
    switch kind {
    case .pure: self = .executed
    case .recorded: self = .recorded
    case .captured: self = .captured
    case .manual: self = .evidence
    }
  }
}

/// The verdict on one step.
package struct StepVerdict: Hashable, Sendable {
  package var step: StepID
  package var verdict: Verdict
  package var how: How
  /// The digests of the run's outputs, and of those that the replay made, by name.
  package var expected: [String: Digest]
  package var actual: [String: Digest]
  /// The first place at which the outputs part: file, row, tensor or byte.
  package var place: String?
  /// Why, as far as it can be told.
  package var why: String?
  /// How long the replay took, in seconds.
  package var seconds: Double
}

/// The verdict on a run.
package struct ReplaySummary: Sendable {
  /// `identical`, `within-tolerance`, `differs` or `not-executed`.
  package var verdict: Verdict
  package var steps: [StepVerdict]
  /// The short id of the run that was made again.
  package var run: String
  /// The Git ids of the two `result/` trees; nil where the replay has none.
  package var expected: String
  package var actual: String?
  /// In seconds: the replay, and the steps of the first run.
  package var seconds: Double
  package var firstSeconds: Double
  /// The folder that was kept, where one was asked for.
  package var isInterrupted = false

  /// The exit code of the command.
  package var exitCode: Int32 {
    if isInterrupted { return 130 }
    return switch verdict {
    case .identical, .withinTolerance: 0
    case .differs, .follows: 4
    case .notExecuted: 3
    }
  }
}
