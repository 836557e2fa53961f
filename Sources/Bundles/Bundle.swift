package import Digests
internal import Files
package import History
internal import Problems
package import SystemPackage

/// A run in one file, `.tar.zst`, from which it can be replayed with no history, no network and no
/// kitchen. The format is described in `docs/formats.md`.
package enum Bundle {
  /// The namespace of signatures (`ssh-keygen -Y`).
  package static let signatureNamespace = "larder-bundle"

  /// What `write` made.
  package struct Written: Sendable {
    package let manifest: BundleManifest
    /// Of the uncompressed tar, which two bundles of one run share and which is signed.
    package let tarDigest: Digest
    /// Of the file.
    package let fileDigest: Digest
    /// Of the file, in bytes.
    package let size: Int64
    package let signature: FilePath?
  }

  /// What `open` made: a kitchen that holds one run.
  package struct Opened: Sendable {
    package let run: ObjectID
    package let manifest: BundleManifest
    /// Of the uncompressed tar.
    package let tarDigest: Digest
    /// The kitchen: `recipes/`, `cache/`, `artifacts/history.git`.
    package let kitchen: FilePath
    /// The wheels under their file names; a folder for `--distdir`.
    package let wheels: FilePath
    /// Who signed it, where signers were asked for.
    package let signer: String?
  }

  static func damaged(_ path: FilePath, _ why: String) -> Problem {
    Problem(
      .damage, "bundle-damaged", "cannot read the bundle \(path): \(why)",
      hint: "get the bundle again from where it was made")
  }
}
