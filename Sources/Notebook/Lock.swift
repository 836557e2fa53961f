package import Digests
package import Documents

/// What each source, environment and past result of a recipe resolved to: `recipes/NAME.lock`.
package struct Lock: Hashable, Sendable {
  /// The pin of one source, keyed by the digest of its canonical request.
  package struct Source: Hashable, Sendable {
    /// What was asked: for a package its name, version and file name, never the index.
    package var request: JSON
    package var revision: String?
    package var sha256: Digest
    /// In bytes.
    package var size: Int64
    package var mediaType: String?
    /// An SPDX identifier, or nil where none was declared or found.
    package var licence: String?

    package init(
      request: JSON, revision: String?, sha256: Digest, size: Int64, mediaType: String?,
      licence: String?
    ) {
      self.request = request
      self.revision = revision
      self.sha256 = sha256
      self.size = size
      self.mediaType = mediaType
      self.licence = licence
    }
  }

  /// The files of one environment, keyed by the digest of its sorted requirements.
  package struct Environment: Hashable, Sendable {
    package struct File: Hashable, Sendable {
      /// The normalised package name.
      package var name: String
      package var version: String
      /// The file's name, as in `orjson-3.11.4-cp311-….whl`; a `.tar.gz` is built from source.
      package var file: String
      package var sha256: Digest

      package init(name: String, version: String, file: String, sha256: Digest) {
        self.name = name
        self.version = version
        self.file = file
        self.sha256 = sha256
      }
    }

    package var name: String
    package var requirements: [String]
    /// The Python that the files were chosen for, as in `3.11`.
    package var python: String
    /// Sorted by name.
    package var files: [File]

    package init(name: String, requirements: [String], python: String, files: [File]) {
      self.name = name
      self.requirements = requirements
      self.python = python
      self.files = files
    }
  }

  /// The past result that a `run:` reference means, keyed by its text.
  package struct Run: Hashable, Sendable {
    /// The run's whole commit id.
    package var run: String
    package var isFolder: Bool
    /// Of the bytes for a file, of the tree object for a folder.
    package var digest: Digest
    /// In bytes; for a folder the sum of its files.
    package var size: Int64

    package init(run: String, isFolder: Bool, digest: Digest, size: Int64) {
      self.run = run
      self.isFolder = isFolder
      self.digest = digest
      self.size = size
    }
  }

  package var sources: [Digest: Source]
  package var environments: [Digest: Environment]
  /// By the text after `run:`.
  package var runs: [String: Run]

  package init(
    sources: [Digest: Source] = [:], environments: [Digest: Environment] = [:],
    runs: [String: Run] = [:]
  ) {
    self.sources = sources
    self.environments = environments
    self.runs = runs
  }
}
