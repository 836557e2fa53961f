internal import Comparison
package import SystemPackage

extension RowComparison {
  /// How to compare.
  package struct Options: Sendable {
    /// What rows are paired by; `id` where it is usable, otherwise similarity, where nil.
    package var key: RowPath?
    /// The most changes of each kind whose places are kept; all are counted.
    package var limit = 5000
    /// Whether the caller knows that both files are the same bytes.
    package var areEqual = false

    package init(key: RowPath? = nil, limit: Int = 5000, areEqual: Bool = false) {
      self.key = key
      self.limit = max(0, limit)
      self.areEqual = areEqual
    }
  }

  /// Compares two JSON Lines files, in memory that grows with the number of rows that differ.
  ///
  /// Rows that are the same in both files are never read as JSON; what keys, their uniqueness and
  /// the form of rows are judged by are the rows that differ.
  ///
  /// - Throws: a user problem that names file and line where a row that differs is no JSON object,
  ///   and where no such row has the key.
  package init(_ old: FilePath, _ new: FilePath, _ options: Options = Options()) throws {
    try self.init(try ContentFile(old), try ContentFile(new), options)
  }

  init(_ oldFile: ContentFile, _ newFile: ContentFile, _ options: Options) throws {
    let hasher = LineHasher()
    let lines = try LineMatching(oldFile, options.areEqual ? oldFile : newFile, hasher: hasher)
    let old = ComparedRows(file: oldFile)
    let new = ComparedRows(file: newFile)
    let rows = try RowMatching(
      old, lines.oldLeft, new, lines.newLeft, key: options.key, hasher: hasher)
    let order = RunOrder(
      lines.runs + rows.written.map { LineRun(lines.oldLeft[$0.old], lines.newLeft[$0.new]) })
    var counts = Counts(
      changed: rows.changed.count, added: rows.added.count, removed: rows.removed.count,
      reformatted: rows.written.count)
    for (run, isInPlace) in zip(order.runs, order.isInPlace) {
      if isInPlace { counts.same += run.count } else { counts.moved += run.count }
    }
    let list = ChangeList(order, limit: options.limit)
    let changes = list.sorted(
      changed: rows.changed.prefix(options.limit).map {
        Change(
          kind: .changed, old: Place(lines.oldLeft[$0.old]), new: Place(lines.newLeft[$0.new]),
          similarity: $0.similarity)
      }, removed: rows.removed.prefix(options.limit).map { Place(lines.oldLeft[$0]) },
      added: rows.added.prefix(options.limit).map { Place(lines.newLeft[$0]) },
      moved: try list.moved(in: oldFile, newFile))
    self.init(
      counts: counts, matching: rows.by, duplicates: rows.duplicates, keyless: rows.keyless,
      changes: changes, old: old, new: new)
  }
}

extension RowComparison.Place {
  init(_ record: LineRecord) {
    self.init(line: Int(record.number) + 1, offset: record.offset, length: Int(record.length))
  }
}

extension LineRun {
  /// One row.
  init(_ old: LineRecord, _ new: LineRecord) {
    self.init(
      old: old.number, new: new.number, oldOffset: old.offset, newOffset: new.offset, count: 1)
  }
}
