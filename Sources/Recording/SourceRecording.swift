package import Digests
package import Notebook
package import Store

/// What one download left in the store.
package struct SourceRecording: Hashable, Sendable {
  package var pin: Lock.Source
  /// The bytes as they came.
  package var artifact: Artifact
  /// The record of the exchange (`SourceRecord`), for the action result.
  package var record: Digest

  package init(pin: Lock.Source, artifact: Artifact, record: Digest) {
    self.pin = pin
    self.artifact = artifact
    self.record = record
  }
}
