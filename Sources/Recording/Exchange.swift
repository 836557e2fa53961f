internal import Digests
package import Documents
package import Store

/// One request to the outside and what came back, as two blobs of the store.
package struct Exchange: Hashable, Sendable {
  /// The canonical JSON of what was asked: never an address or a key.
  package var request: Artifact
  /// The bytes as they came.
  package var response: Artifact

  package init(request: Artifact, response: Artifact) {
    self.request = request
    self.response = response
  }
}

/// What a recorded step exchanged with the outside, as a canonical JSON blob:
///
/// ```json
/// {"exchanges":[{"request":{"file":"sha256:…","size":312},"response":{"file":"sha256:…","size":981}}],
///  "type":"exchanges","version":1}
/// ```
///
/// Sorted by the request's digest, each request once.
package struct ExchangeRecord: Hashable, Sendable {
  package let exchanges: [Exchange]

  package init(_ exchanges: [Exchange]) {
    self.exchanges = exchanges.sorted { $0.request.digest < $1.request.digest }
  }

  /// Reads a document; nil where it is no record of exchanges.
  package init?(_ document: JSON) {
    guard document["type"] == "exchanges", document["version"] == 1,
      let listed = document["exchanges"]?.array
    else { return nil }
    var exchanges: [Exchange] = []
    for item in listed {
      guard let request = item["request"].flatMap(Artifact.init(record:)),
        let response = item["response"].flatMap(Artifact.init(record:)),
        request.kind == .file, response.kind == .file
      else { return nil }
      exchanges.append(Exchange(request: request, response: response))
    }
    self.init(exchanges)
  }

  package var document: JSON {
    [
      "type": "exchanges", "version": 1,
      "exchanges": .array(
        exchanges.map { ["request": $0.request.record, "response": $0.response.record] }),
    ]
  }
}

/// What answers requests: a model's endpoint, a service that trains. Calls block.
package protocol Outside: Sendable {
  /// What must not be written anywhere.
  var secrets: [Secret] { get }

  /// The response to a canonical request, verified to be one.
  func ask(_ request: JSON, checkCancelled: @Sendable () throws -> Void) throws -> [UInt8]
}
