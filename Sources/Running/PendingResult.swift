package import Digests
internal import Documents
package import Store

/// A result that was refused because an earlier one of the same action differs, kept until somebody
/// takes it by `larder accept`.
package enum PendingResult {
  private static func fact(_ key: Digest) -> String { "pending:\(key.hex)" }

  static func keep(_ result: ActionResult, for key: Digest, in store: any Store) throws {
    var parts: [String: JSON] = [
      "outputs": .object(result.outputs.mapValues(\.record)),
      "sandboxed": .bool(result.isSandboxed), "seconds": .finite(result.seconds),
      "peak_memory": .integer(result.peakMemory),
    ]
    parts["log"] = result.log.map { .digest($0) }
    parts["machine"] = result.machine.map { .digest($0) }
    try store.setFact(fact(key), .object(parts))
  }

  /// The result that waits for an action, or nil.
  package static func find(for key: Digest, in store: any Store) throws -> ActionResult? {
    guard let document = try store.fact(fact(key)), let listed = document["outputs"]?.object else {
      return nil
    }
    let outputs = listed.compactMapValues { Artifact(record: $0) }
    guard outputs.count == listed.count else { return nil }
    return ActionResult(
      outputs: outputs, log: document["log"]?.digest,
      isSandboxed: document["sandboxed"]?.bool ?? false, machine: document["machine"]?.digest,
      seconds: document["seconds"]?.number ?? 0,
      peakMemory: document["peak_memory"]?.integer ?? 0)
  }

  /// Makes the waiting result the one that runs use; the earlier one stays in the history.
  package static func accept(
    _ result: ActionResult, for key: Digest, in store: any Store
  ) throws {
    try store.keep(result, for: key)
    try store.setFact(fact(key), .null)
    try store.commit()
  }
}
