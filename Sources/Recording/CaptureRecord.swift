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

/// The artifacts that a recording names.
package enum RecordedArtifacts {
  /// A mapping from names to artifacts; nil where a value is none.
  static func read(_ document: JSON?) -> [String: Artifact]? {
    guard let members = document?.object else { return nil }
    var artifacts: [String: Artifact] = [:]
    for (name, value) in members {
      guard let artifact = Artifact(record: value) else { return nil }
      artifacts[name] = artifact
    }
    return artifacts
  }

  /// Every artifact anywhere in a recording of any type: what must be there to replay from it.
  package static func all(in document: JSON) -> Set<Artifact> {
    if let artifact = Artifact(record: document) { return [artifact] }
    switch document {
    case .object(let members): return Set(members.values.flatMap(all))
    case .array(let items): return Set(items.flatMap(all))
    default: return []
    }
  }
}
