internal import Digests
internal import Documents
internal import Files
internal import Foundation
internal import GRDB
internal import Problems
internal import SystemPackage

/// What is looked up in the index.
extension Index {
  /// The records of some blobs.
  func places(_ digests: some Collection<Digest>) throws -> [Digest: Place] {
    try lookUp(
      """
      SELECT digest, packs.name, offset, stored, size, list, damaged
      FROM blobs JOIN packs ON packs.id = blobs.pack WHERE digest
      """, digests
    ) { row in
      let place = Place(
        pack: try row.decode(atIndex: 1), offset: try row.decode(atIndex: 2),
        storedSize: try row.decode(atIndex: 3), size: try row.decode(atIndex: 4),
        isList: try row.decode(atIndex: 5), isDamaged: try row.decode(atIndex: 6))
      // A changed bit must not become a read of terabytes.
      guard place.offset >= 0, place.size >= 0, 0...Record.largestContent ~= place.storedSize
      else { throw damaged("the place of a blob") }
      return place
    }
  }

  /// The results of some keys.
  func results(_ keys: some Collection<Digest>) throws -> [Digest: ActionResult] {
    try lookUp("SELECT key, value FROM results WHERE key", keys) { row in
      // Not a miss: a recorded step that ran again would ask the outside world again.
      guard let key = Digest(row, at: 0), let sealed = try row.bytes(at: 1),
        let bytes = SealedValue.open(sealed, for: key.bytes), let result = ResultRow.result(bytes)
      else { throw damaged("the result of an action") }
      return result
    }
  }

  /// Those of some tree objects whose every part is known to be here.
  func whole(_ trees: some Collection<Digest>) throws -> Set<Digest> {
    Set(try lookUp("SELECT digest FROM whole WHERE digest", trees) { _ in true }.keys)
  }

  /// Asks for many digests, a fixed number at a time so that the statement is prepared once; the last
  /// query repeats a digest to be full.
  private func lookUp<Value>(
    _ question: String, _ digests: some Collection<Digest>, _ value: (Row) throws -> Value?
  ) throws -> [Digest: Value] {
    var found: [Digest: Value] = [:]
    guard !digests.isEmpty else { return found }
    try read { database in
      var rest = Array(digests)[...]
      while let last = rest.last {
        let width = rest.count == 1 ? 1 : rest.count <= 16 ? 16 : Index.queryWidth
        var asked = Array(rest.prefix(width))
        rest = rest.dropFirst(width)
        while asked.count < width { asked.append(last) }
        let marks = width == 1 ? " = ?" : Index.marks[width] ?? ""
        let statement = try database.cachedStatement(sql: question + marks)
        let rows = try Row.fetchCursor(
          statement, arguments: StatementArguments(asked.map(\.data)))
        while let row = try rows.next() {
          if let digest = Digest(row, at: 0), let value = try value(row) { found[digest] = value }
        }
      }
    }
    return found
  }

  private static let marks: [Int: String] = Dictionary(
    uniqueKeysWithValues: [16, queryWidth].map { width in
      (width, " IN (" + Array(repeating: "?", count: width).joined(separator: ",") + ")")
    })

  func artifact(of path: FilePath, stamp: FileStamp) throws -> Artifact? {
    let name = path.string
    let row = try value("SELECT value FROM stamps WHERE path = ?", name).flatMap { StampRow($0) }
    return row?.stamp == stamp ? row?.artifact : nil
  }

  func fact(_ name: String) throws -> JSON? {
    try value("SELECT value FROM facts WHERE name = ?", name).flatMap { try? JSON(parsing: $0) }
  }

  /// A sealed value; a damaged one counts as none, since all that is kept so can be made again.
  private func value(_ question: String, _ name: String) throws -> [UInt8]? {
    try read { database in
      let statement = try database.cachedStatement(sql: question)
      let sealed = try Data.fetchOne(statement, arguments: [name])
      return sealed.flatMap { SealedValue.open([UInt8]($0), for: Array(name.utf8)) }
    }
  }

  /// What was remembered of a plain copy.
  func evidence(_ copy: String) throws -> Digest? {
    try read { database in
      let statement = try database.cachedStatement(
        sql: "SELECT evidence FROM copies WHERE name = ?")
      return try Data.fetchOne(statement, arguments: [copy]).flatMap { Digest(bytes: [UInt8]($0)) }
    }
  }

  /// The packs and up to which byte their records are in the index.
  func packs() throws -> [String: Int64] {
    try read { database in
      let rows = try Row.fetchAll(database, sql: "SELECT name, length FROM packs")
      return Dictionary(
        try rows.map { (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1)) },
        uniquingKeysWith: { first, _ in first })
    }
  }
}

/// What is changed in the index.
extension Index {
  /// Adds what a commit made durable.
  ///
  /// - Parameter lengths: for each pack the byte up to which it is durable and indexed.
  func add(_ batch: Batch, lengths: [String: Int64]) throws {
    try write { try Index.add(batch, lengths: lengths, to: $0) }
  }

  static func add(_ batch: Batch, lengths: [String: Int64], to database: Database) throws {
    var ids: [String: Int64] = [:]
    for (pack, length) in lengths {
      try database.cachedStatement(
        sql: """
          INSERT INTO packs (name, length) VALUES (?, ?)
          ON CONFLICT (name) DO UPDATE SET length = max(length, excluded.length)
          """
      ).execute(arguments: [pack, length])
    }
    let blob = try database.cachedStatement(
      sql: """
        INSERT INTO blobs VALUES (?, ?, ?, ?, ?, ?, 0)
        ON CONFLICT (digest) DO UPDATE SET pack = excluded.pack, offset = excluded.offset,
          stored = excluded.stored, size = excluded.size, list = excluded.list, damaged = 0
        WHERE damaged
        """)
    for (digest, place) in batch.places {
      let id: Int64
      if let known = ids[place.pack] {
        id = known
      } else {
        id =
          try Int64.fetchOne(
            database, sql: "SELECT id FROM packs WHERE name = ?", arguments: [place.pack]) ?? 0
        ids[place.pack] = id
      }
      blob.setUncheckedArguments([
        digest.data, id, place.offset, place.storedSize, place.size, place.isList,
      ])
      try blob.execute()
    }
    let result = try database.cachedStatement(
      sql: """
        INSERT INTO results VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET kept = excluded.kept, value = excluded.value
        WHERE excluded.kept >= kept
        """)
    for (key, document) in batch.results {
      try result.execute(arguments: [
        key.data, document.kept, SealedValue.seal(ResultRow.bytes(document.result), for: key.bytes),
      ])
    }
    let stamp = try database.cachedStatement(sql: "INSERT OR REPLACE INTO stamps VALUES (?, ?)")
    for (path, row) in batch.stamps {
      try stamp.execute(arguments: [path, SealedValue.seal(row.bytes, for: Array(path.utf8))])
    }
    let fact = try database.cachedStatement(sql: "INSERT OR REPLACE INTO facts VALUES (?, ?)")
    for (name, value) in batch.facts {
      try fact.execute(arguments: [name, SealedValue.seal(value, for: Array(name.utf8))])
    }
    let copy = try database.cachedStatement(sql: "INSERT OR REPLACE INTO copies VALUES (?, ?)")
    for (name, evidence) in batch.copies { try copy.execute(arguments: [name, evidence.data]) }
    let whole = try database.cachedStatement(sql: "INSERT OR IGNORE INTO whole VALUES (?)")
    for digest in batch.whole { try whole.execute(arguments: [digest.data]) }
  }

  /// Notes that a blob's record cannot be read; no tree counts as whole any more until it is looked
  /// through again.
  func markDamaged(_ digest: Digest) throws {
    try write { database in
      try database.execute(
        sql: "UPDATE blobs SET damaged = 1 WHERE digest = ?", arguments: [digest.data])
      try database.execute(sql: "DELETE FROM whole")
    }
  }

  /// Notes that a pack ends earlier than its records, or is gone.
  func markLost(_ pack: String, from length: Int64) throws {
    try write { database in
      try database.execute(
        sql: """
          UPDATE blobs SET damaged = 1 WHERE pack = (SELECT id FROM packs WHERE name = ?)
            AND offset + stored + \(Record.headerSize) > ?
          """, arguments: [pack, length])
      try database.execute(
        sql: "UPDATE packs SET length = ? WHERE name = ?", arguments: [length, pack])
      try database.execute(sql: "DELETE FROM whole")
    }
  }
}
