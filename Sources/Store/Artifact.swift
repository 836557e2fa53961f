package import Digests
package import Documents

/// One named output of a step: a file or a folder, known by its content.
package struct Artifact: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable { case file, folder }

  package var kind: Kind
  /// Of the bytes for a file, of the tree object for a folder.
  package var digest: Digest
  /// In bytes; for a folder the sum of its files.
  package var size: Int64

  package init(kind: Kind, digest: Digest, size: Int64) {
    self.kind = kind
    self.digest = digest
    self.size = size
  }

  /// The form in action documents, in which a file and a folder never look alike:
  /// `{"file":"sha256:…"}` or `{"folder":"sha256:…"}`.
  package var identity: JSON { .object([kind.rawValue: .digest(digest)]) }

  /// The form in results and recordings: `{"file":"sha256:…","size":N}`, or the same with `folder`.
  package var record: JSON { [kind.rawValue: .digest(digest), "size": .integer(size)] }

  /// Reads that form; nil for anything else.
  package init?(record: JSON) {
    guard let size = record["size"]?.integer, size >= 0, record.object?.count == 2 else {
      return nil
    }
    if let digest = record["file"]?.digest {
      self.init(kind: .file, digest: digest, size: size)
    } else if let digest = record["folder"]?.digest {
      self.init(kind: .folder, digest: digest, size: size)
    } else {
      return nil
    }
  }
}

/// What executing an action gave; found again by the action's key.
package struct ActionResult: Hashable, Sendable {
  /// By output name.
  package var outputs: [String: Artifact]
  /// The kept standard output and error, or nil where there was none.
  package var log: Digest?
  /// False for a result made with `--no-sandbox`, which no sandboxed run uses.
  package var isSandboxed: Bool
  /// The digest of the recording, for recorded steps.
  package var recording: Digest?
  /// The digest of the document that says which machine made it (`Machine`), where that can matter.
  package var machine: Digest?
  /// How long the step took, in seconds.
  package var seconds: Double
  /// The largest memory of its processes, in bytes, or 0 where it was not measured.
  package var peakMemory: Int64

  package init(
    outputs: [String: Artifact], log: Digest? = nil, isSandboxed: Bool = true,
    recording: Digest? = nil, machine: Digest? = nil, seconds: Double = 0, peakMemory: Int64 = 0
  ) {
    self.outputs = outputs
    self.log = log
    self.isSandboxed = isSandboxed
    self.recording = recording
    self.machine = machine
    self.seconds = seconds
    self.peakMemory = peakMemory
  }
}
