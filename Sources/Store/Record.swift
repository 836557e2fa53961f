internal import Digests

/// The header of one record in a pack: what the record is, and how its content is stored.
///
/// 56 bytes, numbers little-endian, followed by `storedSize` bytes:
///
///     0  4  the letters LREC
///     4  1  kind
///     5  1  compression: 0 none, 1 zstd
///     6  2  zero
///     8  4  size of the content
///    12  4  size of the content as stored
///    16 32  SHA-256 of the content
///    48  8  the first bytes of the SHA-256 of the 48 bytes before and the pack's id
///
/// The id is the random name of the pack, so that bytes which somebody put into a blob never pass for a
/// record when a damaged pack is searched for what is whole.
struct Record: Hashable, Sendable {
  /// What a record holds. Readers step over kinds that they do not know.
  struct Kind: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt8

    /// A small blob whole, or one piece of a large blob.
    static let content = Kind(rawValue: 1)
    /// The pieces of a large blob, a `PieceList`.
    static let list = Kind(rawValue: 2)
    /// What an action gave, with its key: a `ResultDocument`.
    static let result = Kind(rawValue: 3)
  }

  static let headerSize = 56
  /// Larger than any record that is written; a header that asks for more is damaged.
  static let largestContent = 1 << 30
  private static let magic: [UInt8] = Array("LREC".utf8)
  private static let checkedSize = 48

  var kind: Kind
  var isCompressed: Bool
  /// Of the uncompressed content.
  var digest: Digest
  /// Of the uncompressed content, in bytes.
  var size: Int
  var storedSize: Int

  init(kind: Kind, isCompressed: Bool, digest: Digest, size: Int, storedSize: Int) {
    self.kind = kind
    self.isCompressed = isCompressed
    self.digest = digest
    self.size = size
    self.storedSize = storedSize
  }

  /// Reads a header; nil where the bytes are none, were damaged or belong to another pack.
  init?(_ bytes: some Collection<UInt8>, pack id: String) {
    let header = Array(bytes.prefix(Record.headerSize))
    guard header.count == Record.headerSize, header.starts(with: Record.magic),
      header[48...].elementsEqual(Record.check(header[..<Record.checkedSize], id)),
      header[5] <= 1, let digest = Digest(bytes: header[16..<48])
    else { return nil }
    kind = Kind(rawValue: header[4])
    isCompressed = header[5] == 1
    size = Int(LittleEndian.read(4, from: header, at: 8))
    storedSize = Int(LittleEndian.read(4, from: header, at: 12))
    self.digest = digest
    guard size <= Record.largestContent, storedSize <= Record.largestContent else { return nil }
  }

  private static func check(_ bytes: some Collection<UInt8>, _ id: String) -> ArraySlice<UInt8> {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    hasher.update(id.utf8)
    return hasher.finish().bytes.prefix(8)
  }

  /// The header's 56 bytes in the pack of that id.
  func header(pack id: String) -> [UInt8] {
    var bytes = Record.magic
    bytes.reserveCapacity(Record.headerSize)
    bytes += [kind.rawValue, isCompressed ? 1 : 0, 0, 0]
    LittleEndian.append(UInt64(size), bytes: 4, to: &bytes)
    LittleEndian.append(UInt64(storedSize), bytes: 4, to: &bytes)
    bytes += digest.bytes
    bytes += Record.check(bytes, id)
    return bytes
  }

  /// The offset of the next place after `start` that may be a header, or nil.
  static func nextMagic(in bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count >= magic.count, start <= bytes.count - magic.count else { return nil }
    for offset in start...(bytes.count - magic.count)
    where bytes[offset] == magic[0] && bytes[offset + 1] == magic[1]
      && bytes[offset + 2] == magic[2] && bytes[offset + 3] == magic[3]
    {
      return offset
    }
    return nil
  }
}
