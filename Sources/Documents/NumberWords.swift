/// Reads JSON as Python's `json` writes it, which has words for what is no number: `NaN`, `Infinity`
/// and `-Infinity`. Here they become texts, so that whoever looks for a number can say what he found.
package enum NumberWords {
  private static let words = ["NaN", "-Infinity", "Infinity"].map { Array($0.utf8) }

  /// - Throws: `JSONError` where the text is no JSON even so; offsets may be off by the quotes.
  package static func parse(_ bytes: some Collection<UInt8>) throws(JSONError) -> JSON {
    do { return try JSON(parsing: bytes) } catch {
      let quoted = quoted(Array(bytes))
      if quoted.count == bytes.count { throw error }
      return try JSON(parsing: quoted)
    }
  }

  /// Why a value is no number, as in `NaN` or `a text`; nil for a number.
  package static func objection(to value: JSON?) -> String? {
    guard let value else { return "missing" }
    if value.number != nil { return nil }
    if let text = value.string, words.contains(Array(text.utf8)) {
      return text == "NaN" ? text : "infinite"
    }
    return value.isNull ? "null" : value.kindName
  }

  /// The text with quotes around the words, outside of texts.
  private static func quoted(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 16)
    var position = 0
    var isInside = false
    while position < bytes.count {
      let byte = bytes[position]
      if isInside {
        result.append(byte)
        position += 1
        if byte == UInt8(ascii: "\\"), position < bytes.count {
          result.append(bytes[position])
          position += 1
        } else if byte == UInt8(ascii: "\"") {
          isInside = false
        }
      } else if let word = words.first(where: { bytes[position...].starts(with: $0) }) {
        result.append(UInt8(ascii: "\""))
        result.append(contentsOf: word)
        result.append(UInt8(ascii: "\""))
        position += word.count
      } else {
        isInside = byte == UInt8(ascii: "\"")
        result.append(byte)
        position += 1
      }
    }
    return result
  }
}
