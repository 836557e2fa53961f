package import Digests
internal import Documents
package import Notebook

extension Lock.Environment {
  /// What names an environment in keys and on disk: the SHA-256 of the canonical JSON
  /// `{"files":[{"name":…,"sha256":"sha256:…","version":…},…],"platform":…,"python":…}`, files sorted
  /// by name, version and digest. Its own name and what was asked for are no part of it.
  ///
  /// - Parameters:
  ///   - python: the full version, as in `3.11.2`.
  ///   - platform: as in `linux_x86_64`.
  package func digest(python: String, platform: String) -> Digest {
    let sorted = files.sorted {
      ($0.name, $0.version, $0.sha256) < ($1.name, $1.version, $1.sha256)
    }
    let list = sorted.map { file -> JSON in
      [
        "name": .string(file.name), "version": .string(file.version),
        "sha256": .digest(file.sha256),
      ]
    }
    return Digest(
      of: ["files": .array(list), "platform": .string(platform), "python": .string(python)])
  }
}
