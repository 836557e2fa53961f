internal import Documents
internal import Files
internal import Notebook
internal import Problems
internal import Rows
internal import SystemPackage

/// `ingest`: JSON, JSON Lines, CSV and TSV files become rows.
enum IngestStep {
  static let step = LibraryStep(declaration, .swift { context in try run(context) })

  private static let declaration = StepDeclaration(
    "ingest", version: 1, summary: "Makes rows of JSON, JSON Lines, CSV and TSV files",
    inputs: [
      .init("files", "a file, or a folder whose files are read in byte order of their names")
    ],
    outputs: [.rows, .rejected, .report],
    parameters: [
      .init(
        "format", .choice(["auto", "json", "jsonl", "csv", "tsv"]), default: "auto",
        "auto goes by the ending of a file's name (.json, .jsonl, .ndjson, .csv, .tsv), for a single "
          + "file without one by how it begins; files of other endings in a folder are named in the "
          + "report and left out"),
      .init(
        "path", .text, default: .null,
        "where in a JSON document the rows are, as in `data.items`; by default the document itself: "
          + "a list of rows, or one row"),
      .init(
        "fields", .mapping, default: .null,
        "the fields that a row gets, each by a path (`name.common`), a text with paths in braces "
          + "(`What is the capital of {name.common}?`), or an empty text; by default all as they are"
      ),
      .init(
        "provenance", .boolean, default: true,
        "add a field source with the file's name and the row's number in it; a source that the row "
          + "has itself is kept inside"),
    ])

  private static func run(_ context: StepContext) throws {
    let settings = try IngestSettings(context)
    let path = try context.input("files")
    var ingest = Ingest(
      settings: settings, ledger: try RowLedger(context),
      writer: try RowWriter(context.output("rows.jsonl")), context: context)
    if case .folder = Files.kind(path) {
      for name in try Folder.files(in: path) {
        guard let format = settings.format ?? IngestFormat(ending: name) else {
          ingest.leftOut.append(name)
          continue
        }
        try ingest.read(path.appending(name), name, format)
      }
      if ingest.fileCount == 0 {
        throw Problem(
          .step, "nothing-to-ingest",
          "cannot make rows of in/files: none of its \(ingest.leftOut.count) files is JSON, JSON "
            + "Lines, CSV or TSV by its name",
          hint: "say which it is with `format`")
      }
    } else {
      let format = try settings.format ?? IngestFormat(sniffing: path)
      // The name under which the store keeps a file must not reach the rows.
      try ingest.read(path, "files", format)
    }
    try ingest.finish()
  }
}

/// The parameters of `ingest`.
struct IngestSettings {
  /// Nil where each file decides.
  var format: IngestFormat?
  var path: RowPath?
  /// In canonical order of names.
  var fields: [(name: String, source: IngestSource)]?
  var provenance: Bool

  init(_ context: StepContext) throws(Problem) {
    format = IngestFormat(rawValue: try context.text("format"))
    provenance = try context.boolean("provenance")
    if let text = try context.optionalText("path") {
      guard let path = RowPath(text) else {
        throw Problem(
          .user, "ingest-path", "the parameter `path` is `\(text)`, which has an empty part",
          hint: "write it like: data.items")
      }
      self.path = path
    }
    guard let mapping = context.parameters["fields"]?.object else { return }
    var fields: [(name: String, source: IngestSource)] = []
    for name in JSON.canonicalOrder(mapping.keys) {
      guard let text = mapping[name]?.string, let source = IngestSource(text) else {
        throw Problem(
          .user, "ingest-field",
          "the field `\(name)` of `fields` is `\(mapping[name]?.inlineText ?? "nothing")`, which is "
            + "neither a path nor a text with paths in braces",
          hint: "write it like: name.common, or: \"What is the capital of {name.common}?\"")
      }
      fields.append((name, source))
    }
    self.fields = fields
  }
}

/// What a new field is made of.
enum IngestSource {
  case path(RowPath)
  case template(RowTemplate)

  /// An empty text is itself; a text with a brace or a space is a template; any other a path.
  init?(_ text: String) {
    if text.isEmpty || text.contains("{") {
      self = .template(RowTemplate(text, allowingPaths: true))
    } else if let path = RowPath(text) {
      self = .path(path)
    } else {
      return nil
    }
  }
}

/// The form of a file that rows are made of.
enum IngestFormat: String {
  case json, jsonl, csv, tsv

  /// By the ending of a name, or nil.
  init?(ending name: String) {
    let lower = name.lowercased()
    guard let dot = lower.lastIndex(of: ".") else { return nil }
    switch lower[dot...] {
    case ".json": self = .json
    case ".jsonl", ".ndjson": self = .jsonl
    case ".csv": self = .csv
    case ".tsv": self = .tsv
    default: return nil
    }
  }

  /// By how a file begins: `[` is JSON; `{` is JSON Lines where the first line is a whole value and
  /// another follows, otherwise JSON; a first line with a tabulator is TSV, any other CSV.
  init(sniffing path: FilePath) throws(Problem) {
    if let format = IngestFormat(ending: path.lastComponent?.string ?? "") {
      self = format
      return
    }
    let lines = try LineReader(path, name: "in/files")
    var first: [UInt8] = []
    while let line = try lines.next() {
      first = line
      if !RowReader.isBlank(line) { break }
    }
    switch first.first(where: { $0 != 0x20 && $0 != 0x09 }) {
    case UInt8(ascii: "["): self = .json
    case UInt8(ascii: "{"):
      let isWhole = (try? JSON(parsing: first)) != nil
      self = isWhole ? .jsonl : .json
    default: self = first.contains(0x09) ? .tsv : .csv
    }
  }
}
