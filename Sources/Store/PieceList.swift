internal import Digests

/// The pieces that make up a large blob, in order.
///
/// Its bytes: the digest of the whole (32), its size (8, little-endian), then for each piece its
/// digest (32) and size (4).
struct PieceList: Hashable, Sendable {
  struct Piece: Hashable, Sendable {
    var digest: Digest
    var size: Int
  }

  /// How large a piece is; a blob up to this size is one record. Only the writer cuts by it: readers
  /// take pieces of any size.
  static let pieceSize = 4 << 20

  var whole: Digest
  /// Of the whole, in bytes.
  var size: Int64
  var pieces: [Piece]

  init(whole: Digest, size: Int64, pieces: [Piece]) {
    self.whole = whole
    self.size = size
    self.pieces = pieces
  }

  /// Reads a list; nil where the bytes are none, or the pieces do not add up to the whole.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 40, (bytes.count - 40) % 36 == 0, let whole = Digest(bytes: bytes[..<32])
    else { return nil }
    self.whole = whole
    size = Int64(bitPattern: LittleEndian.read(8, from: bytes, at: 32))
    pieces = []
    pieces.reserveCapacity((bytes.count - 40) / 36)
    for offset in stride(from: 40, to: bytes.count, by: 36) {
      guard let digest = Digest(bytes: bytes[offset..<offset + 32]) else { return nil }
      let size = Int(LittleEndian.read(4, from: bytes, at: offset + 32))
      pieces.append(Piece(digest: digest, size: size))
    }
    guard pieces.reduce(Int64(0), { $0 + Int64($1.size) }) == size else { return nil }
  }

  var bytes: [UInt8] {
    var bytes = whole.bytes
    bytes.reserveCapacity(40 + 36 * pieces.count)
    LittleEndian.append(UInt64(bitPattern: size), bytes: 8, to: &bytes)
    for piece in pieces {
      bytes += piece.digest.bytes
      LittleEndian.append(UInt64(piece.size), bytes: 4, to: &bytes)
    }
    return bytes
  }
}
