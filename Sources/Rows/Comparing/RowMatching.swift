internal import Comparison
internal import Documents
internal import Problems

/// The rows that are not equal as bytes: which are the same row written differently, which are the
/// same row changed, and which are alone. Rows are named by their positions in the records.
struct RowMatching {
  /// Equal as JSON.
  let written: [(old: Int, new: Int)]
  /// In the order of the new file.
  let changed: [RowPairing.Pair]
  let removed: [Int]
  let added: [Int]
  let by: RowComparison.Matching
  let keyless: (old: Int, new: Int)
  let duplicates: RowComparison.Duplicates

  init(
    _ old: ComparedRows, _ oldRecords: [LineRecord], _ new: ComparedRows,
    _ newRecords: [LineRecord], key: RowPath?, hasher: LineHasher
  ) throws {
    let path = key ?? RowPath.id
    let oldDigests = try RowDigest.all(oldRecords, of: old, key: path, hasher: hasher)
    let newDigests = try RowDigest.all(newRecords, of: new, key: path, hasher: hasher)
    let join = HashJoin(
      oldCount: oldDigests.count, newCount: newDigests.count,
      old: { oldDigests[$0].canonical }, new: { newDigests[$0].canonical })
    written = join.pairs
    let (oldLeft, newLeft) = (join.oldLeft, join.newLeft)
    let oldKeys = KeyCounts(oldLeft.map { oldDigests[$0].key })
    let newKeys = KeyCounts(newLeft.map { newDigests[$0].key })

    if let key {
      by = .key(key)
      keyless = (oldKeys.missing, newKeys.missing)
      if oldLeft.count + newLeft.count > 0, oldKeys.missing == oldLeft.count,
        newKeys.missing == newLeft.count
      {
        throw try RowMatching.noKey(key, [(old, oldRecords), (new, newRecords)])
      }
      let examples =
        try RowMatching.examples(of: key, oldKeys, oldLeft.map { oldRecords[$0] }, old, "old")
        + RowMatching.examples(of: key, newKeys, newLeft.map { newRecords[$0] }, new, "new")
      duplicates = RowComparison.Duplicates(
        old: oldKeys.repeated.count, new: newKeys.repeated.count, examples: examples)
    } else {
      let isUsable =
        try oldKeys.areUsable && newKeys.areUsable && old.areUnique(path) && new.areUnique(path)
      by = isUsable ? .id : .similarity
      keyless = (0, 0)
      duplicates = RowComparison.Duplicates()
    }

    let isKeyed = by != .similarity
    let keyed = HashJoin(
      oldCount: oldLeft.count, newCount: newLeft.count,
      old: { isKeyed ? oldDigests[oldLeft[$0]].key : nil },
      new: { isKeyed ? newDigests[newLeft[$0]].key : nil })
    let pairs = keyed.pairs.map { RowPairing.Pair(old: oldLeft[$0.old], new: newLeft[$0.new]) }
    let oldSingle = keyed.oldLeft.map { oldLeft[$0] }
    let newSingle = keyed.newLeft.map { newLeft[$0] }
    // Rows without a key are paired by what they say.
    let alike = try RowPairing(
      old, oldRecords, oldSingle.filter { !isKeyed || oldDigests[$0].key == nil },
      new, newRecords, newSingle.filter { !isKeyed || newDigests[$0].key == nil }, hasher: hasher
    ).pairs()
    changed = (pairs + alike).sorted { $0.new < $1.new }
    let olds = Set(alike.map(\.old))
    let news = Set(alike.map(\.new))
    removed = oldSingle.filter { !olds.contains($0) }
    added = newSingle.filter { !news.contains($0) }
  }

  /// The first keys that occur more than once, with their lines, in words.
  private static func examples(
    of key: RowPath, _ keys: KeyCounts, _ records: [LineRecord], _ rows: ComparedRows,
    _ side: String
  ) throws(Problem) -> [String] {
    var examples: [String] = []
    for places in keys.repeated.prefix(3) {
      let same = places.map { records[$0] }
      guard let first = same.first else { continue }
      let value = key.value(in: .object(try rows.row(at: RowComparison.Place(first)))) ?? .null
      let lines = same.prefix(3).map { String($0.number + 1) }.joined(separator: ", ")
      let more = same.count > 3 ? " and \(same.count - 3) more" : ""
      examples.append(
        "\(value.canonicalText.excerpt(40)) in lines \(lines)\(more) of the \(side) file")
    }
    return examples
  }

  private static func noKey(
    _ key: RowPath, _ sides: [(rows: ComparedRows, records: [LineRecord])]
  ) throws(Problem) -> Problem {
    var names: Set<String> = []
    for side in sides {
      if let first = side.records.first {
        names.formUnion(try side.rows.row(at: RowComparison.Place(first)).keys)
      }
    }
    return Problem(
      .user, "no-key", "cannot pair rows by `\(key)`: no row that differs has it",
      hint: Suggestion.hint(for: key.description, among: Array(names))
        ?? "the first of them have: \(JSON.canonicalOrder(names).prefix(12).joined(separator: ", "))"
    )
  }
}
