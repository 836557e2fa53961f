/// Whole numbers as the formats of the store write them.
enum LittleEndian {
  /// Appends the lowest bytes of a number, least significant first.
  static func append(_ value: UInt64, bytes count: Int, to bytes: inout [UInt8]) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  /// Reads a number of up to 8 bytes.
  static func read(_ count: Int, from bytes: [UInt8], at offset: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(bytes[offset + index]) << (8 * index) }
    return value
  }
}
