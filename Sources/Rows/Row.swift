package import Documents

/// One row of a JSON Lines file: its members and its place in the file.
package struct Row: Hashable, Sendable {
  /// Counted from 1; blank lines are not rows.
  package var number: Int
  package var fields: [String: JSON]

  package init(number: Int, fields: [String: JSON]) {
    self.number = number
    self.fields = fields
  }

  /// The row as it is written.
  package var json: JSON { .object(fields) }

  /// The text of a field, or nil where it is missing or no text.
  package func text(_ name: String) -> String? { fields[name]?.string }
}

extension String {
  /// The length as Larder counts characters everywhere: Unicode code points, as Python's `len`.
  package var codePoints: Int {
    utf8.reduce(into: 0) { count, byte in if byte & 0xC0 != 0x80 { count += 1 } }
  }

  /// The number of words: runs of characters between white space.
  package var wordCount: Int { split(whereSeparator: \.isWhitespace).count }

  /// The first characters, with an ellipsis where more follow and control characters as spaces.
  ///
  /// - Parameter limit: the greatest number of characters kept.
  package func excerpt(_ limit: Int = 40) -> String {
    let shown = prefix(limit).map { $0.isNewline || $0 == "\t" || $0 < " " ? " " : $0 }
    return String(shown) + (dropFirst(limit).isEmpty ? "" : "…")
  }
}
