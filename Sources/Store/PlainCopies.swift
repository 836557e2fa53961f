internal import Digests
internal import Files
internal import Glibc
internal import Problems
internal import SystemPackage

/// The read-only plain copies in `cache/plain/`, made where they are missing, made anew where somebody
/// changed them.
///
/// A copy is trusted while its evidence (a digest over the stamps of everything in it, and the boot)
/// is what was remembered. Without that, as after a restart of the machine or where another process
/// made the copy, it is read once and compared by content.
struct PlainCopies: Sendable {
  /// Where the copies are: `plain/AB/HEX` for a file, `plain/AB/HEX.folder` for a folder.
  let folder: FilePath
  /// The evidence kept for a copy's name.
  let recall: @Sendable (String) throws -> Digest?
  let remember: @Sendable (String, Digest) throws -> Void
  /// A new folder on the same file system in which a copy is made.
  let makeWorkFolder: @Sendable () throws -> FilePath

  static func name(_ artifact: Artifact) -> String {
    artifact.kind == .file ? artifact.digest.hex : artifact.digest.hex + ".folder"
  }

  private func path(_ artifact: Artifact) -> FilePath {
    let name = PlainCopies.name(artifact)
    return folder.appending(String(name.prefix(2))).appending(name)
  }

  /// The copy's path, made from the store where it is missing or changed; nil where the store lacks
  /// a part of it.
  func copy(_ artifact: Artifact, from store: any Store) throws -> FilePath? {
    let path = path(artifact)
    if try isTrusted(artifact, path) { return path }
    let work = try makeWorkFolder()
    defer { try? Files.remove(work) }
    let fresh = work.appending("copy")
    guard try Materialisation(store: store, isReadOnly: true).write(artifact, to: fresh) else {
      return nil
    }
    try place(fresh, at: path, artifact)
    return path
  }

  /// Takes a finished file or folder as the copy. Where that cannot be done safely (another name of
  /// the same file exists, or it belongs to somebody else, or is on another file system) it is
  /// removed, and the copy is made from the store when it is asked for.
  func adopt(_ source: FilePath, as artifact: Artifact) throws {
    let path = path(artifact)
    if try isTrusted(artifact, path) {
      try Files.remove(source)
      return
    }
    guard try isOurs(source, artifact.kind) else {
      try Files.remove(source)
      return
    }
    if artifact.kind == .file {
      guard let stamp = FileStamp(source), stamp.size == artifact.size else {
        throw Problem(
          .fault, "adopt", "cannot take \(source) as a plain copy: it is not what was put")
      }
    }
    try close(source, isTop: true)
    do {
      try place(source, at: path, artifact)
    } catch let problem as Problem where problem.code == "other-file-system" {
      try Files.remove(source)
    }
  }

  // MARK: Placing

  private func place(_ fresh: FilePath, at path: FilePath, _ artifact: Artifact) throws {
    try Files.makeFolder(path.removingLastComponent())
    // Moving a folder to another one writes to it, for which it must be writable.
    if artifact.kind == .folder { chmod(fresh.string, 0o755) }
    if rename(fresh.string, path.string) != 0 {
      switch errno {
      case ENOTEMPTY, EEXIST, ENOTDIR, EISDIR:
        // A changed copy, or one that another process just made.
        if try isTrusted(artifact, path) {
          try Files.remove(fresh)
          return
        }
        let away = try makeWorkFolder()
        defer { try? Files.remove(away) }
        chmod(path.string, 0o755)
        if rename(path.string, away.appending("old").string) != 0, errno != ENOENT {
          throw Problem.file("cannot replace", path, Errno(rawValue: errno))
        }
        try Files.rename(fresh, to: path)
      case EXDEV:
        throw Problem(
          .environment, "other-file-system",
          "cannot move \(fresh) to \(path): it is on another file system")
      default: throw Problem.file("cannot rename \(fresh) to", path, Errno(rawValue: errno))
      }
    }
    if artifact.kind == .folder { try Materialisation.settle(path, mode: 0o555) }
    if let evidence = try evidence(path) { try remember(PlainCopies.name(artifact), evidence) }
  }

  /// Whether nothing outside the work folder shares the files, and their rights can be set.
  private func isOurs(_ path: FilePath, _ kind: Artifact.Kind) throws -> Bool {
    var status = stat()
    guard lstat(path.string, &status) == 0 else {
      throw Problem.file("cannot take as a plain copy", path, Errno(rawValue: errno))
    }
    guard geteuid() == 0 || status.st_uid == geteuid() else { return false }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return status.st_nlink == 1
    case S_IFLNK: return kind == .folder
    case S_IFDIR where kind == .folder:
      return try Files.names(in: path).allSatisfy { try isOurs(path.appending($0), .folder) }
    default: return false
    }
  }

  /// Takes the right to write away and sets the fixed time, everywhere in it.
  private func close(_ path: FilePath, isTop: Bool) throws {
    switch Files.kind(path) {
    case .file(let isExecutable):
      // A single file has no mode.
      try Materialisation.settle(path, mode: isExecutable && !isTop ? 0o555 : 0o444)
    case .folder:
      for name in try Files.names(in: path) { try close(path.appending(name), isTop: false) }
      try Materialisation.settle(path, mode: isTop ? 0o755 : 0o555)
    case .link: try Materialisation.setTime(path)
    case .other, nil: break
    }
  }

  // MARK: Trust

  private func isTrusted(_ artifact: Artifact, _ path: FilePath) throws -> Bool {
    guard let found = try evidence(path) else { return false }
    let name = PlainCopies.name(artifact)
    if try recall(name) == found { return true }
    guard try hasContent(path, artifact), try evidence(path) == found else { return false }
    try remember(name, found)
    return true
  }

  /// Whether the copy has the right bytes, names and modes; anything that keeps it from being read is
  /// as good as a change.
  private func hasContent(_ path: FilePath, _ artifact: Artifact) throws -> Bool {
    switch (artifact.kind, Files.kind(path)) {
    case (.file, .file(isExecutable: false)):
      return FileStamp(path)?.size == artifact.size
        && (try? Files.digest(of: path))?.digest == artifact.digest
    case (.folder, .folder):
      guard let listing = try? FolderListing(path),
        let contents = try? FolderListing.contents(
          listing.files, { try Files.digest(of: $0) }),
        let found = try? listing.artifact(contents: contents, keep: { Digest(of: $0) })
      else { return false }
      return found.digest == artifact.digest
    default: return false
    }
  }

  /// A digest over what the file system says of everything in the copy, or nil where there is none.
  private func evidence(_ path: FilePath) throws -> Digest? {
    var bytes = PlainCopies.boot
    guard add(path, to: &bytes) else { return nil }
    return Digest(of: bytes)
  }

  private func add(_ path: FilePath, to bytes: inout [UInt8]) -> Bool {
    var status = stat()
    guard lstat(path.string, &status) == 0 else { return false }
    for value in [
      UInt64(status.st_mode), UInt64(status.st_dev), UInt64(status.st_ino),
      UInt64(bitPattern: Int64(status.st_size)),
      UInt64(bitPattern: Int64(status.st_mtim.tv_sec)),
      UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)),
      UInt64(bitPattern: Int64(status.st_ctim.tv_sec)),
      UInt64(bitPattern: Int64(status.st_ctim.tv_nsec)),
    ] {
      LittleEndian.append(value, bytes: 8, to: &bytes)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return true }
    guard let names = try? Files.names(in: path) else { return false }
    for name in names {
      bytes += name.utf8
      bytes.append(0)
      guard add(path.appending(name), to: &bytes) else { return false }
    }
    return true
  }

  /// Copies are not synced to disk: after a power cut a stamp proves nothing.
  private static let boot = (try? Files.read("/proc/sys/kernel/random/boot_id")) ?? []
}
