internal import Problems

/// The 512 bytes before each member of a bundle: a ustar header (POSIX.1-1988) of a regular file
/// with fixed mode, owner and time. Sizes of 8 GiB and more are written as GNU tar does, base 256.
struct TarHeader: Hashable {
  static let size = 512

  let path: String
  /// In bytes.
  let contentSize: Int64

  /// What follows the content so that the next header begins at a multiple of 512 bytes.
  static func padding(after size: Int64) -> Int { Int((512 - size % 512) % 512) }

  var bytes: [UInt8] {
    var header = [UInt8](repeating: 0, count: TarHeader.size)
    func put(_ text: String, at offset: Int) {
      header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
    }
    precondition(path.utf8.count <= 100, "members of bundles have short names")
    put(path, at: 0)
    put("0000644", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    if contentSize < 1 << 33 {
      put(TarHeader.octal(contentSize, digits: 11), at: 124)
    } else {
      header[124] = 0x80
      for index in 0..<8 {
        header[135 - index] = UInt8(truncatingIfNeeded: contentSize >> Int64(8 * index))
      }
    }
    put("00000000000", at: 136)
    put("        ", at: 148)
    put("0", at: 156)
    put("ustar\0" + "00", at: 257)
    let sum = header.reduce(Int64(0)) { $0 + Int64($1) }
    put(TarHeader.octal(sum, digits: 6) + "\0 ", at: 148)
    return header
  }

  private static func octal(_ value: Int64, digits: Int) -> String {
    let text = String(value, radix: 8)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// The size that a header states in octal digits, or nil.
  static func statedSize(_ header: [UInt8]) -> Int64? {
    let digits = header[124..<135]
    guard digits.allSatisfy({ (48...55).contains($0) }), header[135] == 0 else { return nil }
    return Int64(String(decoding: digits, as: UTF8.self), radix: 8)
  }

  /// What is wrong with a header that is not the expected one.
  static func difference(_ found: [UInt8], from expected: TarHeader) -> String {
    let name = String(decoding: found[0..<100].prefix { $0 != 0 }, as: UTF8.self).debugDescription
    if found.allSatisfy({ $0 == 0 }) { return "it ends before \(expected.path)" }
    switch found[156] {
    case UInt8(ascii: "0"): break
    case UInt8(ascii: "1"): return "its member \(name) is a hard link"
    case UInt8(ascii: "2"): return "its member \(name) is a symbolic link"
    case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"):
      return "its member \(name) is a device or pipe"
    case UInt8(ascii: "5"): return "its member \(name) is a folder"
    case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"):
      return "it has a record that renames members, which bundles never have"
    default: return "its member \(name) is not a regular file"
    }
    if name != expected.path.debugDescription {
      return "it has a member \(name) where \(expected.path) must be"
    }
    if found[124..<136] != expected.bytes[124..<136] {
      return "its member \(name) does not have the size that is listed"
    }
    return "the header of its member \(name) is not as bundles have it"
  }
}
