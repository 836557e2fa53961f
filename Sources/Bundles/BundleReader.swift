internal import Digests
internal import Problems
internal import SystemPackage

/// Walks through a bundle once, from the first byte to the last, and passes on nothing that its list
/// does not name. Everything is checked on the way.
final class BundleReader {
  let path: FilePath
  let manifest: BundleManifest
  private let stream: ZstdReader
  private let tap: (UnsafeRawBufferPointer) throws -> Void
  private var next = 0

  /// Reads the list.
  ///
  /// - Parameter tap: is given every byte of the tar.
  init(_ path: FilePath, tap: @escaping (UnsafeRawBufferPointer) throws -> Void = { _ in }) throws {
    self.path = path
    self.tap = tap
    stream = try ZstdReader(path)
    let header = try BundleReader.take(TarHeader.size, stream, path, tap)
    let name = header[0..<100].prefix { $0 != 0 }
    guard name.elementsEqual("bundle.json".utf8), header[257..<262].elementsEqual("ustar".utf8)
    else {
      throw Problem(
        .user, "no-bundle", "cannot read the bundle \(path): it does not begin with bundle.json",
        hint: "bundles are made by larder bundle REF -o FILE.tar.zst")
    }
    let size = TarHeader.statedSize(header) ?? -1
    guard size >= 0, size <= BundleManifest.sizeLimit else {
      throw Bundle.damaged(path, "its bundle.json is larger than 64 MiB")
    }
    let expected = TarHeader(path: "bundle.json", contentSize: size)
    guard header == expected.bytes else {
      throw Bundle.damaged(path, TarHeader.difference(header, from: expected))
    }
    let bytes = try BundleReader.take(Int(size), stream, path, tap)
    do { manifest = try BundleManifest(parsing: bytes) } catch {
      throw Bundle.damaged(path, error.text)
    }
    try takePadding(after: size)
  }

  /// Goes to the next member.
  ///
  /// - Parameter receive: is given the content in order; what it was given counts only when this
  ///   returns, since the digest is known only then.
  /// - Returns: false after the last member; then the end of the file was checked as well.
  func nextMember(
    _ receive: (BundleManifest.Member, UnsafeRawBufferPointer) throws -> Void
  ) throws -> Bool {
    guard next < manifest.members.count else {
      let end = try BundleReader.take(1024, stream, path, tap)
      guard end.allSatisfy({ $0 == 0 }) else {
        throw Bundle.damaged(path, "it has members that its list does not name")
      }
      try stream.finish()
      return false
    }
    let member = manifest.members[next]
    next += 1
    let expected = TarHeader(path: member.path, contentSize: member.size)
    let header = try BundleReader.take(TarHeader.size, stream, path, tap)
    guard header == expected.bytes else {
      throw Bundle.damaged(path, TarHeader.difference(header, from: expected))
    }
    var hasher = SHA256Hasher()
    var rest = member.size
    if rest == 0 { try receive(member, UnsafeRawBufferPointer(start: nil, count: 0)) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    while rest > 0 {
      let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(rest, 1 << 20))])
      guard try stream.read(into: wanted) == wanted.count else { throw BundleReader.cut(path) }
      let piece = UnsafeRawBufferPointer(wanted)
      try tap(piece)
      hasher.update(piece)
      try receive(member, piece)
      rest -= Int64(piece.count)
    }
    guard hasher.finish() == member.sha256 else {
      throw Bundle.damaged(path, "its member \(member.path) has not the SHA-256 that is listed")
    }
    try takePadding(after: member.size)
    return true
  }

  /// Of the tar; after the last member.
  var tarDigest: Digest { stream.hasher.finish() }

  private func takePadding(after size: Int64) throws {
    let padding = try BundleReader.take(TarHeader.padding(after: size), stream, path, tap)
    guard padding.allSatisfy({ $0 == 0 }) else {
      throw Bundle.damaged(path, "something stands between its members")
    }
  }

  private static func take(
    _ count: Int, _ stream: ZstdReader, _ path: FilePath,
    _ tap: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let found = try bytes.withUnsafeMutableBytes { try stream.read(into: $0) }
    guard found == count else { throw cut(path) }
    try bytes.withUnsafeBytes(tap)
    return bytes
  }

  private static func cut(_ path: FilePath) -> Problem {
    Bundle.damaged(path, "the tar in it ends too early")
  }
}
