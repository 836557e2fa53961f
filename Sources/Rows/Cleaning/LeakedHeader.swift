/// A header of somebody's prompt that a model repeated at the beginning of its answer.
package enum LeakedHeader {
  /// The words that such headers hold, in lower case.
  private static let words: Set<String> = [
    "answer", "response", "output", "assistant", "completion", "reply", "solution",
  ]

  /// The answer without leaked headers at its beginning, or nil where it has none.
  ///
  /// `### Answer` or `## Response:` alone on a line or with a colon, `**Answer:**` and `Answer:`
  /// are headers; `Answer` without marks or colon may begin a sentence and is none.
  package static func stripped(_ text: String) -> String? {
    var rest = text[...]
    var hasFound = false
    while let after = afterHeader(rest) {
      rest = after
      hasFound = true
    }
    return hasFound ? String(rest) : nil
  }

  private static func afterHeader(_ text: Substring) -> Substring? {
    var rest = text.drop(while: \.isWhitespace)
    let hashes = rest.prefix { $0 == "#" }.count
    rest = rest.dropFirst(hashes).drop { $0 == " " || $0 == "\t" }
    let stars = rest.prefix { $0 == "*" }.count
    rest = rest.dropFirst(stars)
    let word = rest.prefix(while: \.isLetter)
    guard words.contains(word.lowercased()) else { return nil }
    rest = rest.dropFirst(word.count)
    var hasColon = false
    // The colon stands inside or outside the bold marks.
    while let next = rest.first, next == "*" || next == ":" {
      hasColon = hasColon || next == ":"
      rest = rest.dropFirst()
    }
    let blank = rest.prefix { $0 == " " || $0 == "\t" }
    let endsLine = rest.dropFirst(blank.count).first.map(\.isNewline) ?? true
    guard hasColon || (endsLine && (hashes > 0 || stars > 0)) else { return nil }
    return rest.drop(while: \.isWhitespace)
  }
}
