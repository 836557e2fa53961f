/// The name of a step inside its recipe: `[a-z][a-z0-9-]*`.
package struct StepID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let text: String

  /// Nil where the text is no such name.
  package init?(_ text: some StringProtocol) {
    guard StepID.isValid(text) else { return nil }
    self.text = String(text)
  }

  package var description: String { text }
  package static func < (a: StepID, b: StepID) -> Bool { a.text < b.text }

  /// Whether the text matches `[a-z][a-z0-9-]*`, the form of step ids and recipe names.
  package static func isValid(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
    else {
      return false
    }
    return text.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
    }
  }
}

/// What an input of a step names.
package enum Reference: Hashable, Sendable {
  /// An output of another step of the recipe; the output's name is always resolved.
  case output(StepID, String)
  /// A file or folder of the kitchen, relative to the recipe's folder.
  case file(String)
}
