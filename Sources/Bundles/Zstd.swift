internal import CZstd
internal import Digests
internal import Files
internal import Problems
internal import SystemPackage

/// Compresses a stream into a file: one frame, one thread, a fixed level. What it is given is cut
/// into pieces of one size, so that the bytes do not depend on how they arrive.
final class ZstdWriter {
  private static let level: Int32 = 6
  private static let pieceSize = 1 << 20

  private let context: OpaquePointer
  private let file: FileDescriptor
  private let path: FilePath
  private var waiting: [UInt8] = []
  private var output: [UInt8]
  /// Of what was given.
  private(set) var hasher = SHA256Hasher()

  init(to file: FileDescriptor, path: FilePath, size: Int64) throws {
    guard let context = ZSTD_createCCtx() else {
      throw Problem(.environment, "memory", "cannot compress: there is no memory for zstd")
    }
    self.context = context
    self.file = file
    self.path = path
    output = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
    waiting.reserveCapacity(ZstdWriter.pieceSize)
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, ZstdWriter.level)
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    ZSTD_CCtx_setPledgedSrcSize(context, UInt64(size))
  }

  deinit { ZSTD_freeCCtx(context) }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    hasher.update(bytes)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = min(rest.count, ZstdWriter.pieceSize - waiting.count)
      waiting.append(contentsOf: rest.prefix(count))
      rest = rest.dropFirst(count)
      if waiting.count == ZstdWriter.pieceSize { try flush(ZSTD_e_continue) }
    }
  }

  func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  func finish() throws { try flush(ZSTD_e_end) }

  private func flush(_ directive: ZSTD_EndDirective) throws {
    try waiting.withUnsafeBytes { source in
      var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
      while true {
        let capacity = output.count
        let (rest, count) = output.withUnsafeMutableBytes { target in
          var buffer = ZSTD_outBuffer(dst: target.baseAddress, size: capacity, pos: 0)
          let rest = ZSTD_compressStream2(context, &buffer, &input, directive)
          return (rest, buffer.pos)
        }
        guard ZSTD_isError(rest) == 0 else {
          throw Problem(
            .fault, "compression",
            "cannot write \(path): \(String(cString: ZSTD_getErrorName(rest)))")
        }
        do { try file.writeAll(output[..<count]) } catch {
          throw Problem.file("cannot write", path, error)
        }
        if directive == ZSTD_e_end ? rest == 0 : input.pos == input.size { break }
      }
    }
    waiting.removeAll(keepingCapacity: true)
  }
}

/// Decompresses a file that is exactly one frame, with a window of at most 128 MiB.
final class ZstdReader {
  private let context: OpaquePointer
  private let file: FileDescriptor
  private let path: FilePath
  private var input: [UInt8]
  private var position = 0
  private var filled = 0
  private var isFrameDone = false
  private var isBegun = false
  /// Of everything that was given.
  private(set) var hasher = SHA256Hasher()

  init(_ path: FilePath) throws {
    self.path = path
    guard case .file = Files.kind(Files.resolved(path) ?? path) else {
      throw Problem(
        .user, "no-bundle",
        Files.exists(path)
          ? "cannot read the bundle \(path): it is not a file"
          : "cannot read the bundle \(path): there is no such file", hint: "check the path")
    }
    do { file = try .open(path, .readOnly, options: .closeOnExec) } catch {
      throw Problem.file("cannot read", path, error)
    }
    guard let context = ZSTD_createDCtx() else {
      try? file.close()
      throw Problem(.environment, "memory", "cannot decompress: there is no memory for zstd")
    }
    self.context = context
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 27)
    input = [UInt8](repeating: 0, count: 1 << 17)
  }

  deinit {
    ZSTD_freeDCtx(context)
    try? file.close()
  }

  /// Fills the buffer as far as there is content.
  ///
  /// - Returns: fewer than its size only at the end.
  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    var count = 0
    while count < target.count, !isFrameDone {
      if position == filled { try fill() }
      let atEnd = filled == 0
      var buffer = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: count)
      let before = count
      let rest = input.withUnsafeBytes { source in
        var inputBuffer = ZSTD_inBuffer(src: source.baseAddress, size: filled, pos: position)
        let rest = ZSTD_decompressStream(context, &buffer, &inputBuffer)
        position = inputBuffer.pos
        return rest
      }
      guard ZSTD_isError(rest) == 0 else {
        throw Bundle.damaged(path, "zstd says: \(String(cString: ZSTD_getErrorName(rest)))")
      }
      count = buffer.pos
      if rest == 0 { isFrameDone = true }
      if atEnd, !isFrameDone, count == before {
        throw Bundle.damaged(path, "the file ends too early; it was cut")
      }
    }
    hasher.update(UnsafeRawBufferPointer(rebasing: target[..<count]))
    return count
  }

  /// Checks that nothing follows: neither in the frame nor after it.
  func finish() throws {
    var byte: UInt8 = 0
    if try withUnsafeMutableBytes(of: &byte, { try read(into: $0) }) != 0 {
      throw Bundle.damaged(path, "it goes on after its end")
    }
    if position == filled { try fill() }
    guard filled == 0 else { throw Bundle.damaged(path, "something follows its end") }
  }

  private func fill() throws {
    do {
      position = 0
      filled = try input.withUnsafeMutableBytes { try file.read(into: $0) }
    } catch { throw Problem.file("cannot read", path, error) }
    guard !isBegun else { return }
    isBegun = true
    // The magic number of a frame, RFC 8878.
    guard filled >= 4, input.prefix(4).elementsEqual([0x28, 0xB5, 0x2F, 0xFD]) else {
      throw Problem(
        .user, "no-bundle", "cannot read the bundle \(path): it is no zstd file",
        hint: "bundles are made by larder bundle REF -o FILE.tar.zst")
    }
  }
}
