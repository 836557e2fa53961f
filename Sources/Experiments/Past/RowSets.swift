internal import Digests
internal import Documents
internal import Files
internal import Problems
internal import Rows
package import Store
internal import SystemPackage

/// Reads the row sets of runs, each content once, however many runs have it.
///
/// Rows are streamed: memory is bounded by the longest line. For one thread at a time.
package final class RowSets {
  /// What a content is read for.
  package struct Reading: Hashable {
    /// Whether it is made of dropped rows, with reasons.
    package var isDropped: Bool
    /// Whether rows are counted by what their own field `source` says.
    package var countsSources: Bool

    package init(isDropped: Bool = false, countsSources: Bool = false) {
      self.isDropped = isDropped
      self.countsSources = countsSources
    }
  }

  private struct Key: Hashable {
    let artifact: Artifact
    let name: String
    let reading: Reading
  }

  /// The most files of one source whose names are told apart.
  private static let sourceLimit = 10_000
  private static let rowEndings = ["jsonl", "ndjson"]
  private static let textEndings: Set<String> = [
    "json", "csv", "tsv", "txt", "md", "markdown", "yaml", "yml", "html", "htm", "xml", "toml",
  ]

  private let store: any Store
  private let needle: Needle?
  private let limit: Int
  private let report: (String, Int64) throws -> Void
  private var known: [Key: RowFindings?] = [:]

  /// What the store lacks, and what it has damaged, as it was asked for.
  package private(set) var missing: Set<String> = []
  package private(set) var damaged: Set<String> = []
  /// How many contents were read, and how many bytes.
  package private(set) var contents = 0
  package private(set) var bytes: Int64 = 0

  /// - Parameters:
  ///   - needle: the rows that are meant; nil to count only.
  ///   - limit: how many of the found rows are kept.
  ///   - report: called with a name and the bytes read so far before each content is read.
  package init(
    _ store: any Store, needle: Needle? = nil, limit: Int = 20,
    report: @escaping (String, Int64) throws -> Void = { _, _ in }
  ) {
    self.store = store
    self.needle = needle
    self.limit = limit
    self.report = report
  }

  /// Whether a file of that name holds rows.
  package static func holdsRows(_ path: String) -> Bool {
    FilePath(path).extension.map { rowEndings.contains($0.lowercased()) } ?? false
  }

  /// What is in an artifact.
  ///
  /// - Parameters:
  ///   - path: its path, whose ending says what it holds.
  ///   - label: what to call it.
  ///   - content: its bytes from elsewhere, where the store lacks it.
  /// - Returns: nil where it holds neither rows nor, when a text is looked for, text; and where it is
  ///   missing, which `missing` then says.
  package func findings(
    in artifact: Artifact, path: String, label: String, reading: Reading = Reading(),
    content: () throws -> [UInt8]? = { nil }
  ) throws -> RowFindings? {
    if artifact.kind == .file, !isRead(path) { return nil }
    let ending = FilePath(path).extension ?? ""
    let key = Key(artifact: artifact, name: ending, reading: reading)
    if let found = known[key] { return found }
    try report(label, bytes)
    var found: RowFindings?
    do {
      found =
        artifact.kind == .file
        ? try file(artifact, path, label, nil, reading, content)
        : try folder(artifact.digest, label, "", reading)
    } catch let problem as Problem where problem.tier == .damage {
      damaged.insert(label)
    }
    known[key] = .some(found)
    return found
  }

  private func isRead(_ path: String) -> Bool {
    if RowSets.holdsRows(path) { return true }
    guard case .text? = needle else { return false }
    return FilePath(path).extension.map { RowSets.textEndings.contains($0.lowercased()) } ?? false
  }

  private func folder(
    _ digest: Digest, _ label: String, _ prefix: String, _ reading: Reading
  ) throws -> RowFindings? {
    guard let tree = try store.tree(digest) else {
      missing.insert(label)
      return nil
    }
    var found: RowFindings?
    for item in tree.items {
      let path = prefix.isEmpty ? item.name : "\(prefix)/\(item.name)"
      let part: RowFindings?
      switch item.entry {
      case .file(let digest, let size, _) where isRead(item.name):
        part = try file(
          Artifact(kind: .file, digest: digest, size: size), item.name, label, path, reading
        ) { nil }
      case .folder(let digest, _): part = try folder(digest, label, path, reading)
      case .file, .link: part = nil
      }
      guard let part else { continue }
      found = found ?? RowFindings()
      found?.merge(part, limit: limit)
    }
    return found
  }

  private func file(
    _ artifact: Artifact, _ path: String, _ label: String, _ place: String?, _ reading: Reading,
    _ content: () throws -> [UInt8]?
  ) throws -> RowFindings? {
    let folder = try store.makeWorkFolder()
    defer { try? Files.remove(folder) }
    let plain = folder.appending("rows")
    if try !store.materialise(artifact, at: plain) {
      guard let bytes = try content() else {
        missing.insert(label)
        return nil
      }
      try Files.write(bytes, to: plain)
    }
    contents += 1
    bytes += artifact.size
    var found = RowFindings()
    let lines = try LineReader(plain, name: label)
    do {
      if RowSets.holdsRows(path) {
        try rows(lines, place, reading, into: &found)
      } else {
        try text(lines, place, into: &found)
      }
    } catch let problem as Problem where problem.code == "line-too-long" {
      found.unreadable += 1
    }
    return found
  }

  private func rows(
    _ lines: LineReader, _ file: String?, _ reading: Reading, into found: inout RowFindings
  ) throws {
    let filter = needle.map(LineFilter.init)
    let parsesAll = reading.isDropped || reading.countsSources
    while let line = try lines.next() {
      if RowReader.isBlank(line) { continue }
      found.rows += 1
      if found.rows.isMultiple(of: 50_000) { try report(lines.name, bytes) }
      guard parsesAll || filter?.canMatch(line) == true else { continue }
      guard let fields = (try? JSON(parsing: line))?.object else {
        found.unreadable += 1
        continue
      }
      let reason = reading.isDropped ? fields["reason"]?.string ?? "no reason given" : nil
      if let reason { found.reasons[reason, default: 0] += 1 }
      if reading.countsSources, let name = RowSets.sourceFile(fields),
        found.sources[name] != nil || found.sources.count < RowSets.sourceLimit
      {
        found.sources[name, default: 0] += 1
      }
      guard let needle, needle.matches(fields) else { continue }
      found.matches += 1
      if let reason { found.matchedReasons[reason, default: 0] += 1 }
      if found.first.count < limit {
        found.first.append(
          RowFindings.Match(
            file: file, line: lines.number, id: Needle.id(of: fields), row: .object(fields),
            reason: reason, detail: reading.isDropped ? fields["detail"]?.string : nil))
      }
    }
  }

  private func text(
    _ lines: LineReader, _ file: String?, into found: inout RowFindings
  ) throws {
    guard case .text(let wanted)? = needle else { return }
    let bytes = Array(wanted.utf8)
    while let line = try lines.next() {
      guard Needle.contains(line, bytes) else { continue }
      found.matches += 1
      if found.first.count < limit {
        found.first.append(
          RowFindings.Match(
            file: file, line: lines.number, id: nil, row: .null, reason: nil, detail: nil))
      }
    }
  }

  /// What a row's own field says that it came from, as `ingest` writes it.
  private static func sourceFile(_ fields: [String: JSON]) -> String? {
    fields["source"]?.string ?? fields["source"]?["file"]?.string
  }
}
