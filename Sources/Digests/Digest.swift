package import Documents

/// The SHA-256 of some content: the name by which the store knows it.
package struct Digest: Hashable, Comparable, Sendable {
  // Four words rather than an array: no allocation, and hashing needs one word only.
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// Takes the 32 bytes of a SHA-256; nil for any other count.
  package init?(bytes: some Collection<UInt8>) {
    let fast = bytes.withContiguousStorageIfAvailable { Digest(UnsafeRawBufferPointer($0)) }
    guard let digest = fast ?? Array(bytes).withUnsafeBytes({ Digest($0) }) else { return nil }
    self = digest
  }

  private init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 32 else { return nil }
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
    }
    words = (word(0), word(1), word(2), word(3))
  }

  /// Reads 64 lower-case hexadecimal digits, with or without `sha256:` before them; nil otherwise.
  package init?(_ text: some StringProtocol) {
    let digits = text.hasPrefix("sha256:") ? Substring(text.dropFirst(7)) : Substring(text)
    guard digits.utf8.count == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    var high: UInt8?
    for character in digits.utf8 {
      let value: UInt8
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = character - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    self.init(bytes: bytes)
  }

  /// The 32 bytes, most significant first.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for word in [words.0, words.1, words.2, words.3] {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return bytes
  }

  /// 64 lower-case hexadecimal digits.
  package var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The first eight digits, for people.
  package var short: String { String(hex.prefix(8)) }

  package static func == (a: Digest, b: Digest) -> Bool { a.words == b.words }
  package static func < (a: Digest, b: Digest) -> Bool { a.words < b.words }
  package func hash(into hasher: inout Swift.Hasher) { hasher.combine(words.0) }
}

extension Digest: CustomStringConvertible {
  /// `sha256:` and the hexadecimal digits, the form in documents.
  package var description: String { "sha256:\(hex)" }
}

extension JSON {
  /// The digest as documents write it.
  package static func digest(_ digest: Digest) -> JSON { .string(digest.description) }

  /// The digest that this text names, or nil.
  package var digest: Digest? { string.flatMap { Digest($0) } }
}
