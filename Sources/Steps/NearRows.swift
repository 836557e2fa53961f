internal import Comparison
internal import Documents
internal import Files
internal import Problems
internal import Rows
internal import SystemPackage

/// The near-duplicates among the rows that `clean` keeps.
struct NearRows {
  private let settings: CleanSettings
  private var finder: NearDuplicates
  /// The number of each kept row in the input.
  private var numbers: [Int] = []

  init(_ settings: CleanSettings) {
    self.settings = settings
    var generator = SplitMix64(seed: settings.seed)
    finder = NearDuplicates(
      threshold: settings.threshold, shingles: settings.shingles,
      fieldCount: settings.duplicateFields?.count ?? NearRows.mostFields
    ) { generator.next() }
  }

  /// No shape has more fields that carry meaning.
  private static let mostFields = 3

  /// Adds a row that the other rules keep.
  mutating func add(_ row: Row, _ found: RowFields) {
    guard settings.nearDuplicates else { return }
    numbers.append(row.number)
    var texts: [String]
    if let names = settings.duplicateFields {
      texts = names.map { row.fields[$0]?.inlineText ?? "" }
    } else {
      texts = found.texts(row.fields)
      while texts.count < NearRows.mostFields { texts.append("") }
    }
    finder.add(texts, length: texts.reduce(0) { $0 + $1.codePoints })
  }

  /// Copies the kept rows but for the near-duplicates, which are rejected.
  ///
  /// - Parameter kept: how many rows the partial file holds.
  /// - Returns: how many were removed.
  mutating func remove(
    from partial: FilePath, to rows: FilePath, kept: Int, _ ledger: RowLedger,
    _ context: StepContext
  ) throws -> Int {
    let matches = settings.nearDuplicates ? finder.matches() : []
    try context.checkCancelled()
    if matches.isEmpty {
      try Files.rename(partial, to: rows)
      ledger.countOut(kept)
      return 0
    }
    let lines = try LineReader(partial)
    let writer = try RowWriter(rows)
    var next = 0
    var position = 0
    while let line = try lines.next() {
      if next < matches.count, matches[next].removed == position {
        let match = matches[next]
        next += 1
        let value = try? JSON(parsing: line)
        try ledger.reject(
          "near_duplicates",
          "\(NearRows.percent(match.similarity)) like row \(numbers[match.kept]), which is kept",
          .value(value ?? .null), source: .place("rows", row: numbers[position]))
      } else {
        try writer.writeLine(line)
        ledger.countOut()
      }
      position += 1
    }
    try writer.close()
    try Files.remove(partial)
    return matches.count
  }

  /// What the rule did, for the report.
  func json(removed: Int) -> JSON {
    [
      "name": "near_duplicates", "changed": 0, "dropped": .integer(Int64(removed)),
      "compared_pairs": .integer(Int64(finder.comparisons)),
      "parameters": [
        "near_duplicates": .bool(settings.nearDuplicates),
        "near_duplicate_threshold": .number(settings.threshold),
        "near_duplicate_unit": .string(settings.shingles.unit.rawValue),
        "near_duplicate_shingle": .integer(Int64(settings.shingles.size)),
        "seed": .integer(settings.seed),
      ],
    ]
  }

  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}
