package import Comparison
package import Documents
package import Problems

/// What differs between two files of rows: counts, and where each change is.
///
/// Rows that are equal as bytes are the same, whatever their key; then rows that are equal as JSON.
/// What is left is paired by key or by similarity. No row is lost or counted twice: `same`, `moved`
/// and `changed` with `added` are the rows of the new file, with `removed` those of the old one.
package struct RowComparison: Sendable {
  /// How rows that differ were paired.
  package enum Matching: Hashable, Sendable {
    /// By a field that the caller named.
    case key(RowPath)
    /// By `id`, which every row that differs has, and no two of one side.
    case id
    /// By what they say; the number of pairs is a judgement.
    case similarity
  }

  package struct Counts: Hashable, Sendable {
    /// Equal, and in the same order in both files.
    package var same = 0
    /// Equal, but before or after rows that it was after or before.
    package var moved = 0
    package var changed = 0
    package var added = 0
    package var removed = 0
    /// How many of `same` and `moved` are written differently: other spaces, or order of members.
    package var reformatted = 0

    /// The rows of each file.
    package var old: Int { same + moved + changed + removed }
    package var new: Int { same + moved + changed + added }
    /// How many changes there are to be shown.
    package var changes: Int { moved + changed + added + removed }
  }

  /// Where a row stands.
  package struct Place: Hashable, Sendable {
    /// From 1; blank lines count.
    package var line: Int
    /// In bytes, from 0.
    package var offset: Int64
    package var length: Int
  }

  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case changed
    case removed
    case added
    case moved
  }

  package struct Change: Hashable, Sendable {
    package var kind: Kind
    /// Nil for a row that is added.
    package var old: Place?
    /// Nil for a row that is removed.
    package var new: Place?
    /// How alike two rows are that were paired for that, from 0 to 1.
    package var similarity: Double?
  }

  /// Keys that several of the rows that differ have.
  package struct Duplicates: Hashable, Sendable {
    /// How many such keys each side has.
    package var old = 0
    package var new = 0
    /// The first ones, as in `"a7" in lines 3 and 9 of the new file`.
    package var examples: [String] = []
  }

  package var counts: Counts
  package var matching: Matching
  package var duplicates: Duplicates
  /// How many of the rows that differ have no key, where one was asked for.
  package var keyless: (old: Int, new: Int)
  /// In the order of the new file, removed rows where they stood. Of each kind at most as many as
  /// were asked for.
  package var changes: [Change]
  package let old: ComparedRows
  package let new: ComparedRows

  /// Whether no row is added, removed, changed or moved.
  package var isEqual: Bool { counts.changes == 0 }

  /// The rows of a change, read from the files.
  package func content(of change: Change) throws(Problem) -> Content {
    let a: [String: JSON]?
    let b: [String: JSON]?
    if let place = change.old { a = try old.row(at: place) } else { a = nil }
    if let place = change.new { b = try new.row(at: place) } else { b = nil }
    let row = b ?? a ?? [:]
    let key: JSON? =
      if case .key(let path) = matching { path.value(in: .object(row)) } else { row["id"] }
    return Content(
      key: key, old: a, new: b,
      fields: change.kind == .changed
        ? ValueDifference.all(.object(a ?? [:]), .object(b ?? [:])) : [])
  }

  /// What a changed row said and says.
  package struct Content: Hashable, Sendable {
    /// What names the row: its key, or its `id`.
    package var key: JSON?
    package var old: [String: JSON]?
    package var new: [String: JSON]?
    /// For a changed row each place in which it differs; empty where only the names of members
    /// are written differently.
    package var fields: [ValueDifference]
  }
}
