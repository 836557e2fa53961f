package import Documents
package import Store

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
