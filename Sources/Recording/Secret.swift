internal import Foundation
package import Problems

/// A key that goes to its service and nowhere else; its text is never shown.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The variable that it came from.
  package let name: String
  /// The key itself, for the request alone.
  package let value: String
  private let encodedForms: [[UInt8]]
  /// In lower case.
  private let hexadecimal: [UInt8]

  /// - Throws: a user problem for a key that is too short to be told from other text, or that
  ///   cannot stand in a header.
  package init(name: String, value: String) throws(Problem) {
    guard value.utf8.count >= 8 else {
      throw Problem(
        .user, "short-secret", "the variable `\(name)` holds a key of less than 8 characters",
        hint: "so short a key cannot be kept out of what is written: use a longer one")
    }
    guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Problem(
        .user, "bad-secret",
        "the variable `\(name)` holds white space or other characters that no key has",
        hint: "copy the key again, without the line's end")
    }
    self.name = name
    self.value = value
    encodedForms = Secret.base64Forms(of: value)
    hexadecimal = value.utf8.flatMap { byte in
      Array(((byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8)
    }
  }

  package var description: String { "<hidden>" }
  package var debugDescription: String { "<hidden>" }

  /// Whether the key stands in some bytes: raw, or in base64, hexadecimal, URL- or JSON-encoded.
  package func isIn(_ bytes: [UInt8]) -> Bool {
    let raw = Array(value.utf8)
    func holds(_ text: [UInt8], _ part: [UInt8]) -> Bool {
      Data(text).range(of: Data(part)) != nil
    }
    if holds(bytes, raw) || encodedForms.contains(where: { holds(bytes, $0) }) { return true }
    // Any character may stand as an escape or not, so it is the text that is decoded.
    if bytes.contains(UInt8(ascii: "%")), holds(Secret.percentDecoded(bytes), raw) { return true }
    if bytes.contains(UInt8(ascii: "\\")), holds(Secret.unescaped(bytes), raw) { return true }
    return holds(bytes.map(Secret.lowercased), hexadecimal)
  }

  /// - Throws: a step problem where the key stands in some bytes that are about to be kept.
  package func check(_ bytes: [UInt8], _ what: String) throws(Problem) {
    guard isIn(bytes) else { return }
    throw Problem(
      .step, "secret-found", "\(what) holds the key of `\(name)`, which is never written anywhere",
      hint: "find out who put it there, and change the key at its provider")
  }

  /// In base64 a text looks different at each place modulo 3; the characters at both ends also
  /// depend on what stands around it, and are left out.
  private static func base64Forms(of value: String) -> [[UInt8]] {
    var texts: Set<String> = []
    for shift in 0..<3 {
      let padded = [UInt8](repeating: 0, count: shift) + Array(value.utf8)
      var text = Data(padded).base64EncodedString().filter { $0 != "=" }
      if padded.count % 3 != 0 { text.removeLast() }
      let core = text.dropFirst([0, 2, 3][shift])
      texts.insert(String(core))
      texts.insert(String(core).replacing("+", with: "-").replacing("/", with: "_"))
    }
    return texts.map { Array($0.utf8) }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
  }

  /// The value of some hexadecimal digits; nil where one is none.
  private static func hexadecimalValue(_ digits: some Collection<UInt8>) -> Int? {
    var value = 0
    for byte in digits {
      switch byte {
      case 0x30...0x39: value = value * 16 + Int(byte) - 0x30
      case 0x41...0x46: value = value * 16 + Int(byte) - 0x37
      case 0x61...0x66: value = value * 16 + Int(byte) - 0x57
      default: return nil
      }
    }
    return value
  }

  /// `%41` as `A`; everything else as it is.
  private static func percentDecoded(_ bytes: [UInt8]) -> [UInt8] {
    decoded(bytes, escape: UInt8(ascii: "%")) { rest in
      guard rest.count >= 2, let value = hexadecimalValue(rest.prefix(2)) else { return nil }
      return (UInt8(truncatingIfNeeded: value), 2)
    }
  }

  /// JSON's `\u0041` as `A` and `\/` as `/`; keys are ASCII, so the rest does not matter.
  private static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
    decoded(bytes, escape: UInt8(ascii: "\\")) { rest in
      guard let first = rest.first else { return nil }
      guard first == UInt8(ascii: "u") else { return (first, 1) }
      guard rest.count >= 5, let value = hexadecimalValue(rest.dropFirst().prefix(4)),
        value < 0x80
      else { return nil }
      return (UInt8(value), 5)
    }
  }

  private static func decoded(
    _ bytes: [UInt8], escape: UInt8, _ decode: (ArraySlice<UInt8>) -> (UInt8, Int)?
  ) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var place = 0
    while place < bytes.count {
      if bytes[place] == escape, let (byte, length) = decode(bytes[(place + 1)...]) {
        out.append(byte)
        place += 1 + length
      } else {
        out.append(bytes[place])
        place += 1
      }
    }
    return out
  }
}
