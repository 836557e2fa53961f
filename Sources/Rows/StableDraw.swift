internal import Digests

/// A number for each key that depends on nothing but the key and a seed, so that adding or moving
/// rows changes nothing for the others.
///
/// The draw is the first 64 bits of SHA-256 of `larder draw 1`, the purpose, the seed and the
/// key's bytes, each but the last ended by a line feed.
package struct StableDraw: Sendable {
  private let prefix: [UInt8]

  /// - Parameter purpose: keeps two uses of one seed apart, as in `split`.
  package init(purpose: String, seed: Int64) {
    prefix = Array("larder draw 1\n\(purpose)\n\(seed)\n".utf8)
  }

  /// 64 bits for a key.
  package func bits(_ key: [UInt8]) -> UInt64 {
    Digest(of: prefix + key).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A number of [0, 1) for a key, of 53 bits.
  package func fraction(_ key: [UInt8]) -> Double { Double(bits(key) >> 11) * 0x1p-53 }
}
