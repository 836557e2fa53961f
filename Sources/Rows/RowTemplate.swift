package import Documents

/// A text in which `{field}` stands for a value of the row; every other brace is itself.
package struct RowTemplate: Hashable, Sendable {
  /// A piece of the text, or the name between two braces.
  package enum Part: Hashable, Sendable {
    case text(String)
    case field(String)
  }

  /// Why a row does not fill the template.
  package enum Gap: Error, Hashable, Sendable {
    case missing(String)
    /// The field holds something that has no text form.
    case noText(String, String)

    /// The gap in words.
    package var message: String {
      switch self {
      case .missing(let name): "the row has no `\(name)`"
      case .noText(let name, let kind): "`\(name)` is \(kind), not a text"
      }
    }
  }

  package let text: String
  package let parts: [Part]

  /// - Parameter allowingPaths: whether a name may have dots and begin with a digit after one, as in
  ///   `{name.common}`; otherwise it matches `[A-Za-z_][A-Za-z0-9_]*`, as in `template.json`.
  package init(_ text: String, allowingPaths: Bool = false) {
    self.text = text
    var parts: [Part] = []
    var plain = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      plain += rest[..<open]
      let after = rest.index(after: open)
      let name = rest[after...].prefix { RowTemplate.isName($0, allowingPaths) }
      if name.endIndex < rest.endIndex, rest[name.endIndex] == "}", let first = name.first,
        !first.isNumber, first != ".", name.last != "."
      {
        if !plain.isEmpty { parts.append(.text(plain)) }
        plain = ""
        parts.append(.field(String(name)))
        rest = rest[rest.index(after: name.endIndex)...]
      } else {
        plain += "{"
        rest = rest[after...]
      }
    }
    plain += rest
    if !plain.isEmpty { parts.append(.text(plain)) }
    self.parts = parts
  }

  private static func isName(_ character: Character, _ allowingPaths: Bool) -> Bool {
    guard let byte = character.asciiValue else { return allowingPaths && character.isLetter }
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      return true
    case UInt8(ascii: "."), UInt8(ascii: "-"): return allowingPaths
    default: return false
    }
  }

  /// The names in the text, in order, each once.
  package var fields: [String] {
    var names: [String] = []
    for case .field(let name) in parts where !names.contains(name) { names.append(name) }
    return names
  }

  /// The text with every `{field}` replaced; what a field holds is never looked at for further ones.
  ///
  /// - Parameter value: the text of a field.
  package func fill(_ value: (String) throws(Gap) -> String) throws(Gap) -> String {
    var result = ""
    for part in parts {
      switch part {
      case .text(let text): result += text
      case .field(let name): result += try value(name)
      }
    }
    return result
  }
}

extension JSON {
  /// The value inside running text: texts as they are, numbers and truth values as JSON writes
  /// them, lists of these with commas between; nil for anything else.
  package var inlineText: String? {
    switch self {
    case .string(let text): return text
    case .integer, .fraction, .bool: return canonicalText
    case .array(let values):
      let texts = values.compactMap(\.inlineText)
      return texts.count == values.count ? texts.joined(separator: ", ") : nil
    case .null, .object: return nil
    }
  }
}
