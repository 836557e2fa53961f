/// The SHA-1 name of a Git object: a commit, a folder or a file's content.
package struct ObjectID: Hashable, Sendable, CustomStringConvertible {
  /// 40 lower-case hexadecimal digits.
  package let hex: String

  /// Nil where the text is not 40 lower-case hexadecimal digits.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count == 40, text.utf8.allSatisfy(ObjectID.isDigit) else { return nil }
    hex = String(text)
  }

  package var description: String { hex }

  /// The first ten digits, for people.
  package var short: String { String(hex.prefix(10)) }

  /// The 20 bytes, as folders hold them.
  var bytes: [UInt8] {
    let digits = hex.utf8.map { $0 < UInt8(ascii: "a") ? $0 - 48 : $0 - 87 }
    return stride(from: 0, to: 40, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
