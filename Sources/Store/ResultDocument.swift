internal import Digests
internal import Documents

/// An action result as packs and index keep it: canonical JSON with the key and the time of keeping,
/// so that the index can be made again from packs alone and the newest result of a key wins.
struct ResultDocument: Hashable, Sendable {
  static let format: JSON = "result/1"

  var key: Digest
  /// When it was kept, in nanoseconds since 1970.
  var kept: Int64
  var result: ActionResult

  init(key: Digest, kept: Int64, result: ActionResult) {
    self.key = key
    self.kept = kept
    self.result = result
  }

  var bytes: [UInt8] {
    var members: [String: JSON] = [
      "kept": .integer(kept), "key": .digest(key), "larder": ResultDocument.format,
      "outputs": .object(result.outputs.mapValues(\.record)),
      "peak-memory": .integer(result.peakMemory),
      "sandboxed": .bool(result.isSandboxed), "seconds": .finite(result.seconds),
    ]
    members["log"] = result.log.map { .digest($0) }
    members["recording"] = result.recording.map { .digest($0) }
    members["machine"] = result.machine.map { .digest($0) }
    return JSON.object(members).canonicalBytes
  }

  /// Reads the document; nil where it is none of this format.
  init?(_ bytes: [UInt8]) {
    guard let document = try? JSON(parsing: bytes), document["larder"] == ResultDocument.format,
      let key = document["key"]?.digest, let kept = document["kept"]?.integer,
      let listed = document["outputs"]?.object
    else { return nil }
    var outputs: [String: Artifact] = [:]
    for (name, output) in listed {
      guard let artifact = Artifact(record: output) else { return nil }
      outputs[name] = artifact
    }
    self.key = key
    self.kept = kept
    result = ActionResult(
      outputs: outputs, log: document["log"]?.digest,
      isSandboxed: document["sandboxed"]?.bool ?? false,
      recording: document["recording"]?.digest, machine: document["machine"]?.digest,
      seconds: document["seconds"]?.number ?? 0,
      peakMemory: document["peak-memory"]?.integer ?? 0)
  }
}
