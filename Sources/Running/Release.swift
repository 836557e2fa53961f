internal import CRelease

/// Which Larder this is.
package enum Release {
  /// The version of the release (semantic versioning).
  package static let version = "0.1.0"

  /// The version and the commit, as `larder --version` prints them.
  package static var description: String {
    let commit = String(cString: larder_release_commit())
    return commit.isEmpty ? version : "\(version) (\(commit))"
  }
}
