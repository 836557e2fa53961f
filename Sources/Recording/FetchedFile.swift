package import Digests
package import SystemPackage

/// A file that a source just brought from outside.
package struct FetchedFile: Sendable {
  package var path: FilePath
  package var digest: Digest
  /// In bytes.
  package var size: Int64
  /// What the request resolved to, where that says more than the request: a wheel's file name.
  package var revision: String?
  package var mediaType: String?
  /// By the allow-list of `ResponseHeaders`.
  package var headers: [String: String]
}
