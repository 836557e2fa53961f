internal import Documents

/// What plain scalars mean where no type is declared: the core schema of YAML 1.2 in decimal.
///
/// `true` and `false`, whole numbers, numbers and null are what they look like; `NO`, `on`, `0o7`,
/// `1:30` and dates stay texts.
enum CoreSchema {
  enum Number: Hashable {
    case integer(Int64)
    case fraction(Double)
    /// A whole number beyond 2^53, or a number without a finite value.
    case tooLarge
  }

  /// The largest whole number that every reader of JSON keeps exactly.
  static let largestInteger: Int64 = 9_007_199_254_740_992

  static func boolean(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE": true
    case "false", "False", "FALSE": false
    default: nil
    }
  }

  static func isNull(_ text: String) -> Bool { ["", "~", "null", "Null", "NULL"].contains(text) }

  /// The number that a text is as a whole, or nil where it is none.
  static func number(_ text: String) -> Number? {
    let bytes = Array(text.utf8)
    var index = 0
    func digits() -> Int {
      let start = index
      while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
      return index - start
    }
    if index < bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D { index += 1 }
    let whole = digits()
    if index == bytes.count {
      guard whole > 0 else { return nil }
      guard let value = Int64(text), abs(value) <= largestInteger else { return .tooLarge }
      return .integer(value)
    }
    if bytes[index] == UInt8(ascii: ".") {
      index += 1
      guard whole + digits() > 0 else { return nil }
    } else if whole == 0 {
      return nil
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D { index += 1 }
      guard digits() > 0 else { return nil }
    }
    guard index == bytes.count else { return nil }
    guard let value = Double(text), value.isFinite else { return .tooLarge }
    return .fraction(value)
  }

  /// Whether a text is one of the spellings of infinity and not-a-number, which no JSON has.
  static func isNotFinite(_ text: String) -> Bool {
    let unsigned = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    return [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(unsigned)
  }
}
