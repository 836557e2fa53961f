/// A JSON value whose integers are exact and whose text form is canonical (RFC 8785).
///
/// A whole number is always an `integer`, however it was written: `1`, `1.0` and `1e0` are one value.
package enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A finite number that is no `integer`; make one with `JSON.number(_:)`.
  case fraction(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// The number as a value: an `integer` where it is whole and exactly representable.
  ///
  /// - Precondition: the number is finite.
  package static func number(_ value: Double) -> JSON {
    precondition(value.isFinite, "JSON has no infinity and no NaN")
    if value.rounded() == value, abs(value) <= 9_007_199_254_740_992 {
      return .integer(Int64(value))
    }
    return .fraction(value)
  }

  /// The number as a value, or `null` where it is not finite.
  package static func finite(_ value: Double) -> JSON { value.isFinite ? number(value) : .null }
}

extension JSON {
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  package var object: [String: JSON]? { if case .object(let value) = self { value } else { nil } }
  package var isNull: Bool { self == .null }

  /// An `integer` or a `fraction` as a floating-point number.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .fraction(let value): value
    default: nil
    }
  }

  /// The member of an object, or nil where there is none or this is no object.
  package subscript(name: String) -> JSON? { object?[name] }

  /// What kind of value this is, for messages: `a text`, `a list`.
  package var kindName: String {
    switch self {
    case .null: "nothing"
    case .bool: "true or false"
    case .integer: "a whole number"
    case .fraction: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "a mapping"
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByStringInterpolation
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
}
