/// 128 bits that stand for the bytes of a line.
struct LineHash: Hashable, Sendable {
  let first: UInt64
  let second: UInt64

  func hash(into hasher: inout Hasher) { hasher.combine(first) }
}

/// Hashes lines under a key that is drawn anew for each comparison, so that nobody can prepare lines
/// that collide; two different lines among a billion do so with a probability below 10⁻¹⁹.
///
/// Each 16 bytes go through two products of 64 by 64 bits whose halves are folded, as in wyhash
/// (Wang Yi), under keys of their own; two lanes hide the latency of the products.
struct LineHasher: Sendable {
  private let keys: (UInt64, UInt64, UInt64, UInt64)

  init() {
    var random = SystemRandomNumberGenerator()
    keys = (random.next(), random.next(), random.next(), random.next())
  }

  func hash(_ bytes: [UInt8]) -> LineHash { bytes.withUnsafeBytes { hash($0) } }

  func hash(_ bytes: UnsafeRawBufferPointer) -> LineHash {
    let count = bytes.count
    // Different odd constants, so that the lanes begin differently.
    var a = keys.0 ^ 0x9E37_79B9_7F4A_7C15
    var b = keys.1 ^ 0xC2B2_AE3D_27D4_EB4F
    var c = keys.2 ^ 0x1656_67B1_9E37_79F9
    var d = keys.3 ^ 0x27D4_EB2F_1656_67C5
    var offset = 0
    // SAFETY: every load ends at or before `offset + 32 <= count`, inside the buffer.
    while count - offset >= 32 {
      let w = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let x = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
      let y = bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self)
      let z = bytes.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self)
      a = LineHasher.folded(w ^ keys.0, x ^ a)
      b = LineHasher.folded(w ^ b, x ^ keys.1)
      c = LineHasher.folded(y ^ keys.2, z ^ c)
      d = LineHasher.folded(y ^ d, z ^ keys.3)
      offset += 32
    }
    var rest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &rest) { tail in
      for index in offset..<count { tail[index - offset] = bytes[index] }
    }
    a = LineHasher.folded(rest.0 ^ keys.0, rest.1 ^ a)
    b = LineHasher.folded(rest.0 ^ b, rest.1 ^ keys.1)
    c = LineHasher.folded(rest.2 ^ keys.2, rest.3 ^ c)
    d = LineHasher.folded(rest.2 ^ d, rest.3 ^ keys.3)
    let length = UInt64(count)
    return LineHash(
      first: LineHasher.folded(a ^ length ^ keys.2, c ^ keys.3),
      second: LineHasher.folded(b ^ keys.0, d ^ length ^ keys.1))
  }

  /// Both halves of the product over each other.
  @inline(__always)
  private static func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}
