internal import CZstd
internal import Foundation
internal import Problems

/// One zstd compressor and decompressor. A few exist and are lent to one thread at a time, so that
/// the memory of compression is bounded by processors, not by callers.
///
/// `@unchecked Sendable`: a codec is used only inside `lend`, which gives it to one thread at a time.
final class Codec: @unchecked Sendable {
  /// Level 3 keeps clearly less than level 1 at nearly its speed on rows of text.
  private static let level: Int32 = 3

  private let compressor: OpaquePointer
  private let decompressor: OpaquePointer
  /// What was compressed is decompressed into this and compared.
  private var check: [UInt8] = []

  private init?() {
    guard let compressor = ZSTD_createCCtx() else { return nil }
    guard let decompressor = ZSTD_createDCtx() else {
      ZSTD_freeCCtx(compressor)
      return nil
    }
    self.compressor = compressor
    self.decompressor = decompressor
  }

  deinit {
    ZSTD_freeCCtx(compressor)
    ZSTD_freeDCtx(decompressor)
  }

  /// The content compressed, or nil where that gains less than 3 %. The result was decompressed and
  /// compared: compressors have had bugs.
  func compressed(_ content: UnsafeRawBufferPointer) throws(Problem) -> [UInt8]? {
    // A frame needs about 12 bytes; the gain of tiny blobs is not worth the time.
    guard content.count >= 64 else { return nil }
    let limit = content.count - content.count * 3 / 100 - 1
    var code = 0
    let stored = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(content.count)) {
      buffer, count in
      code = ZSTD_compressCCtx(
        compressor, buffer.baseAddress, buffer.count, content.baseAddress, content.count,
        Codec.level)
      count = ZSTD_isError(code) == 0 ? code : 0
    }
    guard ZSTD_isError(code) == 0 else { throw Codec.problem("compress", code) }
    guard stored.count <= limit else { return nil }

    if check.count < content.count { check = [UInt8](repeating: 0, count: content.count) }
    let isEqual = stored.withUnsafeBytes { stored in
      check.withUnsafeMutableBytes { check in
        let count = ZSTD_decompressDCtx(
          decompressor, check.baseAddress, content.count, stored.baseAddress, stored.count)
        guard count == content.count, let a = check.baseAddress, let b = content.baseAddress else {
          return false
        }
        return memcmp(a, b, count) == 0
      }
    }
    guard isEqual else {
      throw Problem(
        .fault, "compression",
        "cannot keep \(content.count) bytes: zstd does not give back what it was given",
        hint: "check the memory of this machine")
    }
    return stored
  }

  /// The content of some compressed bytes, or nil where they are not exactly `size` bytes compressed.
  func decompressed(_ stored: UnsafeRawBufferPointer, size: Int) -> [UInt8]? {
    var isWhole = false
    let content = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      let code = ZSTD_decompressDCtx(
        decompressor, buffer.baseAddress, size, stored.baseAddress, stored.count)
      isWhole = ZSTD_isError(code) == 0 && code == size
      count = isWhole ? size : 0
    }
    return isWhole ? content : nil
  }

  private static func problem(_ doing: String, _ code: Int) -> Problem {
    Problem(.fault, "compression", "cannot \(doing): \(String(cString: ZSTD_getErrorName(code)))")
  }

  // MARK: Lending

  private static let pool = CodecPool(limit: max(2, ProcessInfo.processInfo.activeProcessorCount))

  /// Calls the work with a codec of its own, waiting for one where all are lent.
  static func lend<Value>(_ work: (Codec) throws -> Value) throws -> Value {
    let codec = try pool.take { Codec() }
    defer { pool.giveBack(codec) }
    return try work(codec)
  }
}

/// The codecs that exist.
///
/// `@unchecked Sendable`: its state is touched only while the condition's lock is held.
private final class CodecPool: @unchecked Sendable {
  private let condition = NSCondition()
  private let limit: Int
  private var free: [Codec] = []
  private var made = 0

  init(limit: Int) { self.limit = limit }

  func take(orMake make: () -> Codec?) throws(Problem) -> Codec {
    condition.lock()
    defer { condition.unlock() }
    while free.isEmpty && made == limit { condition.wait() }
    if let codec = free.popLast() { return codec }
    guard let codec = make() else {
      throw Problem(.environment, "memory", "cannot compress: there is no memory for zstd")
    }
    made += 1
    return codec
  }

  func giveBack(_ codec: Codec) {
    condition.lock()
    free.append(codec)
    condition.signal()
    condition.unlock()
  }
}
