package import Documents

/// What tells the instances of a matrix apart: `lora_r=4+epoch=1`, the axes in declared order, each
/// value as canonical JSON with the characters outside `[A-Za-z0-9_.-]` percent-encoded.
package struct InstanceLabel: Hashable, Sendable, CustomStringConvertible {
  /// One axis and its value.
  package struct Part: Hashable, Sendable {
    package var axis: String
    /// Percent-encoded.
    package var value: String
  }

  package let parts: [Part]

  init(_ parts: [Part]) { self.parts = parts }

  /// Reads a label, or one that names some of the axes only; nil where the text is none.
  package init?(_ text: some StringProtocol) {
    var parts: [Part] = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      let halves = part.split(separator: "=", omittingEmptySubsequences: false)
      guard halves.count == 2, Substitution.isName(String(halves[0])), !halves[1].isEmpty,
        halves[1].utf8.allSatisfy({ InstanceLabel.isPlain($0) || $0 == UInt8(ascii: "%") })
      else { return nil }
      parts.append(Part(axis: String(halves[0]), value: String(halves[1])))
    }
    self.parts = parts
  }

  package var description: String {
    parts.map { "\($0.axis)=\($0.value)" }.joined(separator: "+")
  }

  /// A value as it stands in a label.
  package static func encoded(_ value: JSON) -> String {
    let bytes = value.canonicalText.utf8
    if bytes.allSatisfy(isPlain) { return value.canonicalText }
    let digits = Array("0123456789ABCDEF".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      if isPlain(byte) {
        text.append(byte)
      } else {
        text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether a value that somebody typed means one of a label: the same, or the text that the label
  /// has in quotes.
  package static func isValue(_ typed: String, _ encoded: String) -> Bool {
    if typed == encoded { return true }
    guard let plain = decoded(typed), let text = decoded(encoded) else { return false }
    return text == plain || text == JSON.string(plain).canonicalText
  }

  /// Whether this label, which may name some of the axes only, means an instance.
  package func means(_ instance: InstanceLabel) -> Bool {
    parts.allSatisfy { part in
      instance.parts.contains {
        $0.axis == part.axis && InstanceLabel.isValue(part.value, $0.value)
      }
    }
  }

  private static func decoded(_ text: String) -> String? {
    if !text.utf8.contains(UInt8(ascii: "%")) { return text }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
