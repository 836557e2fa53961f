internal import Documents
package import Problems

extension RowFilter {
  /// Reads a condition.
  ///
  /// - Throws: a problem with the place of the mistake in the condition.
  package init(parsing text: String) throws(Problem) {
    var parser = try FilterParser(text)
    self.init(text: text, condition: try parser.whole())
  }
}

/// A recursive-descent parser over the words of a condition.
private struct FilterParser {
  enum Kind: Hashable { case word, number, text, symbol, end }

  struct Token {
    var kind: Kind
    var text: String
    /// In characters from 0.
    var position: Int
    var length: Int
  }

  let source: String
  var tokens: [Token] = []
  var index = 0
  var depth = 0

  init(_ source: String) throws(Problem) {
    self.source = source
    try split()
  }

  var next: Token { tokens[index] }

  mutating func whole() throws(Problem) -> RowFilter.Condition {
    let condition = try any()
    guard next.kind == .end else {
      throw mistake("`\(next.text)` after the end of the condition", hint: "join with and, or")
    }
    return condition
  }

  private mutating func any() throws(Problem) -> RowFilter.Condition {
    var parts = [try all()]
    while take("or") { parts.append(try all()) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func all() throws(Problem) -> RowFilter.Condition {
    var parts = [try one()]
    while take("and") { parts.append(try one()) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func one() throws(Problem) -> RowFilter.Condition {
    depth += 1
    defer { depth -= 1 }
    if depth > 100 { throw mistake("brackets deeper than 100") }
    if take("not") { return .not(try one()) }
    if take("(") {
      let inner = try any()
      guard take(")") else { throw mistake("no `)` where one is expected") }
      return inner
    }
    let left = try operand()
    guard let comparator = comparator() else { return .holds(left) }
    return .comparison(left, comparator, try operand())
  }

  private mutating func comparator() -> RowFilter.Comparator? {
    guard next.kind == .symbol || next.kind == .word,
      let comparator = RowFilter.Comparator(rawValue: next.text)
    else { return nil }
    index += 1
    return comparator
  }

  private mutating func operand() throws(Problem) -> RowFilter.Operand {
    let token = next
    switch token.kind {
    case .number, .text:
      index += 1
      return .value(try literal(token))
    case .symbol where token.text == "[": return .value(try list())
    case .word where !["and", "or", "not", "in", "contains", "starts_with"].contains(token.text):
      index += 1
      switch token.text {
      case "true": return .value(.bool(true))
      case "false": return .value(.bool(false))
      case "null": return .value(.null)
      default: return try field(token)
      }
    case .end: throw mistake("the condition ends where a field or value is expected")
    default: throw mistake("`\(token.text)` where a field or value is expected")
    }
  }

  private func literal(_ token: Token) throws(Problem) -> JSON {
    if token.kind == .text { return .string(token.text) }
    do throws(JSONError) { return try JSON(parsing: token.text) } catch {
      throw mistake("`\(token.text)` is no number", at: token)
    }
  }

  private mutating func list() throws(Problem) -> JSON {
    index += 1
    var values: [JSON] = []
    if take("]") { return .array(values) }
    while true {
      guard case .value(let value) = try operand() else {
        index -= 1
        throw mistake("a field in a list", hint: "put texts in quotes")
      }
      values.append(value)
      if take("]") { return .array(values) }
      guard take(",") else { throw mistake("neither `,` nor `]` in a list") }
    }
  }

  private func field(_ token: Token) throws(Problem) -> RowFilter.Operand {
    guard let path = RowPath(token.text) else {
      throw mistake("`\(token.text)` is no field name", at: token)
    }
    if path.parts.count > 1, let last = path.parts.last,
      let measure = RowFilter.Measure(rawValue: last),
      let inner = RowPath(path.parts.dropLast().joined(separator: "."))
    {
      return .field(inner, measure)
    }
    return .field(path, nil)
  }

  private mutating func take(_ text: String) -> Bool {
    guard next.kind == .word || next.kind == .symbol, next.text == text else { return false }
    index += 1
    return true
  }

  private func mistake(_ message: String, at token: Token? = nil, hint: String? = nil) -> Problem {
    let place = token ?? next
    return Problem(
      .user, "filter-syntax",
      "cannot read the condition `\(source)`: \(message), at character \(place.position + 1)",
      hint: hint ?? "write it like: response.length >= 40 and kind == \"seen\"",
      at: Problem.Place(
        path: "where", line: 1, column: place.position + 1, length: place.length, source: source))
  }

  private mutating func split() throws(Problem) {
    let characters = Array(source)
    var position = 0
    while position < characters.count {
      let start = position
      let character = characters[position]
      if character.isWhitespace {
        position += 1
        continue
      }
      if character == "\"" || character == "'" {
        let text = try quoted(characters, &position)
        add(.text, text, start, position)
      } else if character.isASCII, character.isNumber || character == "-" {
        while position < characters.count, isNumberPart(characters, position, start) {
          position += 1
        }
        add(.number, String(characters[start..<position]), start, position)
      } else if character.isLetter || character == "_" {
        while position < characters.count, isNamePart(characters[position]) { position += 1 }
        add(.word, String(characters[start..<position]), start, position)
      } else {
        let two = String(characters[start..<min(start + 2, characters.count)])
        let known = ["==", "!=", "<=", ">="].contains(two) ? two : String(character)
        position += known.count
        add(.symbol, known, start, position)
        guard ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ","].contains(known) else {
          throw mistake(
            "`\(known)` is no operator", at: tokens[tokens.count - 1],
            hint: known == "=" ? "compare with ==" : nil)
        }
      }
    }
    add(.end, "", characters.count, characters.count + 1)
  }

  private mutating func quoted(_ characters: [Character], _ position: inout Int) throws(Problem)
    -> String
  {
    let start = position
    let quote = characters[position]
    var text = ""
    position += 1
    while position < characters.count, characters[position] != quote {
      if characters[position] == "\\", position + 1 < characters.count { position += 1 }
      text.append(characters[position])
      position += 1
    }
    guard position < characters.count else {
      throw mistake(
        "a text that does not end",
        at: Token(kind: .text, text: text, position: start, length: position - start))
    }
    position += 1
    return text
  }

  private mutating func add(_ kind: Kind, _ text: String, _ start: Int, _ end: Int) {
    tokens.append(Token(kind: kind, text: text, position: start, length: end - start))
  }

  private func isNamePart(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_" || character == "."
      || character == "-"
  }

  private func isNumberPart(_ characters: [Character], _ position: Int, _ start: Int) -> Bool {
    let character = characters[position]
    if character.isASCII, character.isNumber || character == "." { return true }
    if character == "e" || character == "E" { return position > start }
    let isAfterExponent =
      position > start && (characters[position - 1] == "e" || characters[position - 1] == "E")
    return (character == "-" || character == "+") && (position == start || isAfterExponent)
  }
}
