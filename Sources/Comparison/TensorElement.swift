/// The types of a safetensors file's values whose distance can be told.
enum TensorElement: String {
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case u16 = "U16"
  case i16 = "I16"
  case u32 = "U32"
  case i32 = "I32"
  case u64 = "U64"
  case i64 = "I64"
  case f16 = "F16"
  case bf16 = "BF16"
  case f32 = "F32"
  case f64 = "F64"

  /// In bytes.
  var size: Int {
    switch self {
    case .bool, .u8, .i8: 1
    case .u16, .i16, .f16, .bf16: 2
    case .u32, .i32, .f32: 4
    case .u64, .i64, .f64: 8
    }
  }

  /// The little-endian value at an offset.
  func value(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Double {
    func bits<Word: FixedWidthInteger>(_ type: Word.Type) -> Word {
      Word(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }
    switch self {
    case .bool, .u8: return Double(bits(UInt8.self))
    case .i8: return Double(bits(Int8.self))
    case .u16: return Double(bits(UInt16.self))
    case .i16: return Double(bits(Int16.self))
    case .u32: return Double(bits(UInt32.self))
    case .i32: return Double(bits(Int32.self))
    case .u64: return Double(bits(UInt64.self))
    case .i64: return Double(bits(Int64.self))
    case .f16: return Double(Float16(bitPattern: bits(UInt16.self)))
    case .bf16: return Double(Float(bitPattern: UInt32(bits(UInt16.self)) << 16))
    case .f32: return Double(Float(bitPattern: bits(UInt32.self)))
    case .f64: return Double(bitPattern: bits(UInt64.self))
    }
  }

  /// The absolute difference of two values, exact for integers as far as a `Double` holds it.
  func distance(
    _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, at offset: Int
  ) -> Double {
    switch self {
    case .u64:
      let x = UInt64(littleEndian: a.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      let y = UInt64(littleEndian: b.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      return Double(x > y ? x - y : y - x)
    case .i64:
      let x = Int64(littleEndian: a.loadUnaligned(fromByteOffset: offset, as: Int64.self))
      let y = Int64(littleEndian: b.loadUnaligned(fromByteOffset: offset, as: Int64.self))
      // The distance of two Int64 always fits an UInt64.
      return Double(
        x > y
          ? UInt64(bitPattern: x) &- UInt64(bitPattern: y)
          : UInt64(bitPattern: y) &- UInt64(bitPattern: x))
    default:
      let x = value(a, at: offset)
      let y = value(b, at: offset)
      // Equal infinities have no distance, though their difference is NaN.
      return x == y ? 0 : abs(x - y)
    }
  }
}
