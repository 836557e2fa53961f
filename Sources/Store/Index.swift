internal import Digests
internal import Files
internal import Foundation
internal import GRDB
internal import Problems
internal import Synchronization
internal import SystemPackage

/// The embedded database `cache/index.sqlite`: where in the packs each blob is, and what can be looked
/// up without them.
///
/// Everything in it but stamps, facts and copies, which can be made again, comes from the packs.
/// GRDB serialises the calls on each connection; reading has one of its own, so that it does not wait
/// for a commit.
final class Index: Sendable {
  /// Where the record of a blob is.
  struct Place: Hashable, Sendable {
    /// The id of the pack.
    var pack: String
    var offset: Int64
    var storedSize: Int
    /// Of the blob, in bytes.
    var size: Int64
    var isList: Bool
    /// Whether a read found it damaged: then it counts as missing, and is replaced when it is put.
    var isDamaged = false
  }

  /// What one commit adds.
  struct Batch {
    var places: [Digest: Place] = [:]
    var results: [Digest: ResultDocument] = [:]
    var stamps: [String: StampRow] = [:]
    var facts: [String: [UInt8]] = [:]
    var copies: [String: Digest] = [:]
    /// Tree objects whose every part is here.
    var whole: Set<Digest> = []

    var isEmpty: Bool {
      places.isEmpty && results.isEmpty && stamps.isEmpty && facts.isEmpty && copies.isEmpty
        && whole.isEmpty
    }
  }

  /// Counted up with every change of the tables; an older index is made anew from the packs.
  static let schemaVersion = 2
  /// How many values one query names.
  static let queryWidth = 512

  let path: FilePath
  let reading: DatabaseQueue
  private let isWritable: Bool
  private let written = Mutex<DatabaseQueue?>(nil)

  init(_ path: FilePath, reading: DatabaseQueue, isWritable: Bool) {
    self.path = path
    self.reading = reading
    self.isWritable = isWritable
  }

  // MARK: Connections

  static func configuration(writable: Bool) -> Configuration {
    var configuration = Configuration()
    configuration.readonly = !writable
    configuration.foreignKeysEnabled = false
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { database in
      if writable { try database.execute(sql: "PRAGMA synchronous = FULL") }
    }
    return configuration
  }

  func read<Value>(_ work: (Database) throws -> Value) throws -> Value {
    do { return try reading.unsafeRead(work) } catch { throw problem("read", error) }
  }

  /// Runs one transaction; nothing of it stays when it throws.
  func write(_ work: (Database) throws -> Void) throws {
    guard isWritable else {
      throw Problem(.environment, "read-only", "cannot change \(path): it was opened for reading")
    }
    do {
      let queue = try written.withLock { queue in
        if let queue { return queue }
        let opened = try DatabaseQueue(
          path: path.string, configuration: Index.configuration(writable: true))
        queue = opened
        return opened
      }
      try queue.writeWithoutTransaction { database in
        try database.inTransaction(.immediate) {
          try work(database)
          return .commit
        }
      }
    } catch { throw problem("write", error) }
  }

  private func problem(_ doing: String, _ error: any Error) -> any Error {
    Index.problem(doing, path, error)
  }

  static let damageHint = "remove it: the next command makes it again from the packs"

  /// What SQLite answered, in words.
  static func problem(_ doing: String, _ path: FilePath, _ error: any Error) -> any Error {
    if error is RowDecodingError { return damaged("a row", path) }
    guard let error = error as? DatabaseError else { return error }
    let found = error.message ?? String(describing: error.resultCode)
    let message = "cannot \(doing) the index \(path): \(found)"
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return Problem(
        .environment, "index-locked", message,
        hint: "another program holds it open: end that program, then run the command again")
    // An ordinary error means tables that are not as they were made: every statement here is right.
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_MISMATCH, .SQLITE_CONSTRAINT:
      return Problem(
        .damage, "index-damaged", message,
        hint: damageHint)
    case .SQLITE_FULL:
      return Problem.file("cannot \(doing) the index", path, Errno.noSpace)
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
      return Problem(
        .environment, "index-unwritable", message,
        hint: "check who owns the folder of the store and its access rights")
    default:
      return Problem(
        .environment, "index", message,
        hint: "check the free space and the health of its file system")
    }
  }

  func damaged(_ what: String) -> Problem { Index.damaged(what, path) }

  private static func damaged(_ what: String, _ path: FilePath) -> Problem {
    Problem(
      .damage, "index-damaged", "cannot read \(what) from the index \(path): it is damaged",
      hint: damageHint)
  }

  // MARK: Schema

  static func makeTables(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE packs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, length INTEGER NOT NULL);
        CREATE TABLE blobs (
          digest BLOB PRIMARY KEY, pack INTEGER NOT NULL, offset INTEGER NOT NULL,
          stored INTEGER NOT NULL, size INTEGER NOT NULL, list INTEGER NOT NULL,
          damaged INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE results (key BLOB PRIMARY KEY, kept INTEGER NOT NULL, value BLOB NOT NULL);
        CREATE TABLE stamps (path TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE copies (name TEXT PRIMARY KEY, evidence BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE whole (digest BLOB PRIMARY KEY) WITHOUT ROWID;
        PRAGMA user_version = \(schemaVersion);
        """)
  }
}

extension Digest {
  /// As the database keeps it.
  var data: Data { Data(bytes) }

  /// Reads what the database keeps.
  init?(_ row: Row, at column: Int) {
    guard let bytes = try? row.bytes(at: column) else { return nil }
    self.init(bytes: bytes)
  }
}

extension Row {
  /// The bytes of a column, as an array: a step through `Data` costs many times more.
  func bytes(at column: Int) throws -> [UInt8]? {
    try withUnsafeData(atIndex: column) { $0.map { [UInt8]($0) } }
  }
}
