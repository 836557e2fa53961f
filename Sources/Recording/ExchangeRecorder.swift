package import Digests
package import Documents
internal import Problems
package import Store
internal import Synchronization

/// The only way of a recorded step to the outside.
///
/// When it records, a request that was answered before is answered from the store, and every other
/// is asked and its exchange kept durably before the step sees it: a stopped step repeats no call,
/// and an edited prompt only its own. When it replays, the recording is all there is. Safe for any
/// number of threads, and of processes with the same store: a request is asked once. Calls block.
package final class ExchangeRecorder: Sendable {
  private enum Mode: Sendable {
    case recording(@Sendable () throws -> any Outside)
    case replaying([Digest: Exchange])
  }

  private let store: any Store
  private let mode: Mode
  private let checkCancelled: @Sendable () throws -> Void
  private let used = Mutex<[Digest: Exchange]>([:])

  /// Records.
  ///
  /// - Parameter outside: makes what is asked; called only where something is, and throws where it
  ///   may not be.
  package init(
    asking outside: @escaping @Sendable () throws -> any Outside, store: any Store,
    checkCancelled: @escaping @Sendable () throws -> Void = {}
  ) {
    self.store = store
    self.checkCancelled = checkCancelled
    mode = .recording(outside)
  }

  /// Replays.
  package init(
    replaying record: ExchangeRecord, store: any Store,
    checkCancelled: @escaping @Sendable () throws -> Void = {}
  ) {
    self.store = store
    self.checkCancelled = checkCancelled
    mode = .replaying(
      Dictionary(record.exchanges.map { ($0.request.digest, $0) }, uniquingKeysWith: { a, _ in a }))
  }

  /// The response to a canonical request, which never holds an address or a key.
  package func response(to request: JSON) throws -> [UInt8] {
    let bytes = request.canonicalBytes
    let digest = Digest(of: bytes)
    switch mode {
    case .replaying(let exchanges):
      guard let exchange = exchanges[digest] else {
        throw notRecorded(request, in: exchanges.values.map(\.request))
      }
      guard let response = try store.bytes(exchange.response.digest) else {
        throw Problem(
          .environment, "missing-blob",
          "the recorded response \(exchange.response.digest) is missing")
      }
      used.withLock { $0[digest] = exchange }
      return response
    case .recording(let outside):
      // What this step was told once stays, whatever happens to the store meanwhile.
      if let exchange = used.withLock({ $0[digest] }),
        let response = try store.bytes(exchange.response.digest)
      {
        return response
      }
      let lease = try store.lease(digest) { try checkCancelled() }
      defer { lease.release() }
      if let (exchange, response) = try known(digest, size: bytes.count) {
        try store.put(bytes)
        used.withLock { $0[digest] = exchange }
        return response
      }
      try checkCancelled()
      let (exchange, response) = try ask(request, bytes, of: try outside())
      used.withLock { $0[digest] = exchange }
      return response
    }
  }

  /// Asks, and keeps the exchange durably.
  private func ask(
    _ request: JSON, _ bytes: [UInt8], of outside: any Outside
  ) throws -> (Exchange, [UInt8]) {
    for secret in outside.secrets { try secret.check(bytes, "a request") }
    let response = try outside.ask(request, checkCancelled: checkCancelled)
    for secret in outside.secrets { try secret.check(response, "a response") }
    let exchange = Exchange(
      request: Artifact(kind: .file, digest: try store.put(bytes), size: Int64(bytes.count)),
      response: Artifact(
        kind: .file, digest: try store.put(response), size: Int64(response.count)))
    // A result, not a fact: it was paid for, and must outlive the store's index.
    try store.keep(
      ActionResult(outputs: [ExchangeRecorder.output: exchange.response]),
      for: exchange.request.digest)
    try store.commit()
    return (exchange, response)
  }

  /// Puts the record of every exchange that was used.
  ///
  /// - Returns: the digest of the document.
  package func finish() throws -> Digest {
    let record = ExchangeRecord(used.withLock { Array($0.values) })
    return try store.put(record.document.canonicalBytes)
  }

  /// The name under which a response is the result of its request.
  private static let output = "response"

  private func known(_ request: Digest, size: Int) throws -> (Exchange, [UInt8])? {
    guard
      let response = try store.result(for: request)?.outputs[ExchangeRecorder.output],
      let bytes = try store.bytes(response.digest)
    else { return nil }
    let artifact = Artifact(kind: .file, digest: request, size: Int64(size))
    return (Exchange(request: artifact, response: response), bytes)
  }

  private func notRecorded(_ request: JSON, in recorded: [Artifact]) -> Problem {
    let asked = Digest(of: request).short
    var nearest = NearestRequest(to: request)
    for artifact in recorded.sorted(by: { $0.digest < $1.digest }) {
      guard let bytes = try? store.bytes(artifact.digest), let other = try? JSON(parsing: bytes)
      else { continue }
      nearest.consider(other, digest: artifact.digest)
    }
    return Problem(
      .environment, "not-recorded",
      "the step asks for something that is not in its recording (request \(asked)): "
        + nearest.text,
      hint: "its inputs, prompts or parameters are other ones than when it was recorded")
  }
}
