extension JSON {
  /// The canonical text (RFC 8785): members sorted by UTF-16 code units, no white space, numbers as
  /// ECMAScript writes them. Integers beyond 2^53 are written digit by digit, never rounded.
  package var canonicalText: String { String(decoding: canonicalBytes, as: UTF8.self) }

  /// The UTF-8 bytes of `canonicalText`.
  package var canonicalBytes: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  /// Appends the canonical UTF-8 bytes.
  package func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.append(contentsOf: String(value).utf8)
    case .fraction(let value): bytes.append(contentsOf: JSON.ecmaScriptText(value).utf8)
    case .string(let value): JSON.writeString(value, to: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      var isFirst = true
      for name in JSON.canonicalOrder(members.keys) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        JSON.writeString(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        members[name]?.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// Text for people: members sorted as in the canonical text, two spaces a level, final newline.
  package var indentedText: String {
    var text = ""
    writeIndented(to: &text, depth: 0)
    return text + "\n"
  }

  private func writeIndented(to text: inout String, depth: Int) {
    let inner = String(repeating: "  ", count: depth + 1)
    let outer = String(repeating: "  ", count: depth)
    switch self {
    case .array(let values) where !values.isEmpty:
      text += "[\n"
      for (index, value) in values.enumerated() {
        text += inner
        value.writeIndented(to: &text, depth: depth + 1)
        text += index + 1 < values.count ? ",\n" : "\n"
      }
      text += outer + "]"
    case .object(let members) where !members.isEmpty:
      text += "{\n"
      let names = JSON.canonicalOrder(members.keys)
      for (index, name) in names.enumerated() {
        text += inner + JSON.string(name).canonicalText + ": "
        members[name]?.writeIndented(to: &text, depth: depth + 1)
        text += index + 1 < names.count ? ",\n" : "\n"
      }
      text += outer + "}"
    default: text += canonicalText
    }
  }

  /// Names in the order of their UTF-16 code units (RFC 8785, section 3.2.3).
  package static func canonicalOrder(_ names: some Sequence<String>) -> [String] {
    names.sorted { $0.utf16.lexicographicallyPrecedes($1.utf16) }
  }

  private static func writeString(_ value: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var value = value
    value.withUTF8 { text in
      // What needs no escape, which is most, is taken over in one piece.
      var start = 0
      for index in text.indices {
        let byte = text[index]
        if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
        writeEscape(of: byte, to: &bytes)
        start = index + 1
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func writeEscape(of byte: UInt8, to bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
    case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
    case 0x08: bytes.append(contentsOf: "\\b".utf8)
    case 0x09: bytes.append(contentsOf: "\\t".utf8)
    case 0x0A: bytes.append(contentsOf: "\\n".utf8)
    case 0x0C: bytes.append(contentsOf: "\\f".utf8)
    case 0x0D: bytes.append(contentsOf: "\\r".utf8)
    default:
      let hex = Array("0123456789abcdef".utf8)
      bytes.append(contentsOf: "\\u00".utf8)
      bytes.append(hex[Int(byte >> 4)])
      bytes.append(hex[Int(byte & 15)])
    }
  }

  /// A finite number as ECMA-262 `Number::toString` writes it, from Swift's shortest digits.
  private static func ecmaScriptText(_ value: Double) -> String {
    if value == 0 { return "0" }
    // `description` is `[-]d.ddd` or `[-]d.ddde±xx`, always with the shortest digits that round-trip.
    var text = abs(value).description
    var exponent = 0
    if let mark = text.firstIndex(of: "e") {
      exponent = Int(text[text.index(after: mark)...]) ?? 0
      text = String(text[..<mark])
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let whole = String(parts[0])
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    var digits = whole + fraction
    // The value is 0.DIGITS × 10^point.
    var point = whole.count + exponent
    let leading = digits.prefix { $0 == "0" }.count
    digits.removeFirst(leading)
    point -= leading
    while digits.hasSuffix("0") { digits.removeLast() }

    let sign = value < 0 ? "-" : ""
    let count = digits.count
    if count <= point, point <= 21 {
      return sign + digits + String(repeating: "0", count: point - count)
    }
    if point > 0, point <= 21 {
      return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }
    if point > -6, point <= 0 {
      return sign + "0." + String(repeating: "0", count: -point) + digits
    }
    let power = point - 1
    let mantissa = count == 1 ? digits : digits.prefix(1) + "." + digits.dropFirst(1)
    return sign + mantissa + "e" + (power < 0 ? "-" : "+") + String(abs(power))
  }
}
