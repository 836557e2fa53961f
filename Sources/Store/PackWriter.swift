internal import Digests
internal import Files
internal import Problems
internal import SystemPackage

/// The end of the pack that this process writes: what is appended waits in memory until there is
/// enough of it, or until a commit.
///
/// Not safe for several threads: its owner locks.
struct PackWriter {
  /// How many bytes wait in memory before they are written.
  private static let bufferSize = 1 << 20

  let pack: PackFile
  /// No other process appends to the pack while this is held.
  private let lock: FileLock
  /// Where `buffer` begins in the pack.
  private(set) var start: Int64
  private var buffer: [UInt8] = []
  /// Up to where the pack is durable and in the index.
  var committed: Int64

  private init(_ pack: PackFile, _ lock: FileLock, start: Int64) {
    self.pack = pack
    self.lock = lock
    self.start = start
    committed = start
  }

  /// Where the next record begins.
  var end: Int64 { start + Int64(buffer.count) }

  /// Goes on with a pack that is not full, where nobody writes to it; otherwise begins a new one.
  ///
  /// - Parameter known: the packs and up to where they are in the index.
  static func open(in folder: FilePath, known: [String: Int64]) throws(Problem) -> PackWriter {
    for (id, length) in known.sorted(by: { $0.key < $1.key })
    where length >= Int64(PackFile.header.count) && length < PackFile.fullSize {
      guard
        let lock = try FileLock.take(PackFile.path(id, in: folder), creating: false)
      else { continue }
      let pack = try PackFile.open(id, in: folder, writable: true)
      // Another length means that somebody wrote since: what he wrote is for the next opening.
      if try pack.size() == length, try pack.hasHeader() {
        return PackWriter(pack, lock, start: length)
      }
    }
    while true {
      let pack = try PackFile.create(in: folder)
      guard let lock = try FileLock.take(pack.path, creating: false) else { continue }
      var writer = PackWriter(pack, lock, start: 0)
      writer.buffer = PackFile.header
      return writer
    }
  }

  /// Whether the pack is to be followed by a new one.
  var isFull: Bool { end >= PackFile.fullSize }

  /// Appends a record.
  ///
  /// - Returns: the offset of its header.
  /// - Throws: where the disk is full; then the record was not taken, and it can be tried again.
  mutating func append(_ record: Record, _ stored: UnsafeRawBufferPointer) throws(Problem) -> Int64
  {
    if buffer.count >= PackWriter.bufferSize { try flush() }
    let offset = end
    buffer += record.header(pack: pack.id)
    buffer += stored
    return offset
  }

  /// Writes what waits in memory. After an error all of it still waits, and is written again at the
  /// same place.
  mutating func flush() throws(Problem) {
    guard !buffer.isEmpty else { return }
    try pack.write(buffer, at: start)
    start = end
    buffer.removeAll(keepingCapacity: true)
  }

  /// The record at an offset from memory, or nil where it has been written.
  func waiting(at offset: Int64, storedSize: Int) -> [UInt8]? {
    guard offset >= start, offset + Int64(Record.headerSize + storedSize) <= end else { return nil }
    let first = Int(offset - start)
    return Array(buffer[first..<first + Record.headerSize + storedSize])
  }
}
