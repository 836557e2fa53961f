internal import CLinux
package import Documents

/// What rows are looked for by.
package enum Needle: Hashable, Sendable {
  /// The row's `id`, whole: a text, or a number as JSON writes it.
  case id(String)
  /// A part of any text or number in the row, to the letter.
  case text(String)

  package var value: String {
    switch self {
    case .id(let value), .text(let value): value
    }
  }

  /// Whether a row is meant. Of a line of `rejected.jsonl` the rejected row is looked at too.
  package func matches(_ fields: [String: JSON]) -> Bool {
    switch self {
    case .id(let wanted): Needle.id(of: fields) == wanted
    case .text(let wanted): fields.values.contains { Needle.holds($0, Array(wanted.utf8)) }
    }
  }

  /// The `id` of a row, or of the row that a line of `rejected.jsonl` shows; nil where it has none.
  package static func id(of fields: [String: JSON]) -> String? {
    switch fields["id"] ?? fields["row"]?["id"] {
    case .string(let text)?: text
    case .integer(let number)?: String(number)
    case let value?: value.number == nil ? nil : value.canonicalText
    case nil: nil
    }
  }

  private static func holds(_ value: JSON, _ wanted: [UInt8]) -> Bool {
    switch value {
    case .string(let text): contains(Array(text.utf8), wanted)
    case .array(let values): values.contains { holds($0, wanted) }
    case .object(let members): members.values.contains { holds($0, wanted) }
    case .integer, .fraction: contains(Array(value.canonicalText.utf8), wanted)
    case .null, .bool: false
    }
  }

  /// Whether bytes occur in others.
  static func contains(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
    if wanted.isEmpty { return true }
    return bytes.withUnsafeBytes { bytes in
      wanted.withUnsafeBytes { wanted in
        memmem(
          bytes.baseAddress ?? wanted.baseAddress, bytes.count, wanted.baseAddress, wanted.count)
          != nil
      }
    }
  }
}

/// Tells from a line's bytes alone that a row cannot be meant, so that few lines are parsed.
struct LineFilter {
  private let wanted: [UInt8]
  /// What must be in a line that writes the wanted text in another way: an escape.
  private let escape: [UInt8]

  init(_ needle: Needle) {
    wanted = Array(needle.value.utf8)
    // Of plain ASCII only \u00XX is another way to write it.
    let isPlain = wanted.allSatisfy { (0x20..<0x7F).contains($0) && !"\"\\/<>&'".utf8.contains($0) }
    escape = Array((isPlain ? "\\u00" : "\\").utf8)
  }

  func canMatch(_ line: [UInt8]) -> Bool {
    Needle.contains(line, wanted) || Needle.contains(line, escape)
  }
}
