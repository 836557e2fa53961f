internal import Digests

/// An action result as the index keeps it: what `ResultDocument` says, in a form that is read in a
/// microsecond, since a run asks for thousands.
///
/// Numbers little-endian: flags (1: bit 0 sandboxed, bit 1 log, bit 2 recording, bit 3 machine), seconds as
/// the bits of a double (8), peak memory (8), log, recording and machine where there are (32 each),
/// then for each output the length of its name (4), the name, its kind (1: 0 file, 1 folder), digest
/// (32) and size (8).
enum ResultRow {
  static func bytes(_ result: ActionResult) -> [UInt8] {
    var bytes: [UInt8] = [
      (result.isSandboxed ? 1 : 0) | (result.log == nil ? 0 : 2)
        | (result.recording == nil ? 0 : 4) | (result.machine == nil ? 0 : 8)
    ]
    LittleEndian.append(result.seconds.bitPattern, bytes: 8, to: &bytes)
    LittleEndian.append(UInt64(bitPattern: result.peakMemory), bytes: 8, to: &bytes)
    for digest in [result.log, result.recording, result.machine].compactMap(\.self) {
      bytes += digest.bytes
    }
    for (name, artifact) in result.outputs {
      LittleEndian.append(UInt64(name.utf8.count), bytes: 4, to: &bytes)
      bytes += name.utf8
      bytes.append(artifact.kind == .file ? 0 : 1)
      bytes += artifact.digest.bytes
      LittleEndian.append(UInt64(bitPattern: artifact.size), bytes: 8, to: &bytes)
    }
    return bytes
  }

  /// The result; nil where the bytes are none.
  static func result(_ bytes: [UInt8]) -> ActionResult? {
    var reader = Reader(bytes: bytes)
    guard let flags = reader.number(1), flags < 16, let seconds = reader.number(8),
      let memory = reader.number(8)
    else { return nil }
    var result = ActionResult(
      outputs: [:], isSandboxed: flags & 1 != 0, seconds: Double(bitPattern: seconds),
      peakMemory: Int64(bitPattern: memory))
    if flags & 2 != 0 {
      guard let log = reader.digest() else { return nil }
      result.log = log
    }
    if flags & 4 != 0 {
      guard let recording = reader.digest() else { return nil }
      result.recording = recording
    }
    if flags & 8 != 0 {
      guard let machine = reader.digest() else { return nil }
      result.machine = machine
    }
    while reader.position < bytes.count {
      guard let length = reader.number(4), let name = reader.text(Int(length)),
        let kind = reader.number(1), kind <= 1, let digest = reader.digest(),
        let size = reader.number(8)
      else { return nil }
      result.outputs[name] = Artifact(
        kind: kind == 0 ? .file : .folder, digest: digest, size: Int64(bitPattern: size))
    }
    return result
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    mutating func number(_ count: Int) -> UInt64? {
      guard bytes.count - position >= count else { return nil }
      defer { position += count }
      return LittleEndian.read(count, from: bytes, at: position)
    }

    mutating func digest() -> Digest? {
      guard bytes.count - position >= 32 else { return nil }
      defer { position += 32 }
      return Digest(bytes: bytes[position..<position + 32])
    }

    mutating func text(_ count: Int) -> String? {
      guard bytes.count - position >= count else { return nil }
      defer { position += count }
      return String(validating: bytes[position..<position + count], as: UTF8.self)
    }
  }
}
