internal import BlockingWork
package import Digests
internal import Files
internal import Glibc
internal import Problems
internal import Synchronization
package import SystemPackage

/// Keeping blobs: small ones as one record, large ones in pieces that are compressed on a few threads.
extension DiskStore {
  @discardableResult
  package func put(_ bytes: [UInt8]) throws -> Digest {
    guard bytes.count > PieceList.pieceSize else {
      let digest = Digest(of: bytes)
      try bytes.withUnsafeBytes { try putContent($0, digest) }
      return digest
    }
    let source = PieceSource { buffer, offset in
      let piece = bytes[offset..<min(bytes.count, offset + buffer.count)]
      buffer.copyBytes(from: piece)
      return piece.count
    }
    return try putPieces(source).whole
  }

  package func putFile(_ path: FilePath) throws -> Artifact {
    do {
      // A pipe would block an open that waits.
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
      return try file.closeAfter {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
          throw Problem(.user, "not-a-file", "cannot keep \(path): it is not a file")
        }
        let source = PieceSource { buffer, offset in
          var filled = 0
          while filled < buffer.count {
            let count = try file.read(
              fromAbsoluteOffset: Int64(offset + filled),
              into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            if count == 0 { break }
            filled += count
          }
          return filled
        }
        if status.st_size <= PieceList.pieceSize, let artifact = try putSmall(source, status) {
          return artifact
        }
        let list = try putPieces(source)
        return Artifact(kind: .file, digest: list.whole, size: list.size)
      }
    } catch let error as Errno {
      throw Problem.file("cannot read", path, error)
    }
  }

  package func putFolder(_ path: FilePath) throws -> Artifact {
    let artifact = try putTree(of: path)
    if isWritable { try journal.note { $0.whole.insert(artifact.digest) } }
    return artifact
  }

  /// Keeps a file that is expected to fit one record; nil where it turns out longer.
  private func putSmall(_ source: PieceSource, _ status: stat) throws -> Artifact? {
    // One byte more than there should be shows that the file has grown.
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
    let count = try bytes.withUnsafeMutableBytes { try source.read($0, 0) }
    if count > PieceList.pieceSize || count == bytes.count { return nil }
    return try bytes.withUnsafeBytes { buffer in
      let content = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      let digest = Digest(of: content)
      try putContent(content, digest)
      return Artifact(kind: .file, digest: digest, size: Int64(count))
    }
  }

  private func putPieces(_ source: PieceSource) throws -> PieceList {
    let cutter = PieceCutter(source)
    try ParallelWork.perform(ParallelWork.width) { _ in
      var buffer = [UInt8](repeating: 0, count: PieceList.pieceSize)
      do {
        while let (index, count) = try buffer.withUnsafeMutableBytes({ try cutter.next(into: $0) })
        {
          try buffer.withUnsafeBytes { buffer in
            let content = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let digest = Digest(of: content)
            try putContent(content, digest)
            cutter.note(PieceList.Piece(digest: digest, size: count), at: index)
          }
        }
      } catch {
        cutter.stop()
        throw error
      }
    }
    let list = cutter.list
    // A file that shrank to one piece while it was read needs no list.
    if list.pieces.count > 1 { try putList(list) }
    return list
  }

  private func putContent(_ content: UnsafeRawBufferPointer, _ digest: Digest) throws {
    guard try !isKnown(digest) else { return }
    try checkWritable()
    let compressed = try Codec.lend { try $0.compressed(content) }
    let record = Record(
      kind: .content, isCompressed: compressed != nil, digest: digest, size: content.count,
      storedSize: compressed?.count ?? content.count)
    try withStored(compressed, content) { stored in
      try journal.append(record, stored, unless: { $0.places[digest] != nil }) {
        $0.places[digest] = $1
      }
    }
  }

  private func putList(_ list: PieceList) throws {
    guard try !isKnown(list.whole) else { return }
    try checkWritable()
    let content = list.bytes
    let record = Record(
      kind: .list, isCompressed: false, digest: Digest(of: content), size: content.count,
      storedSize: content.count)
    try content.withUnsafeBytes { stored in
      try journal.append(record, stored, unless: { $0.places[list.whole] != nil }) { batch, place in
        var place = place
        place.size = list.size
        place.isList = true
        batch.places[list.whole] = place
      }
    }
  }
}
