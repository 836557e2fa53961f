internal import Digests
internal import Documents
internal import Experiments
internal import Files
internal import History
internal import Notebook
internal import Problems
internal import Rows
internal import Running
internal import Store
internal import SystemPackage

/// Reads of each output as much as a page shows. All together take bounded memory, however large the
/// artifacts are.
struct OutputReader {
  /// So many rows are inside a file.
  static let rows = 5
  /// A larger text is cut, in bytes.
  static let textLimit = 12 << 10
  /// A larger document is shown as text, in bytes.
  static let documentLimit = 256 << 10
  /// A larger image is named only, in bytes.
  static let imageLimit = 1 << 20
  /// Larger tables are shown as text, in bytes.
  static let tableLimit: Int64 = 64 << 20
  /// Larger files of rows are not counted, in bytes.
  static let countedLimit: Int64 = 2 << 30
  /// So many entries of a folder are listed.
  static let entries = 24

  let run: OpenedRun
  /// What may still go into the page, in bytes; once it is used up, outputs are named only.
  private(set) var room = 16 << 20

  init(_ run: OpenedRun) { self.run = run }

  /// - Parameters:
  ///   - name: of the output.
  ///   - path: as it is declared, with a slash at its end for a folder.
  ///   - kind: of the library step, as in `train/lora`; nil for other cells.
  mutating func content(
    _ name: String, at path: String, of step: StepID, kind: String?, size: Int64, digest: Digest?
  ) -> OutputContent {
    do {
      guard let output = try run.output(name, of: step) else {
        return .bytes("the run has no such output")
      }
      if path.hasSuffix("/") { return try folder(output, digest) }
      guard room > 0 else { return .bytes("left out, because this page is large already") }
      let content = try file(output, name, path, step, kind, size)
      room -= OutputReader.cost(of: content)
      return content
    } catch { return .missing(Problem(error)) }
  }

  private func file(
    _ output: PastOutput, _ name: String, _ path: String, _ step: StepID, _ kind: String?,
    _ size: Int64
  ) throws -> OutputContent {
    let ending = FilePath(path).extension?.lowercased() ?? ""
    if kind?.hasPrefix("train/") == true, name == "log" {
      return .losses(LossCurve(step, in: run))
    }
    if let type = OutputReader.imageTypes[ending] {
      guard size <= OutputReader.imageLimit, size <= room else {
        return .bytes("an image that is too large to stand in a page")
      }
      let bytes = try output.beginning(OutputReader.imageLimit + 1)
      return OutputReader.looksLike(type, bytes)
        ? .image(type, bytes) : .bytes("no \(ending.uppercased()), although its name says so")
    }
    if ending == "jsonl" || ending == "ndjson" {
      guard size <= OutputReader.countedLimit else { return try text(output, ending, size) }
      return try output.withFile { path in
        let file = try RowFile(path)
        return .rows(
          try file.lines(from: 1, count: OutputReader.rows), try RowSummary(file))
      }
    }
    if ending == "csv" || ending == "tsv", size <= OutputReader.tableLimit,
      let table = try table(output, ending)
    {
      return table
    }
    if ending == "json", size <= OutputReader.documentLimit {
      let bytes = try output.beginning(OutputReader.documentLimit)
      if let document = try? JSON(parsing: bytes) {
        if kind == "score", name == "metrics" { return .metrics(document) }
        if kind != nil, name == "report" { return .report(document) }
        return .json(document)
      }
    }
    return try text(output, ending, size)
  }

  /// Nil for a file that is no table of a width that a page can show.
  private func table(_ output: PastOutput, _ ending: String) throws -> OutputContent? {
    try output.withFile { path in
      let reader = try TableReader(path, delimiter: ending == "tsv" ? 0x09 : 0x2C)
      var records: [[String]] = []
      while records.count <= OutputReader.rows + 1, let record = try reader.next() {
        guard case .cells(let cells) = record, cells.count <= 16,
          records.first.map({ $0.count == cells.count }) ?? true
        else { return nil }
        records.append(cells)
      }
      guard !records.isEmpty else { return nil }
      let shown = Array(records.prefix(OutputReader.rows + 1))
      return .table(shown, isWhole: shown.count == records.count)
    }
  }

  private func text(_ output: PastOutput, _ ending: String, _ size: Int64) throws -> OutputContent {
    var bytes = try output.beginning(OutputReader.textLimit)
    let isWhole = Int64(bytes.count) >= size
    // A character may be cut in two at the end.
    if !isWhole {
      var end = bytes.count
      while end > bytes.count - 4, end > 0, bytes[end - 1] & 0xC0 == 0x80 { end -= 1 }
      if end > 0, bytes[end - 1] >= 0xC0 { bytes.removeSubrange((end - 1)...) }
    }
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      return .bytes("bytes that are no text in UTF-8")
    }
    return ending == "md" ? .markdown(text, isWhole: isWhole) : .text(text, isWhole: isWhole)
  }

  private func folder(_ output: PastOutput, _ digest: Digest?) throws -> OutputContent {
    // The tree of the store knows the sizes; the history knows the names in any case.
    if let digest, let tree = try run.store.tree(digest) { return try folder(tree, "") }
    guard case .folder(let entries) = output.content else {
      return .bytes("its list of files is no longer in the store")
    }
    return .folder(
      entries.prefix(OutputReader.entries).map {
        .init(name: $0.kind == .folder ? "\($0.name)/" : $0.name)
      }, count: entries.count)
  }

  /// A folder that holds nothing but a folder is shown by what is in that.
  private func folder(_ tree: Tree, _ path: String, depth: Int = 0) throws -> OutputContent {
    if tree.items.count == 1, depth < 8, let only = tree.items.first,
      case .folder(let digest, _) = only.entry, let inner = try run.store.tree(digest)
    {
      return try folder(inner, "\(path)\(only.name)/", depth: depth + 1)
    }
    return .folder(
      tree.items.prefix(OutputReader.entries).map { item in
        switch item.entry {
        case .file(_, let size, _): .init(name: path + item.name, size: size)
        case .folder(_, let size): .init(name: "\(path)\(item.name)/", size: size)
        case .link: .init(name: path + item.name)
        }
      }, count: tree.items.count)
  }

  private static let imageTypes = [
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp", "svg": "image/svg+xml",
  ]

  /// Whether bytes begin as a file of that type does, so that nothing else reaches the browser's
  /// image decoders under a false name.
  private static func looksLike(_ type: String, _ bytes: [UInt8]) -> Bool {
    switch type {
    case "image/png": bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    case "image/jpeg": bytes.starts(with: [0xFF, 0xD8, 0xFF])
    case "image/gif": bytes.starts(with: Array("GIF8".utf8))
    case "image/webp": bytes.starts(with: Array("RIFF".utf8))
    default: String(validating: bytes, as: UTF8.self)?.contains("<svg") == true
    }
  }

  private static func cost(of content: OutputContent) -> Int {
    switch content {
    case .image(_, let bytes): bytes.count * 4 / 3
    case .rows(let lines, _): lines.reduce(8_000) { $0 + min($1.bytes.count, 4_000) }
    case .markdown(let text, _), .text(let text, _): text.utf8.count
    case .table(let records, _): records.reduce(0) { $0 + $1.reduce(0) { $0 + $1.utf8.count } }
    case .json(let value), .report(let value), .metrics(let value): value.canonicalBytes.count
    default: 2_000
    }
  }
}
