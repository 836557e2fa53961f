internal import Documents
internal import Files
internal import Problems
internal import Rows
internal import SystemPackage

/// One run of `ingest`: reads files and accounts for every row in them.
struct Ingest {
  /// A JSON document is read as a whole, so it may not be larger.
  static let largestDocument: Int64 = 512 << 20

  let settings: IngestSettings
  let ledger: RowLedger
  let writer: RowWriter
  let context: StepContext
  /// Files of a folder whose endings are not known.
  var leftOut: [String] = []
  private(set) var fileCount = 0
  private var formats: [String: Int] = [:]

  init(settings: IngestSettings, ledger: RowLedger, writer: RowWriter, context: StepContext) {
    self.settings = settings
    self.ledger = ledger
    self.writer = writer
    self.context = context
  }

  /// Reads one file.
  ///
  /// - Parameter name: how rows and messages call it.
  mutating func read(_ path: FilePath, _ name: String, _ format: IngestFormat) throws {
    fileCount += 1
    formats[format.rawValue, default: 0] += 1
    switch format {
    case .json: try readDocument(path, name)
    case .jsonl: try readLines(path, name)
    case .csv: try readTable(path, name, delimiter: UInt8(ascii: ","))
    case .tsv: try readTable(path, name, delimiter: UInt8(ascii: "\t"))
    }
  }

  /// Closes the outputs and writes the report.
  func finish() throws(Problem) {
    try writer.close()
    try ledger.finish(
      context,
      more: [
        "files": .integer(Int64(fileCount)),
        "formats": .object(formats.mapValues { .integer(Int64($0)) }),
        "left_out": .array(leftOut.map { .string($0) }),
      ])
  }

  private func readDocument(_ path: FilePath, _ name: String) throws {
    if let size = FileStamp(path)?.size, size > Ingest.largestDocument {
      throw Problem(
        .step, "document-too-large",
        "cannot read \(name): a JSON document of \(size) bytes is larger than "
          + "\(Ingest.largestDocument)",
        hint: "turn it into JSON Lines first, which are read one by one")
    }
    var bytes = try Files.read(path)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    let document: JSON
    do throws(JSONError) { document = try JSON(parsing: bytes) } catch {
      throw Ingest.problem(error, name, bytes)
    }
    var found = document
    if let inner = settings.path {
      guard let value = inner.value(in: document) else {
        throw Problem(
          .step, "ingest-path", "cannot make rows of \(name): there is nothing at `\(inner)`",
          hint: "look at the file and mend the parameter `path`")
      }
      found = value
    }
    guard case .array(let values) = found else {
      try add(found, name, 1)
      return
    }
    for (index, value) in values.enumerated() { try add(value, name, index + 1) }
  }

  private func readLines(_ path: FilePath, _ name: String) throws {
    let lines = try LineReader(path, name: name)
    var row = 0
    while let line = try lines.next() {
      if RowReader.isBlank(line) { continue }
      row += 1
      let value: JSON
      do throws(JSONError) { value = try JSON(parsing: line) } catch {
        ledger.countIn()
        try ledger.reject(
          "not_json",
          "line \(lines.number), column \(RowReader.column(error.offset, in: line)): "
            + error.message,
          .text(String(decoding: line, as: UTF8.self)), source: source(name, row))
        continue
      }
      try add(value, name, row)
    }
  }

  private func readTable(_ path: FilePath, _ name: String, delimiter: UInt8) throws {
    let table = try TableReader(path, delimiter: delimiter, name: name)
    guard let first = try table.next() else { return }
    guard case .cells(let header) = first else {
      throw Problem(
        .step, "table-header", "cannot read \(name): its first record, the header, is not readable",
        hint: "save the table as UTF-8, with quotes closed")
    }
    if let odd = header.first(where: { column in
      column.isBlank || header.count { $0.utf8.elementsEqual(column.utf8) } > 1
    }) {
      throw Problem(
        .step, "table-header",
        "cannot read \(name): its header has "
          + (odd.isBlank ? "a column without a name" : "the column `\(odd)` twice"),
        hint: "give every column a name of its own")
    }
    var row = 0
    while let record = try table.next() {
      row += 1
      switch record {
      case .unreadable(let reason, let text):
        ledger.countIn()
        try ledger.reject(
          reason, "the record that begins on line \(table.line)", .text(text),
          source: source(name, row))
      case .cells(let cells) where cells.count != header.count:
        ledger.countIn()
        try ledger.reject(
          "column_count",
          "\(cells.count) columns on line \(table.line), the header has \(header.count)",
          .value(.array(cells.map { .string($0) })), source: source(name, row))
      case .cells(let cells):
        let pairs = zip(header, cells.map { JSON.string($0) })
        try add(.object(Dictionary(pairs) { first, _ in first }), name, row)
      }
    }
  }

  /// Takes one value of a file as a row.
  private func add(_ value: JSON, _ name: String, _ number: Int) throws {
    ledger.countIn()
    try context.pulse(ledger.rowsIn)
    guard case .object(let original) = value else {
      try ledger.reject(
        "not_a_row", "\(value.kindName) where an object is expected", .value(value),
        source: source(name, number))
      return
    }
    var fields = original
    if let mapping = settings.fields {
      do throws(RowTemplate.Gap) { fields = try mapped(value, mapping) } catch {
        try ledger.reject(
          "missing_field", error.message, .row(original), source: source(name, number))
        return
      }
    }
    if settings.provenance {
      var place: [String: JSON] = ["file": .string(name), "row": .integer(Int64(number))]
      if let own = fields["source"] { place["source"] = own }
      fields["source"] = .object(place)
    }
    try writer.write(.object(fields))
    ledger.countOut()
  }

  private func mapped(
    _ value: JSON, _ mapping: [(name: String, source: IngestSource)]
  ) throws(RowTemplate.Gap) -> [String: JSON] {
    var fields: [String: JSON] = [:]
    for (name, source) in mapping {
      switch source {
      case .path(let path):
        guard let found = path.value(in: value) else {
          throw RowTemplate.Gap.missing(path.description)
        }
        fields[name] = found
      case .template(let template):
        let text = try template.fill { (field) throws(RowTemplate.Gap) in
          guard let found = RowPath(field)?.value(in: value), !found.isNull else {
            throw RowTemplate.Gap.missing(field)
          }
          guard let text = found.inlineText else {
            throw RowTemplate.Gap.noText(field, found.kindName)
          }
          return text
        }
        fields[name] = .string(text)
      }
    }
    return fields
  }

  private func source(_ name: String, _ row: Int) -> JSON {
    ["file": .string(name), "row": .integer(Int64(row))]
  }

  private static func problem(_ error: JSONError, _ name: String, _ bytes: [UInt8]) -> Problem {
    let before = bytes.prefix(error.offset)
    let line = before.count { $0 == 0x0A } + 1
    let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let rest = Array(bytes[start...].prefix { $0 != 0x0A })
    let offset = error.offset - start
    return Problem(
      .step, "document-syntax",
      "cannot read \(name), line \(line), column \(RowReader.column(offset, in: rest)): "
        + "\(error.message), near `\(RowReader.piece(offset, of: rest))`",
      hint: "mend the file, or say with `format` what it is")
  }
}
