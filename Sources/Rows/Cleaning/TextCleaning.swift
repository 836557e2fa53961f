internal import Foundation

/// What can be mended in a text without looking at what it says.
package enum TextCleaning {
  /// Canonical composition (Unicode NFC), so that one text has one form.
  package static func composed(_ text: String) -> String {
    text.utf8.allSatisfy { $0 < 0x80 } ? text : text.precomposedStringWithCanonicalMapping
  }

  /// Without control characters (category Cc, but for tabulator, line feed and carriage return) and
  /// without the invisible U+200B, U+2060 and U+FEFF; joiners that scripts and emoji need stay.
  package static func withoutControls(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !isControl(scalar) { result.append(scalar) }
    return String(result)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: false
    case 0..<0x20, 0x7F..<0xA0, 0x200B, 0x2060, 0xFEFF: true
    default: false
    }
  }

  /// Typographic quotation marks and apostrophes as `"` and `'`.
  package static func foldedQuotes(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x2018...0x201B: result.append("'")
      case 0x201C...0x201F: result.append("\"")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// Without white space at both ends, and with every line end as LF.
  package static func trimmed(_ text: String) -> String {
    let lines = text.utf8.contains(0x0D) ? unixLines(text) : text
    var scalars = lines.unicodeScalars[...]
    while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return String(scalars)
  }

  /// Trimmed; runs of spaces inside a line as one space, none before a line's end, no more than one
  /// empty line in a row. Spaces that begin a line stay, since lists and code mean something by them.
  package static func foldedSpaces(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var pending: [Unicode.Scalar] = []
    var feeds = 0
    for scalar in trimmed(text).unicodeScalars {
      if scalar == "\n" {
        pending.removeAll(keepingCapacity: true)
        feeds += 1
        if feeds <= 2 { result.append(scalar) }
      } else if isSpace(scalar) {
        pending.append(scalar)
      } else {
        if feeds > 0 {
          result.append(contentsOf: pending)
        } else if !pending.isEmpty {
          result.append(" ")
        }
        pending.removeAll(keepingCapacity: true)
        feeds = 0
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// Unicode's White_Space, looked up in its tables only where ASCII does not decide.
  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return scalar.value == 0x20 || (0x09...0x0D).contains(scalar.value) }
    return scalar.properties.isWhitespace
  }

  private static func unixLines(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var wasReturn = false
    for scalar in text.unicodeScalars {
      if scalar == "\r" {
        result.append("\n")
      } else if scalar != "\n" || !wasReturn {
        result.append(scalar)
      }
      wasReturn = scalar == "\r"
    }
    return String(result)
  }
}
