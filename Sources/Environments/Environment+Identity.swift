package import Digests
package import Documents
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

  /// What is kept of an environment beside each run that used it: the digest of the key, and the files
  /// with their names, so that it can be built and compared without the lock.
  package func document(digest: Digest, python: String, platform: String) -> JSON {
    let list = files.sorted { ($0.name, $0.file) < ($1.name, $1.file) }.map { file -> JSON in
      [
        "name": .string(file.name), "version": .string(file.version),
        "file": .string(file.file), "sha256": .digest(file.sha256),
      ]
    }
    return [
      "name": .string(name), "digest": .digest(digest), "python": .string(python),
      "platform": .string(platform), "files": .array(list),
      "requirements": .array(requirements.map { .string($0) }),
    ]
  }
}
