package import Digests
package import Documents
package import Store

/// What is kept of a script that had the network: its outputs, as a canonical JSON blob:
///
/// ```json
/// {"key":"sha256:…","outputs":{"rows":{"file":"sha256:…","size":1234}},"type":"capture","version":1}
/// ```
package struct CaptureRecord: Hashable, Sendable {
  /// Of the action that gave the outputs.
  package var key: Digest
  package var outputs: [String: Artifact]

  package init(key: Digest, outputs: [String: Artifact]) {
    self.key = key
    self.outputs = outputs
  }

  /// Reads a document; nil where it is no capture.
  package init?(_ document: JSON) {
    guard document["type"] == "capture", let key = document["key"]?.digest,
      let outputs = RecordedArtifacts.read(document["outputs"])
    else { return nil }
    self.init(key: key, outputs: outputs)
  }

  package var document: JSON {
    [
      "type": "capture", "version": 1, "key": .digest(key),
      "outputs": .object(outputs.mapValues(\.record)),
    ]
  }
}
