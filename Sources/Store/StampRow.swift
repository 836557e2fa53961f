internal import Digests
internal import Files

/// A file's stamp and the artifact that it was found to be, as the index keeps them.
struct StampRow: Hashable, Sendable {
  var stamp: FileStamp
  var artifact: Artifact

  init(stamp: FileStamp, artifact: Artifact) {
    self.stamp = stamp
    self.artifact = artifact
  }

  /// Five numbers of 8 bytes, the kind as one byte, the digest, the artifact's size.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for number in [
      stamp.device, stamp.inode, UInt64(bitPattern: stamp.size),
      UInt64(bitPattern: stamp.modified), UInt64(bitPattern: stamp.changed),
    ] {
      LittleEndian.append(number, bytes: 8, to: &bytes)
    }
    bytes.append(artifact.kind == .file ? 0 : 1)
    bytes += artifact.digest.bytes
    LittleEndian.append(UInt64(bitPattern: artifact.size), bytes: 8, to: &bytes)
    return bytes
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count == 81, bytes[40] <= 1, let digest = Digest(bytes: bytes[41..<73]) else {
      return nil
    }
    let numbers = (0..<5).map { LittleEndian.read(8, from: bytes, at: 8 * $0) }
    stamp = FileStamp(
      device: numbers[0], inode: numbers[1], size: Int64(bitPattern: numbers[2]),
      modified: Int64(bitPattern: numbers[3]), changed: Int64(bitPattern: numbers[4]))
    artifact = Artifact(
      kind: bytes[40] == 0 ? .file : .folder, digest: digest,
      size: Int64(bitPattern: LittleEndian.read(8, from: bytes, at: 73)))
  }
}
