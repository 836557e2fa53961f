package import Digests
package import Documents
package import Notebook
package import Store

/// What is kept of one download besides its bytes, as a canonical JSON blob:
///
/// ```json
/// {"bytes":"sha256:…","headers":{"content-type":"…"},"licence":"MIT","media_type":"…",
///  "request":{…},"revision":"…","size":1234,"type":"download","version":1}
/// ```
///
/// No time, no address of a server that is not part of the request, no cookie or key.
package struct SourceRecord: Hashable, Sendable {
  package var pin: Lock.Source
  /// By the allow-list of `ResponseHeaders`; empty where the bytes came from the store, a distdir
  /// or a tool that does not tell.
  package var headers: [String: String]

  package init(pin: Lock.Source, headers: [String: String] = [:]) {
    self.pin = pin
    self.headers = headers
  }

  package var document: JSON {
    var members: [String: JSON] = [
      "type": "download", "version": 1, "request": pin.request, "bytes": .digest(pin.sha256),
      "size": .integer(pin.size), "headers": .object(headers.mapValues { .string($0) }),
    ]
    if let revision = pin.revision { members["revision"] = .string(revision) }
    if let type = pin.mediaType { members["media_type"] = .string(type) }
    if let licence = pin.licence { members["licence"] = .string(licence) }
    return .object(members)
  }

  /// Keeps the record, so that `known` finds it again.
  package func keep(in store: any Store) throws -> Digest {
    let digest = try store.put(document.canonicalBytes)
    try store.setFact(SourceRecord.fact(for: pin), .digest(digest))
    return digest
  }

  /// The record that was kept when the pin's bytes came, or a new one without headers.
  package static func known(for pin: Lock.Source, in store: any Store) throws -> Digest {
    if let digest = try store.fact(fact(for: pin))?.digest, try store.size(digest) != nil {
      return digest
    }
    return try SourceRecord(pin: pin).keep(in: store)
  }

  /// The name of the fact that leads to the record: of the whole pin, so that another licence or
  /// another file never finds it.
  private static func fact(for pin: Lock.Source) -> String {
    "recording:\(Digest(of: SourceRecord(pin: pin).document).hex)"
  }
}
