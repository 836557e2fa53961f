internal import Digests
internal import History
package import Problems

/// The name of an experiment: one that was given, or one made from its overrides.
package enum ExperimentName {
  /// Refuses a name that Git does not take, and `main` for a run with overrides.
  package static func check(_ name: String, hasOverrides: Bool) throws(Problem) {
    guard Branch.isExperimentName(name), name != "main" || !hasOverrides else {
      throw Problem(
        .user, "experiment-name", "`\(name)` cannot name an experiment",
        hint: "use letters, digits and ._=+,%@-; `main` is for runs without overrides")
    }
  }

  /// A name that Git takes: the assignments themselves where they can be one, otherwise their
  /// beginning and a digest of the whole.
  ///
  /// - Parameter prefix: a name that the user chose, which stands before them.
  package static func made(from assignments: [String], prefix: String? = nil) -> String {
    let plain = String(assignments.joined(separator: ",").map { isPlain($0) ? $0 : "-" })
    let text = prefix.map { "\($0)-\(plain)" } ?? plain
    if text.count <= 60, text != "main", Branch.isExperimentName(text) { return text }
    return digested(text, of: text)
  }

  /// Names for several experiments, no two the same: where two would be, since a name has few
  /// characters, each ends with a digest of its assignments.
  package static func distinct(_ experiments: [(name: String, assignments: [String])]) -> [String] {
    let counts = Dictionary(grouping: experiments, by: \.name).mapValues(\.count)
    return experiments.map { name, assignments in
      counts[name] == 1 ? name : digested(name, of: assignments.joined(separator: "\n"))
    }
  }

  private static func isPlain(_ character: Character) -> Bool {
    character.isASCII
      && (character.isLetter || character.isNumber || "._=,-".contains(character))
  }

  private static func digested(_ text: String, of whole: String) -> String {
    let start = text.prefix(48).drop { !$0.isLetter && !$0.isNumber }
      .replacing("..", with: "-")
    return "x-\(start)-\(Digest(of: whole).short)"
  }
}
