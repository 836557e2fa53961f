internal import CNettle
package import Documents

/// SHA-256 (FIPS 180-4) over content that arrives in pieces, with the processor's own instructions
/// where it has them.
package struct SHA256Hasher: Sendable {
  private var state = sha256_ctx()

  package init() { nettle_sha256_init(&state) }

  /// Adds the next bytes of the content.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    nettle_sha256_update(
      &state, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
  }

  /// Adds the next bytes of the content.
  package mutating func update(_ bytes: some Collection<UInt8>) {
    if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
      Array(bytes).withUnsafeBytes { update($0) }
    }
  }

  /// The digest of everything added so far.
  package func finish() -> Digest {
    var copy = state
    let bytes = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      nettle_sha256_digest(&copy, 32, buffer.baseAddress)
      count = 32
    }
    guard let digest = Digest(bytes: bytes) else { preconditionFailure("SHA-256 has 32 bytes") }
    return digest
  }
}

extension Digest {
  /// The digest of some bytes.
  package init(of bytes: some Collection<UInt8>) {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    self = hasher.finish()
  }

  /// The digest of bytes in memory that somebody else owns.
  package init(of bytes: UnsafeRawBufferPointer) {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    self = hasher.finish()
  }

  /// The digest of a text's UTF-8.
  package init(of text: String) { self.init(of: text.utf8) }

  /// The digest of a document's canonical form.
  package init(of document: JSON) { self.init(of: document.canonicalBytes) }
}
