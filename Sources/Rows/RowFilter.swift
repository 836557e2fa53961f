package import Documents

/// A condition on a row, as in `response.length >= 40 and kind == "seen"`.
///
/// ```
/// condition  = any
/// any        = all { "or" all }
/// all        = one { "and" one }
/// one        = "not" one | "(" any ")" | comparison
/// comparison = operand [ operator operand ]
/// operator   = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "contains" | "starts_with"
/// operand    = number | text | "true" | "false" | "null" | list | field
/// list       = "[" [ operand { "," operand } ] "]"
/// field      = name { "." name }
/// ```
///
/// A field may end in `.length` (characters of a text, members of a list or mapping) or `.words`
/// (words of a text); a field that is missing is `null`. Texts are in double or single quotes, with
/// `\` before a quote or another `\`. Values of different types are never equal and never in order,
/// `contains` looks into a text or a list. An operand alone holds where it is true.
package struct RowFilter: Sendable {
  package indirect enum Condition: Hashable, Sendable {
    case any([Condition])
    case all([Condition])
    case not(Condition)
    case comparison(Operand, Comparator, Operand)
    case holds(Operand)
  }

  package enum Comparator: String, Hashable, Sendable, CaseIterable {
    case equal = "=="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case contains = "contains"
    case startsWith = "starts_with"
  }

  package enum Operand: Hashable, Sendable {
    case value(JSON)
    case field(RowPath, Measure?)
  }

  /// What of a field is compared instead of its value.
  package enum Measure: String, Hashable, Sendable { case length, words }

  package let text: String
  package let condition: Condition

  /// Whether the row fulfils the condition.
  package func matches(_ fields: [String: JSON]) -> Bool {
    RowFilter.holds(condition, .object(fields))
  }

  /// The first names of the fields that the condition asks for, in order, each once.
  package var fieldNames: [String] {
    var names: [String] = []
    RowFilter.collect(condition, &names)
    return names
  }

  private static func collect(_ condition: Condition, _ names: inout [String]) {
    switch condition {
    case .any(let parts), .all(let parts): for part in parts { collect(part, &names) }
    case .not(let part): collect(part, &names)
    case .comparison(let left, _, let right): for side in [left, right] { collect(side, &names) }
    case .holds(let operand): collect(operand, &names)
    }
  }

  private static func collect(_ operand: Operand, _ names: inout [String]) {
    guard case .field(let path, _) = operand, let name = path.parts.first else { return }
    if !names.contains(name) { names.append(name) }
  }

  private static func holds(_ condition: Condition, _ row: JSON) -> Bool {
    switch condition {
    case .any(let parts): parts.contains { holds($0, row) }
    case .all(let parts): parts.allSatisfy { holds($0, row) }
    case .not(let part): !holds(part, row)
    case .holds(let operand): value(operand, row) == .bool(true)
    case .comparison(let left, let comparator, let right):
      compare(value(left, row), comparator, value(right, row))
    }
  }

  private static func value(_ operand: Operand, _ row: JSON) -> JSON {
    switch operand {
    case .value(let value): return value
    case .field(let path, let measure):
      let value = path.value(in: row) ?? .null
      switch (measure, value) {
      case (nil, _): return value
      case (.length, .string(let text)): return .integer(Int64(text.codePoints))
      case (.length, .array(let values)): return .integer(Int64(values.count))
      case (.length, .object(let members)): return .integer(Int64(members.count))
      case (.words, .string(let text)): return .integer(Int64(text.wordCount))
      default: return .null
      }
    }
  }

  private static func compare(_ left: JSON, _ comparator: Comparator, _ right: JSON) -> Bool {
    switch comparator {
    case .equal: return isSame(left, right)
    case .unequal: return !isSame(left, right)
    case .less:
      return order(left, right) {
        $0 < $1
      } text: {
        $0.precedes($1)
      }
    case .greater:
      return order(right, left) {
        $0 < $1
      } text: {
        $0.precedes($1)
      }
    case .lessOrEqual:
      return order(left, right) {
        $0 <= $1
      } text: {
        !$1.precedes($0)
      }
    case .greaterOrEqual:
      return order(right, left) {
        $0 <= $1
      } text: {
        !$1.precedes($0)
      }
    case .isIn: return isInside(left, right)
    case .contains: return isInside(right, left)
    case .startsWith:
      guard let text = left.string, let start = right.string else { return false }
      return text.utf8.starts(with: start.utf8)
    }
  }

  /// Equality of bytes: Swift's own `==` takes texts that differ only in composition as equal.
  private static func isSame(_ a: JSON, _ b: JSON) -> Bool { a.canonicalBytes == b.canonicalBytes }

  private static func isInside(_ part: JSON, _ whole: JSON) -> Bool {
    switch whole {
    case .array(let values): return values.contains { isSame($0, part) }
    case .string(let text):
      guard let piece = part.string else { return false }
      return text.hasBytes(of: piece)
    default: return false
    }
  }

  private static func order(
    _ a: JSON, _ b: JSON, numbers: (Double, Double) -> Bool, text: (String, String) -> Bool
  ) -> Bool {
    if let a = a.number, let b = b.number { return numbers(a, b) }
    if let a = a.string, let b = b.string { return text(a, b) }
    return false
  }
}

extension String {
  /// Whether this text comes before another in the order of UTF-8 bytes, which no locale changes.
  package func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

  /// Whether the bytes of a piece stand somewhere in this text.
  func hasBytes(of piece: String) -> Bool {
    let whole = Array(utf8)
    let part = Array(piece.utf8)
    if part.isEmpty { return true }
    guard part.count <= whole.count else { return false }
    return (0...(whole.count - part.count)).contains { start in
      whole[start] == part[0] && whole[start..<start + part.count].elementsEqual(part)
    }
  }
}
