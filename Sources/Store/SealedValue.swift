internal import Digests
internal import Foundation

/// A value in the index with a check, so that a changed bit in the database is found: the bytes, then
/// the first 8 of the SHA-256 of the name under which they stand, a zero byte and the bytes.
enum SealedValue {
  private static let checkSize = 8

  static func seal(_ bytes: [UInt8], for name: [UInt8]) -> Data {
    Data(bytes + check(bytes, name))
  }

  /// The bytes, or nil where the check does not fit.
  static func open(_ sealed: [UInt8], for name: [UInt8]) -> [UInt8]? {
    guard sealed.count >= checkSize else { return nil }
    let bytes = Array(sealed[..<(sealed.count - checkSize)])
    return sealed[bytes.count...] == check(bytes, name) ? bytes : nil
  }

  private static func check(_ bytes: [UInt8], _ name: [UInt8]) -> ArraySlice<UInt8> {
    var hasher = SHA256Hasher()
    hasher.update(name)
    hasher.update([0])
    hasher.update(bytes)
    return hasher.finish().bytes.prefix(checkSize)
  }
}
