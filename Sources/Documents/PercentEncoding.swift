/// Text in which `%` and two hexadecimal digits stand for a byte (RFC 3986, 2.1).
package enum PercentEncoding {
  /// - Parameter isPlain: whether a byte stands for itself; by default the unreserved characters of
  ///   RFC 3986, 2.3.
  package static func encoded(
    _ text: String, keeping isPlain: (UInt8) -> Bool = { isNameByte($0) || $0 == UInt8(ascii: "~") }
  ) -> String {
    if text.utf8.allSatisfy(isPlain) { return text }
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if isPlain(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Nil where two digits do not follow a percent sign, or where that gives no UTF-8.
  package static func decoded(_ text: some StringProtocol) -> String? {
    func digit(_ byte: UInt8) -> UInt8? {
      Character(Unicode.Scalar(byte)).isASCII
        ? Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) } : nil
    }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// `[A-Za-z0-9_.-]`.
  package static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
