internal import BlockingWork
internal import Comparison
internal import Documents
internal import Problems
internal import Synchronization

/// What a row that has no equal is known by.
struct RowDigest: Sendable {
  /// Of the row as canonical JSON.
  let canonical: LineHash
  /// Of the canonical JSON of its key; nil where it has none.
  let key: LineHash?

  /// Reads rows on several threads.
  static func all(
    _ records: [LineRecord], of rows: ComparedRows, key: RowPath, hasher: LineHasher
  ) throws -> [RowDigest] {
    let size = 512
    let found = Mutex([[RowDigest]](repeating: [], count: (records.count + size - 1) / size))
    try ParallelWork.perform((records.count + size - 1) / size) { piece in
      var digests: [RowDigest] = []
      let range = piece * size..<min(records.count, (piece + 1) * size)
      // Used again for every row.
      var bytes: [UInt8] = []
      try rows.forEach(records[range]) { (position, fields) throws(Problem) in
        let row = JSON.object(fields)
        bytes.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(Int(records[position].length))
        row.write(to: &bytes)
        digests.append(
          RowDigest(
            canonical: hasher.hash(bytes),
            key: key.value(in: row).flatMap {
              $0.isNull ? nil : hasher.hash($0.canonicalBytes)
            }))
      }
      found.withLock { $0[piece] = digests }
    }
    return found.withLock { $0.flatMap(\.self) }
  }
}

/// How often each key occurs among the rows of one side.
struct KeyCounts {
  /// How many rows have no key.
  private(set) var missing = 0
  /// The positions of rows with the same key, in the order of the first of each.
  private(set) var repeated: [[Int]] = []

  /// Whether each row has a key of its own.
  var areUsable: Bool { missing == 0 && repeated.isEmpty }

  init(_ keys: [LineHash?]) {
    var first: [LineHash: Int] = [:]
    var groups: [LineHash: [Int]] = [:]
    for (position, key) in keys.enumerated() {
      guard let key else {
        missing += 1
        continue
      }
      if let before = first[key] {
        groups[key, default: [before]].append(position)
      } else {
        first[key] = position
      }
    }
    repeated = groups.values.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
  }
}

extension RowPath {
  /// What rows are named by where nothing else is said.
  static let id = RowPath(name: "id")
}

extension ComparedRows {
  /// Whether each of the first rows has a value of its own at the path: a number of a category is no
  /// name of a row, though few rows that differ may all be of different ones.
  func areUnique(_ path: RowPath) throws(Problem) -> Bool {
    var seen: Set<[UInt8]> = []
    var lines = LineCursor(file, 0..<min(file.size, 256 << 10))
    while let line = try lines.line() {
      guard let fields = ComparedRows.fields(line: Array(line.bytes)),
        let value = path.value(in: .object(fields)), !value.isNull,
        seen.insert(value.canonicalBytes).inserted
      else { return false }
    }
    return true
  }
}
