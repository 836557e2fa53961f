internal import Documents
package import Problems

/// What is in a file of rows: how many, of which fields, how long, how often the same, and why some
/// were rejected.
package struct RowSummary: Hashable, Sendable {
  /// So many rows are looked into; more are counted only.
  package static let mostRows = 50_000

  /// All lines of the file that are not blank.
  package private(set) var count = 0
  /// How many of them were looked into.
  package private(set) var examined = 0
  /// Lines that are no JSON object, or too long to be looked into.
  package private(set) var unreadable = 0
  /// In how many rows each field is.
  package private(set) var fields: [String: Int] = [:]
  /// The field whose length is measured, or nil where no field holds texts.
  package private(set) var measured: String?
  /// The length of that field in each row, in characters.
  package private(set) var lengths: [Int] = []
  /// Rows that say the same, byte for byte, as one before them.
  package private(set) var duplicates = 0
  /// The rows by what their field `reason` says.
  package private(set) var reasons: [String: Int] = [:]

  /// Reads the file in bounded memory.
  package init(_ file: RowFile) throws(Problem) {
    var seen: Set<Int> = []
    var longest: [String: [Int]] = [:]
    try file.each { line in
      guard !RowReader.isBlank(line.bytes) else { return true }
      examined += 1
      if line.isWhole, !seen.insert(line.bytes.hashValue).inserted { duplicates += 1 }
      take(line, &longest)
      return examined < RowSummary.mostRows
    }
    count = examined < RowSummary.mostRows ? examined : file.count
    measured = RowSummary.choice(among: longest)
    lengths = measured.flatMap { longest[$0] } ?? []
  }

  /// Whether every row was looked into.
  package var isWhole: Bool { examined == count }

  private mutating func take(_ line: RowFile.Line, _ lengths: inout [String: [Int]]) {
    guard line.isWhole, let row = (try? JSON(parsing: line.bytes))?.object else {
      unreadable += 1
      return
    }
    for (name, value) in row {
      // A file with other fields in each row is no table; its names must not fill the memory.
      if fields[name] != nil || fields.count < 200 { fields[name, default: 0] += 1 }
      guard let text = value.string, lengths[name] != nil || lengths.count < 40 else { continue }
      lengths[name, default: []].append(text.codePoints)
    }
    if let reason = row["reason"]?.string {
      let short = reason.excerpt(80)
      if reasons[short] != nil || reasons.count < 100 { reasons[short, default: 0] += 1 }
    }
  }

  /// The answer where the rows have one, otherwise the longest text.
  private static func choice(among lengths: [String: [Int]]) -> String? {
    for name in ["response", "completion", "chosen", "text"] where lengths[name] != nil {
      return name
    }
    return lengths.max { a, b in
      let (x, y) = (a.value.reduce(0, +), b.value.reduce(0, +))
      return x == y ? a.key > b.key : x < y
    }?.key
  }
}
