package import Digests

/// What stands in a commit for content that Git should not hold: a Git LFS pointer.
///
/// The format is that of Git LFS's `docs/spec.md`, version 1.
package struct Pointer: Hashable, Sendable {
  package let digest: Digest
  /// In bytes: of the file's content, or of the tree object for a folder.
  package let size: Int64

  package init(digest: Digest, size: Int64) {
    self.digest = digest
    self.size = size
  }

  /// The exact bytes of the pointer file.
  package var bytes: [UInt8] {
    Array("\(Pointer.firstLine)\noid sha256:\(digest.hex)\nsize \(size)\n".utf8)
  }

  /// Reads a pointer; nil for anything but the exact form that `bytes` writes.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count < 200, bytes.starts(with: Pointer.firstLine.utf8),
      let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 4, lines[1].hasPrefix("oid sha256:"), lines[2].hasPrefix("size "),
      let digest = Digest(lines[1].dropFirst(4)), let size = Int64(lines[2].dropFirst(5)), size >= 0
    else { return nil }
    self.init(digest: digest, size: size)
    guard bytes.elementsEqual(self.bytes) else { return nil }
  }

  /// Whether a Git LFS client could take the content for a pointer: it begins with a version line
  /// of this or an older form of the format.
  static func isClaimed(by bytes: some Collection<UInt8>) -> Bool {
    [firstLine, "version https://hawser.github.com/spec/v1", "version http://git-media.io/v/2"]
      .contains { bytes.starts(with: $0.utf8) }
  }

  private static let firstLine = "version https://git-lfs.github.com/spec/v1"
}
