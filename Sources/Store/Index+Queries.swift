internal import Digests
internal import Documents
internal import Files
internal import Foundation
internal import GRDB
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
      Place(
        pack: row[1], offset: row[2], storedSize: row[3], size: row[4], isList: row[5],
        isDamaged: row[6])
    }
  }

  /// The results of some keys.
  func results(_ keys: some Collection<Digest>) throws -> [Digest: ActionResult] {
    try lookUp("SELECT key, document FROM results WHERE key", keys) { row in
      try row.withUnsafeData(atIndex: 1) { $0.flatMap { ResultDocument($0)?.result } }
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
    try read { database in
      let statement = try database.cachedStatement(
        sql: "SELECT digest, kind, size, device, inode, bytes, modified, changed FROM stamps WHERE path = ?")
      guard let row = try Row.fetchOne(statement, arguments: [path.string]),
        FileStamp(
          device: UInt64(bitPattern: row[3]), inode: UInt64(bitPattern: row[4]), size: row[5],
          modified: row[6], changed: row[7]) == stamp,
        let kind = Artifact.Kind(rawValue: row[1]), let digest = Digest(row, at: 0)
      else { return nil }
      return Artifact(kind: kind, digest: digest, size: row[2])
    }
  }

  func fact(_ name: String) throws -> JSON? {
    try read { database in
      let statement = try database.cachedStatement(sql: "SELECT value FROM facts WHERE name = ?")
      let value = try Data.fetchOne(statement, arguments: [name])
      return value.flatMap { try? JSON(parsing: $0) }
    }
  }

  /// What was remembered of a plain copy.
  func evidence(_ copy: String) throws -> Digest? {
    try read { database in
      let statement = try database.cachedStatement(
        sql: "SELECT evidence FROM copies WHERE name = ?")
      return try Data.fetchOne(statement, arguments: [copy]).flatMap { Digest(bytes: $0) }
    }
  }

  /// The packs and up to which byte their records are in the index.
  func packs() throws -> [String: Int64] {
    try read { database in
      let rows = try Row.fetchAll(database, sql: "SELECT name, length FROM packs")
      return Dictionary(rows.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
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
        id = try Int64.fetchOne(
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
        ON CONFLICT (key) DO UPDATE SET kept = excluded.kept, document = excluded.document
        WHERE excluded.kept >= kept
        """)
    for (key, document) in batch.results {
      try result.execute(arguments: [key.data, document.kept, Data(document.bytes)])
    }
    let stamp = try database.cachedStatement(
      sql: "INSERT OR REPLACE INTO stamps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    for (path, (of, artifact)) in batch.stamps {
      try stamp.execute(arguments: [
        path, Int64(bitPattern: of.device), Int64(bitPattern: of.inode), of.size, of.modified,
        of.changed, artifact.kind.rawValue, artifact.digest.data, artifact.size,
      ])
    }
    let fact = try database.cachedStatement(sql: "INSERT OR REPLACE INTO facts VALUES (?, ?)")
    for (name, value) in batch.facts { try fact.execute(arguments: [name, Data(value)]) }
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
