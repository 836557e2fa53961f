internal import Documents
internal import Files
internal import Foundation
internal import Glibc
internal import Problems
internal import Processes
internal import SystemPackage

/// An archive or compressed file from outside, unpacked with suspicion.
///
/// Refused are names that lead outside or could be taken for others, links that leave the archive
/// or lead to nothing in it, devices, sparse and encrypted files, the same name twice, more than
/// 200,000 entries, and what expands to more than 200 times its size (64 MiB are always allowed).
/// Names that differ by case only are refused too, unless they are files of the same bytes: of
/// those the first in byte order is kept and the others are told (packages made on other systems
/// have them, `countryinfo` among them).
package struct Archive: Sendable {
  package enum Format: String, Hashable, Sendable, CaseIterable {
    case zip, tar
    case tarGz = "tar.gz"
    case tarBz2 = "tar.bz2"
    case tarXz = "tar.xz"
    case tarZst = "tar.zst"
    case gz, bz2, xz, zst

    /// Whether it holds files by name; the others are one compressed file.
    package var isFolder: Bool { self == .zip || rawValue.hasPrefix("tar") }

    /// The format by a file's ending, and the name without that ending; nil for a plain file. The
    /// name rather than the content decides, since many formats (`.docx`, `.npz`) are zips inside.
    package static func of(_ fileName: String) -> (format: Format, stem: String)? {
      let endings: [(String, Format)] = [
        (".tar.gz", .tarGz), (".tgz", .tarGz), (".tar.bz2", .tarBz2), (".tbz2", .tarBz2),
        (".tar.xz", .tarXz), (".txz", .tarXz), (".tar.zst", .tarZst), (".tzst", .tarZst),
        (".tar", .tar), (".zip", .zip), (".whl", .zip), (".gz", .gz), (".bz2", .bz2), (".xz", .xz),
        (".zst", .zst),
      ]
      let lower = fileName.lowercased()
      for (ending, format) in endings where lower.hasSuffix(ending) && lower.count > ending.count {
        return (format, String(fileName.dropLast(ending.count)))
      }
      return nil
    }
  }

  /// What came out.
  package struct Contents: Hashable, Sendable {
    package var files: Int
    /// In bytes, all files together.
    package var bytes: Int64
    /// How many files the archive holds, wanted or not.
    package var filesInSource: Int
    /// The files left out since another one, which differs by case only, has the same bytes: the
    /// name of that one by the name of the one left out.
    package var merged: [String: String] = [:]
  }

  struct Entry {
    enum Kind: String {
      case file, folder, link, device, sparse, encrypted, unreadable
      case hardLink = "hard-link"
    }
    var number: Int
    var name: EntryName
    var kind: Kind
    var size: Int64
    var isExecutable: Bool
    var target: String?
  }

  static let mostEntries = 200_000

  let file: FilePath
  let format: Format
  /// What it is, for messages.
  let title: String
  let context: SourceContext

  /// The most that it may expand to, in bytes.
  private var limit: Int64 { max(64 << 20, 200 * (FileStamp(file)?.size ?? 0)) }

  /// Unpacks what is wanted into a folder that does not exist yet.
  func unpack(_ selection: Selection, into folder: FilePath) throws -> Contents {
    let entries = try entries()
    let files = entries.filter { $0.kind != .folder }
    let wanted = entries.filter { !$0.name.path.isEmpty && selection.contains($0.name.path) }
    let wantedFiles = wanted.filter { $0.kind != .folder }
    if wantedFiles.isEmpty, selection.patterns != nil || files.isEmpty {
      throw nothingSelected(selection, files.map(\.name.path))
    }
    // Without patterns empty folders are kept; with them only what is above a wanted file.
    let kept = selection.patterns == nil ? wanted : wantedFiles
    let twins = try check(kept)
    try makeFolders(of: kept, in: folder)
    let plain = kept.filter { $0.kind == .file }
    try extract(plain, into: folder)
    let byName = Dictionary(plain.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for entry in kept where entry.kind == .hardLink {
      try copyHardLink(entry, among: byName, in: folder)
    }
    for entry in kept where entry.kind == .link {
      let path = folder.pushing(FilePath(entry.name.path))
      if symlink(entry.target ?? "", path.string) != 0 {
        throw Problem.file("cannot make the link", path, Errno(rawValue: errno))
      }
    }
    try merge(twins, in: folder)
    let left = wantedFiles.filter { twins[$0.name.path] == nil }
    return Contents(
      files: left.count, bytes: left.reduce(0) { $0 + size(of: $1, among: byName) },
      filesInSource: files.count, merged: twins)
  }

  /// Expands a single compressed file to a path where nothing stands yet; gives its size.
  func expand(to path: FilePath) throws {
    try run("expand", extra: [path.string]) { _ in }
  }

  // MARK: What may come out

  private func entries() throws -> [Entry] {
    var entries: [Entry] = []
    try run("list") { output in
      try Lines.read(output) { line in
        let value = try JSON(parsing: line)
        guard let name = value["name"]?.string, let kindText = value["kind"]?.string,
          let kind = Entry.Kind(rawValue: kindText), let size = value["size"]?.integer
        else { throw Problem(.fault, "archive", "the archive reader said \(value.canonicalText)") }
        if kind == .unreadable { throw refused("a name that is not UTF-8", name) }
        switch EntryName.check(name) {
        case .failure(let refusal): throw refused(refusal.what, name)
        case .success(let checked):
          entries.append(
            Entry(
              number: entries.count, name: checked, kind: kind, size: size,
              isExecutable: value["executable"]?.bool == true, target: value["target"]?.string))
        }
      }
    }
    return entries
  }

  /// - Returns: files whose names differ from another's by case only, by the name of the one to be
  ///   left out; whether their bytes are the same is not known yet.
  private func check(_ entries: [Entry]) throws(Problem) -> [String: String] {
    var kinds: [String: Entry.Kind] = [:]
    for entry in entries {
      let name = entry.name.path
      switch entry.kind {
      case .device: throw refused("a device, pipe or socket", name)
      case .sparse: throw refused("a sparse file", name)
      case .encrypted: throw refused("an encrypted file", name)
      default: break
      }
      if let other = kinds[name] {
        if other == .folder, entry.kind == .folder { continue }
        throw refused("the same name twice", name)
      }
      kinds[name] = entry.kind
    }
    // Folders that are only implied count too: `A/x` and `a/y` collide.
    for entry in entries {
      for folder in entry.name.folders {
        if let kind = kinds[folder], kind != .folder {
          throw refused("a file or link that is a folder elsewhere", folder)
        }
        kinds[folder] = .folder
      }
    }
    var folded: [String: String] = [:]
    var twins: [String: String] = [:]
    for name in kinds.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      guard let other = folded[name.lowercased()] else {
        folded[name.lowercased()] = name
        continue
      }
      guard kinds[name] == .file, kinds[other] == .file else { throw collision(other, name) }
      twins[name] = other
    }
    let total = entries.reduce(Int64(0)) { $0 &+ max(0, $1.kind == .file ? $1.size : 0) }
    if entries.contains(where: { $0.size < 0 }) || total < 0 || total > limit {
      throw bomb("it expands to more than \(limit) bytes")
    }
    for entry in entries {
      var target: String?
      switch entry.kind {
      case .hardLink:
        target = try? EntryName.check(entry.target ?? "").get().path
        guard let target, kinds[target] == .file else {
          throw refused(
            "a hard link to something that is not among the wanted files", entry.name.path)
        }
      case .link:
        target = entry.name.resolving(entry.target ?? "")
        guard let target, target.isEmpty || [.file, .folder, .hardLink].contains(kinds[target])
        else {
          throw refused(
            "a link that leaves the archive or leads to nothing wanted in it", entry.name.path)
        }
      default: break
      }
      if let target, twins[target] != nil {
        throw refused("a link to one of two like names", target)
      }
    }
    return twins
  }

  // MARK: Taking it out

  private func makeFolders(of entries: [Entry], in folder: FilePath) throws(Problem) {
    try makeFolder(folder)
    var made: Set<String> = []
    for entry in entries {
      let own = entry.kind == .folder ? [entry.name.path] : []
      for name in entry.name.folders + own where made.insert(name).inserted {
        try makeFolder(folder.pushing(FilePath(name)))
      }
    }
  }

  private func makeFolder(_ path: FilePath) throws(Problem) {
    try Files.makeFolder(path)
    try setMode(0o755, of: path)
  }

  /// Whatever the umask is.
  private func setMode(_ mode: mode_t, of path: FilePath) throws(Problem) {
    if chmod(path.string, mode) != 0 {
      throw .file("cannot change the rights of", path, Errno(rawValue: errno))
    }
  }

  private func extract(_ entries: [Entry], into folder: FilePath) throws {
    guard !entries.isEmpty else { return }
    var plan: [UInt8] = []
    for entry in entries {
      let line: JSON = .object([
        "entry": .integer(Int64(entry.number)), "size": .integer(entry.size),
        "executable": .bool(entry.isExecutable),
        "to": .string(folder.pushing(FilePath(entry.name.path)).string),
      ])
      line.write(to: &plan)
      plan.append(UInt8(ascii: "\n"))
    }
    try run("extract", input: plan) { _ in }
  }

  private func copyHardLink(
    _ entry: Entry, among files: [EntryName: Entry], in folder: FilePath
  ) throws {
    guard let original = original(of: entry, among: files) else { return }
    let path = folder.pushing(FilePath(entry.name.path))
    try Files.copy(folder.pushing(FilePath(original.name.path)), to: path)
    try setMode(original.isExecutable ? 0o755 : 0o644, of: path)
  }

  private func original(of entry: Entry, among files: [EntryName: Entry]) -> Entry? {
    guard let name = try? EntryName.check(entry.target ?? "").get() else { return nil }
    return files[name]
  }

  private func size(of entry: Entry, among files: [EntryName: Entry]) -> Int64 {
    switch entry.kind {
    case .file: entry.size
    case .hardLink: original(of: entry, among: files)?.size ?? 0
    default: 0
    }
  }

  private func merge(_ twins: [String: String], in folder: FilePath) throws(Problem) {
    for (name, other) in twins.sorted(by: { $0.key < $1.key }) {
      let path = folder.pushing(FilePath(name))
      let same = folder.pushing(FilePath(other))
      guard try Files.digest(of: path) == Files.digest(of: same) else {
        throw collision(other, name)
      }
      try Files.remove(path)
    }
  }

  // MARK: The program

  func run(
    _ mode: String, extra: [String] = [], input: [UInt8] = [], reading: (FilePath) throws -> Void
  ) throws {
    let arguments =
      ["-I", "-S", "-c", ArchiveProgram.text, mode, file.string, format.rawValue, String(limit)]
      + [String(Archive.mostEntries)] + extra
    let scratch = try Files.makeTemporaryFolder(in: context.workFolder, prefix: "archive-")
    defer { try? Files.remove(scratch) }
    let tool = Tool(
      command: Command(
        context.python, arguments, environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]),
      folder: scratch, input: input)
    let ending = try tool.run(watch: context.checkCancelled)
    let reason = ending.errors.split(separator: "\n").last.map(String.init) ?? "no reason given"
    switch ending.status {
    case 0: try reading(ending.output)
    case 3 where reason.contains("expands to more") || reason.contains("entries"):
      throw bomb(reason)
    case 3:
      throw Problem(
        .user, "archive", "cannot unpack \(title): \(reason)",
        hint: "if it is no archive after all, say `unpack: none`")
    case 4:
      throw Problem(.environment, "file", "cannot unpack \(title): \(reason)")
    case 5:
      throw Problem(
        .environment, "tool-missing", "cannot unpack \(title): \(reason)",
        hint: "install it: apt install zstd")
    default:
      throw Problem(
        .fault, "archive",
        "cannot unpack \(title): the archive reader ended with "
          + "\(ending.status): \(reason)")
    }
  }

  // MARK: What is said

  private func refused(_ what: String, _ name: String) -> Problem {
    let shown = name.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0) }
    return Problem(
      .user, "archive", "cannot unpack \(title): it holds \(what), `\(shown.joined())`",
      hint: "select what is needed without it, or fetch the file with `unpack: none`")
  }

  private func collision(_ a: String, _ b: String) -> Problem {
    refused("names that differ by case only", "\(a)` and `\(b)")
  }

  private func bomb(_ reason: String) -> Problem {
    Problem(
      .user, "archive", "cannot unpack \(title): \(reason), which looks like a trap",
      hint: "fetch the file with `unpack: none` and unpack it in a script cell")
  }

  func nothingSelected(_ selection: Selection, _ names: [String]) -> Problem {
    let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let shown = sorted.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
    let rest = sorted.count > 8 ? " and \(sorted.count - 8) more" : ""
    guard let patterns = selection.patterns, !sorted.isEmpty else {
      return Problem(.user, "select", "cannot take files out of \(title): it holds none")
    }
    return Problem(
      .user, "select",
      "cannot select \(patterns.map { "`\($0)`" }.joined(separator: ", ")) from \(title): no file "
        + "matches; it holds \(shown)\(rest)",
      hint: "`*` stays within one folder, `**/*.json` goes through all of them")
  }
}
