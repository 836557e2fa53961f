internal import Foundation

/// Something that went wrong, in the words that the user reads.
///
/// A message says what was being done, to what, and what was found, in one sentence without a full
/// stop; the hint says what to do next. The tier decides the exit code.
package struct Problem: Error, Hashable, Sendable {
  /// Who can mend the problem, and so which exit code the command ends with.
  package enum Tier: String, Hashable, Sendable {
    /// A step of the recipe failed.
    case step
    /// The command or the recipe is wrong.
    case user
    /// A tool, the network, a blob or a credential is missing.
    case environment
    /// A replay or verification found other bytes.
    case difference
    /// The store or the history is damaged.
    case damage
    /// A manual step waits for evidence.
    case waiting
    /// The user stopped the command.
    case interrupted
    /// A mistake in Larder itself.
    case fault

    /// The exit code of a command that ends with a problem of this tier.
    package var exitCode: Int32 {
      switch self {
      case .step: 1
      case .user: 2
      case .environment: 3
      case .difference: 4
      case .damage: 5
      case .fault: 70
      case .waiting: 75
      case .interrupted: 130
      }
    }
  }

  /// The stable name of a problem, which scripts match and translations are looked up by.
  package struct Code: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let text: String
    package init(stringLiteral value: String) { text = value }
    package init(_ text: String) { self.text = text }
    package var description: String { text }
  }

  /// Where in a text file a mistake stands.
  package struct Place: Hashable, Sendable {
    package var path: String
    /// Counted from 1.
    package var line: Int
    /// Counted from 1, in characters.
    package var column: Int
    /// The number of characters that the caret underlines, at least 1.
    package var length: Int
    /// The whole source line, to be shown above the caret.
    package var source: String

    package init(path: String, line: Int, column: Int, length: Int = 1, source: String) {
      self.path = path
      self.line = line
      self.column = column
      self.length = max(1, length)
      self.source = source
    }
  }

  package var tier: Tier
  package var code: Code
  package var message: String
  package var hint: String?
  package var cause: String?
  package var place: Place?

  package init(
    _ tier: Tier, _ code: Code, _ message: String, hint: String? = nil,
    cause: (any Error)? = nil, at place: Place? = nil
  ) {
    self.tier = tier
    self.code = code
    self.message = message
    self.hint = hint
    self.cause = cause.map(Problem.describe)
    self.place = place
  }

  /// Any error as a problem: itself when it is one, otherwise a fault that carries its text.
  package init(_ error: any Error) {
    if let problem = error as? Problem {
      self = problem
    } else if let several = error as? Problems, let first = several.all.first {
      self = first
    } else if error is CancellationError {
      self = .interrupted
    } else {
      self.init(.fault, "unexpected", "an unexpected error: \(Problem.describe(error))")
    }
  }

  /// The command was stopped by the user.
  package static let interrupted = Problem(.interrupted, "interrupted", "interrupted")

  private static func describe(_ error: any Error) -> String {
    (error as? Problem)?.message ?? String(describing: error)
  }
}

extension Problem: CustomStringConvertible, LocalizedError {
  /// The text that a terminal shows: place, message, source line with caret, cause and hint.
  package var description: String {
    var lines: [String] = []
    if let place {
      lines.append("\(place.path):\(place.line):\(place.column): error: \(message)")
      let number = String(place.line)
      let gutter = String(repeating: " ", count: number.count)
      lines.append(" \(number) | \(place.source)")
      lines.append(
        " \(gutter) | \(caretIndent(place))\(String(repeating: "^", count: place.length))")
    } else {
      lines.append("error: \(message)")
    }
    if let cause { lines.append("cause: \(cause)") }
    if let hint { lines.append("hint: \(hint)") }
    return lines.joined(separator: "\n")
  }

  /// Tabs of the source line are repeated, so that the caret stands under its character.
  private func caretIndent(_ place: Place) -> String {
    let before = place.source.prefix(max(0, place.column - 1))
    let padding = max(0, place.column - 1 - before.count)
    return before.map { $0 == "\t" ? "\t" : " " }.joined() + String(repeating: " ", count: padding)
  }

  package var errorDescription: String? { description }
}

/// Several problems found together, in the order in which they stand in the source.
package struct Problems: Error, Sendable, CustomStringConvertible, LocalizedError {
  package let all: [Problem]

  /// Everything that an error says: several mistakes, or the one.
  package static func all(of error: any Error) -> [Problem] {
    (error as? Problems)?.all ?? [error is CancellationError ? .interrupted : Problem(error)]
  }

  package init(_ all: [Problem]) { self.all = all }

  package var description: String { all.map(\.description).joined(separator: "\n\n") }
  package var errorDescription: String? { description }
}
