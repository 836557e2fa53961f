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
        halves[1].utf8.allSatisfy({ PercentEncoding.isNameByte($0) || $0 == UInt8(ascii: "%") })
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
    PercentEncoding.encoded(value.canonicalText, keeping: PercentEncoding.isNameByte)
  }

  /// Whether a value that somebody typed means one of a label: the same, or the text that the label
  /// has in quotes.
  package static func isValue(_ typed: String, _ encoded: String) -> Bool {
    if typed == encoded { return true }
    guard let plain = PercentEncoding.decoded(typed),
      let text = PercentEncoding.decoded(encoded)
    else { return false }
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
}
