internal import Digests
internal import Files
internal import Problems
internal import Store
package import SystemPackage

extension PastOutput {
  /// Calls the body with a read-only file that holds the output's bytes, verified; it may be gone or
  /// shared with others afterwards, so nothing may be written to it.
  ///
  /// - Throws: a user problem for a folder, an environment problem where the store lacks the bytes,
  ///   a damage problem where they are not what they should be.
  package func withFile<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
    switch content {
    case .stored(let artifact) where artifact.kind == .file:
      guard let file = try store.plainCopy(artifact) else { throw missing(artifact) }
      return try body(file)
    case .inline(let bytes):
      let folder = try store.makeWorkFolder()
      defer { try? Files.remove(folder) }
      let file = folder.appending("file")
      try Files.write(bytes, to: file)
      return try body(file)
    case .folder, .stored:
      throw Problem(
        .user, "is-folder", "\(path) is a folder", hint: "name a file in it, or use `larder get`")
    }
  }
}
