package import Documents

/// What was found in a row set.
package struct RowFindings: Hashable, Sendable {
  /// A row that is meant.
  package struct Match: Hashable, Sendable {
    /// Within a folder: the file.
    package let file: String?
    /// The line, from 1.
    package let line: Int
    package let id: String?
    /// `null` for a line of a text that is no row.
    package let row: JSON
    /// Why it was dropped, in a row set of dropped rows.
    package let reason: String?
    package let detail: String?
  }

  /// How many rows there are; 0 for texts that are no rows.
  package var rows = 0
  /// How many rows, or lines of other texts, are meant.
  package var matches = 0
  /// The first of them.
  package var first: [Match] = []
  /// In a row set of dropped rows, how many were dropped for which reason: of all rows, and of those
  /// that are meant.
  package var reasons: [String: Int] = [:]
  package var matchedReasons: [String: Int] = [:]
  /// Lines that could not be read as rows.
  package var unreadable = 0
  /// Rows whose own field `source` names a file, by that file.
  package var sources: [String: Int] = [:]

  package init() {}

  /// Adds what was found in another file of the same folder.
  mutating func merge(_ other: RowFindings, limit: Int) {
    rows += other.rows
    matches += other.matches
    first = Array((first + other.first).prefix(limit))
    reasons.merge(other.reasons, uniquingKeysWith: +)
    matchedReasons.merge(other.matchedReasons, uniquingKeysWith: +)
    unreadable += other.unreadable
    sources.merge(other.sources, uniquingKeysWith: +)
  }
}
