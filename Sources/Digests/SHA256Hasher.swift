internal import Crypto
package import Documents

/// SHA-256 over content that arrives in pieces.
package struct SHA256Hasher: Sendable {
  private var function = SHA256()

  package init() {}

  /// Adds the next bytes of the content.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    function.update(bufferPointer: bytes)
  }

  /// Adds the next bytes of the content.
  package mutating func update(_ bytes: some Collection<UInt8>) {
    if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
      Array(bytes).withUnsafeBytes { update($0) }
    }
  }

  /// The digest of everything added so far.
  package func finish() -> Digest {
    guard let digest = Digest(bytes: Array(function.finalize())) else {
      preconditionFailure("SHA-256 has 32 bytes")
    }
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
