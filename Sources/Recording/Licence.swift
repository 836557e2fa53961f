package import Documents
package import Problems

/// A licence as an SPDX expression: identifiers joined by `AND`, `OR`, `WITH` and parentheses.
package struct Licence: Hashable, Sendable {
  private indirect enum Term: Hashable, Sendable {
    /// An identifier, with its exception after `WITH` where it has one.
    case one(String)
    case all([Term])
    case any([Term])
  }

  /// With the operators in capitals and single spaces.
  package let text: String
  private let term: Term

  /// Nil where the text is no expression. Identifiers are not looked up: the list grows.
  package init?(_ text: some StringProtocol) {
    var tokens = Licence.tokens(String(text))[...]
    guard let term = Licence.anyOf(&tokens), tokens.isEmpty else { return nil }
    self.term = term
    self.text = Licence.written(term, inside: false)
  }

  /// Whether the allowed identifiers let the source be used: one side of an `OR`, all of an `AND`.
  /// Case does not count; `GPL-2.0+` is not `GPL-2.0`.
  package func isAllowed(by allowed: [String]) -> Bool {
    let allowed = Set(allowed.map { $0.lowercased() })
    func holds(_ term: Term) -> Bool {
      if allowed.contains(Licence.written(term, inside: false).lowercased()) { return true }
      switch term {
      case .one: return false
      case .all(let terms): return terms.allSatisfy(holds)
      case .any(let terms): return terms.contains(where: holds)
      }
    }
    return holds(term)
  }

  /// The parameter `licence` of a source, checked, or nil where it is not given.
  package static func declared(_ parameters: [String: JSON]) throws(Problem) -> String? {
    guard let text = parameters["licence"]?.string else { return nil }
    if let licence = Licence(text) { return licence.text }
    throw Problem(
      .user, "licence", "cannot read the licence `\(text)`: it is no SPDX expression",
      hint: Licence.named(text).map { "did you mean `\($0)`?" } ?? "as in `CC-BY-4.0`")
  }

  // MARK: Reading

  private static func tokens(_ text: String) -> [String] {
    var tokens: [String] = []
    var word = ""
    for character in text {
      if character == "(" || character == ")" || character == " " {
        if !word.isEmpty { tokens.append(word) }
        word = ""
        if character != " " { tokens.append(String(character)) }
      } else {
        word.append(character)
      }
    }
    return word.isEmpty ? tokens : tokens + [word]
  }

  private static func anyOf(_ tokens: inout ArraySlice<String>) -> Term? {
    joined(by: "OR", &tokens, allOf).map { $0.count == 1 ? $0[0] : .any($0) }
  }

  private static func allOf(_ tokens: inout ArraySlice<String>) -> Term? {
    joined(by: "AND", &tokens, single).map { $0.count == 1 ? $0[0] : .all($0) }
  }

  private static func joined(
    by word: String, _ tokens: inout ArraySlice<String>,
    _ next: (inout ArraySlice<String>) -> Term?
  ) -> [Term]? {
    guard let first = next(&tokens) else { return nil }
    var terms = [first]
    while tokens.first?.uppercased() == word {
      tokens.removeFirst()
      guard let term = next(&tokens) else { return nil }
      terms.append(term)
    }
    return terms
  }

  private static func single(_ tokens: inout ArraySlice<String>) -> Term? {
    guard let token = tokens.popFirst() else { return nil }
    if token == "(" {
      guard let term = anyOf(&tokens), tokens.popFirst() == ")" else { return nil }
      return term
    }
    guard isIdentifier(token) else { return nil }
    guard tokens.first?.uppercased() == "WITH" else { return .one(token) }
    tokens.removeFirst()
    guard let exception = tokens.popFirst(), isIdentifier(exception) else { return nil }
    return .one("\(token) WITH \(exception)")
  }

  private static func isIdentifier(_ text: String) -> Bool {
    !["AND", "OR", "WITH"].contains(text.uppercased())
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-.+:".contains($0)) }
      && text.contains { $0.isLetter || $0.isNumber }
  }

  private static func written(_ term: Term, inside: Bool) -> String {
    let text: String
    switch term {
    case .one(let name): return name
    case .all(let terms): text = terms.map { written($0, inside: true) }.joined(separator: " AND ")
    case .any(let terms): text = terms.map { written($0, inside: true) }.joined(separator: " OR ")
    }
    return inside ? "(\(text))" : text
  }
}
