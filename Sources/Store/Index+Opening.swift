internal import Digests
internal import Files
internal import Foundation
internal import GRDB
internal import Problems
internal import SystemPackage

/// How the index is opened, and made anew from the packs.
extension Index {
  /// Opens the index of a store; a missing one, or one of an older schema, is made from the packs.
  ///
  /// - Parameters:
  ///   - folder: of the store.
  ///   - packs: the folder of its packs.
  ///   - writable: otherwise nothing is changed, and an index that would have to be made is made in
  ///     memory.
  static func open(in folder: FilePath, packs: FilePath, writable: Bool) throws -> Index {
    let path = folder.appending("index.sqlite")
    if let index = try openPresent(path, writable: writable) { return index }
    guard writable else {
      let queue = try DatabaseQueue()
      try fill(queue, from: packs, durably: false)
      return Index(path, reading: queue, isWritable: false)
    }
    // One process makes it; the others wait and then open what it made.
    let lock = try FileLock.take(folder.appending("index.lock"), waiting: true)
    defer { lock?.release() }
    if let index = try openPresent(path, writable: true) { return index }
    try rebuild(path, from: packs)
    guard let index = try openPresent(path, writable: true) else {
      throw Problem(
        .fault, "index", "cannot open the index \(path): it was just made and is not there")
    }
    return index
  }

  /// The index that is there, or nil where there is none of the present schema.
  private static func openPresent(_ path: FilePath, writable: Bool) throws -> Index? {
    guard Files.exists(path) else { return nil }
    do {
      let queue = try DatabaseQueue(
        path: path.string, configuration: configuration(writable: writable))
      let version = try queue.unsafeRead { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
      if version > schemaVersion {
        throw Problem(
          .environment, "store-newer",
          "cannot open the index \(path): a newer Larder made it (schema \(version))",
          hint: "update Larder")
      }
      guard version == schemaVersion else {
        try queue.close()
        return nil
      }
      return Index(path, reading: queue, isWritable: writable)
    } catch { throw problem("open", path, error) }
  }

  private static func rebuild(_ path: FilePath, from packs: FilePath) throws {
    let temporary = FilePath(path.string + ".new")
    for name in [temporary.string, temporary.string + "-wal", temporary.string + "-shm"] {
      try Files.remove(FilePath(name))
    }
    do {
      let queue = try DatabaseQueue(path: temporary.string)
      try fill(queue, from: packs, durably: true)
      try queue.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
      try queue.close()
    } catch {
      try? Files.remove(temporary)
      throw problem("make", path, error)
    }
    // A log that an index left when it was removed belongs to no other index.
    try Files.remove(FilePath(path.string + "-wal"))
    try Files.remove(FilePath(path.string + "-shm"))
    try Files.rename(temporary, to: path)
    try Files.syncFolder(path.removingLastComponent())
  }

  /// Enters everything that the packs hold.
  private static func fill(_ queue: DatabaseQueue, from folder: FilePath, durably: Bool) throws {
    try queue.inDatabase { database in
      try makeTables(database)
      guard Files.exists(folder) else { return }
      for id in try PackFile.ids(in: folder) {
        let pack = try PackFile.open(id, in: folder, writable: false)
        // What a living process has written but not yet synced is made durable before it is entered.
        if durably { try pack.sync() }
        try database.inTransaction {
          let (batch, end) = try batch(of: pack, from: 0)
          try add(batch, lengths: [id: end], to: database)
          return .commit
        }
      }
    }
  }

  /// Everything in a pack from an offset on, and where it ends.
  static func batch(of pack: PackFile, from start: Int64) throws -> (batch: Batch, end: Int64) {
    var batch = Batch()
    let end = try pack.scan(from: max(start, Int64(PackFile.header.count))) { found in
      let record = found.record
      switch record.kind {
      case .content:
        batch.places[record.digest] = Place(
          pack: pack.id, offset: found.offset, storedSize: record.storedSize,
          size: Int64(record.size), isList: false)
      case .list:
        guard let list = PieceList(found.content) else { return }
        batch.places[list.whole] = Place(
          pack: pack.id, offset: found.offset, storedSize: record.storedSize, size: list.size,
          isList: true)
      case .result:
        guard let document = ResultDocument(found.content) else { return }
        if let other = batch.results[document.key], other.kept > document.kept { return }
        batch.results[document.key] = document
      default: break
      }
    }
    return (batch, end)
  }
}
