package import Digests
package import Documents
package import Store

/// What a person brought for a manual step, as a canonical JSON blob:
///
/// ```json
/// {"items":{"log":{"file":"sha256:…","size":1234}},"key":"sha256:…","type":"evidence","version":1}
/// ```
package struct EvidenceRecord: Hashable, Sendable {
  /// Of the action that the evidence was given for.
  package var key: Digest
  /// Each piece as a file of the store, by its name.
  package var items: [String: Artifact]

  package init(key: Digest, items: [String: Artifact]) {
    self.key = key
    self.items = items
  }

  /// Reads a document; nil where it is no evidence.
  package init?(_ document: JSON) {
    guard document["type"] == "evidence", let key = document["key"]?.digest,
      let items = RecordedArtifacts.read(document["items"])
    else { return nil }
    self.init(key: key, items: items)
  }

  package var document: JSON {
    [
      "type": "evidence", "version": 1, "key": .digest(key),
      "items": .object(items.mapValues(\.record)),
    ]
  }
}
