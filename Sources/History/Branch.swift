/// A line of runs: of a recipe as it is (`main`), or of an experiment with overrides.
package struct Branch: Hashable, Sendable, CustomStringConvertible {
  package let recipe: String
  package let experiment: String

  /// - Parameters:
  ///   - recipe: the recipe's name, `[a-z][a-z0-9-]*`.
  ///   - experiment: letters, digits and `._=+,%@-`, at most 200, as Git takes them in a branch's
  ///     name: no `..`, no `@{`, no dot at either end, no `.lock` at the end.
  /// - Returns: nil where one of the two is no such name.
  package init?(recipe: String, experiment: String = "main") {
    guard Branch.isRecipeName(recipe), Branch.isExperimentName(experiment) else { return nil }
    self.recipe = recipe
    self.experiment = experiment
  }

  /// Reads `RECIPE/EXPERIMENT`, or `RECIPE` for its `main`.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let recipe = parts.first else { return nil }
    self.init(recipe: String(recipe), experiment: parts.count > 1 ? String(parts[1]) : "main")
  }

  /// `RECIPE/EXPERIMENT`.
  package var description: String { "\(recipe)/\(experiment)" }

  /// Whether its runs are not the user's own but those that `larder attribute` made.
  package var isAside: Bool { experiment.hasPrefix("attribute.") }

  /// The full name of the Git reference.
  var reference: String { "refs/heads/\(description)" }

  private static func isRecipeName(_ text: String) -> Bool {
    guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
      text.utf8.count <= 200
    else { return false }
    return text.utf8.allSatisfy { isLetterOrDigit($0) && !isUpper($0) || $0 == UInt8(ascii: "-") }
  }

  /// Whether the text can name an experiment.
  package static func isExperimentName(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetterOrDigit(first), text.utf8.count <= 200 else {
      return false
    }
    let isMadeOfAllowed = text.utf8.allSatisfy {
      isLetterOrDigit($0) || "._=+,%@-".utf8.contains($0)
    }
    return isMadeOfAllowed && !text.contains("..") && !text.hasSuffix(".")
      && !text.lowercased().hasSuffix(".lock")
  }

  private static func isUpper(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isUpper(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
