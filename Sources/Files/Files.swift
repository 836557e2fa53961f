package import Digests
internal import Foundation
internal import Glibc
package import Problems
package import SystemPackage

/// Whole-file reading, durable writing and folder work, with errors that name the path.
package enum Files {
  /// What stands at a path, links not followed.
  package enum Kind: Hashable, Sendable {
    case file(isExecutable: Bool)
    case folder
    case link
    /// A device, socket or pipe.
    case other
  }

  /// The kind of what stands at the path, or nil where nothing does.
  package static func kind(_ path: FilePath) -> Kind? {
    var status = stat()
    guard lstat(path.string, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file(isExecutable: status.st_mode & S_IXUSR != 0)
    case S_IFDIR: return .folder
    case S_IFLNK: return .link
    default: return .other
    }
  }

  package static func exists(_ path: FilePath) -> Bool { kind(path) != nil }

  /// Makes a folder and those above it that are missing.
  package static func makeFolder(_ path: FilePath) throws(Problem) {
    if mkdir(path.string, 0o777) == 0 { return }
    let code = errno
    if code == EEXIST {
      var status = stat()
      if stat(path.string, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    }
    if code == ENOENT, path != path.removingLastComponent(), !path.removingLastComponent().isEmpty {
      try makeFolder(path.removingLastComponent())
      if mkdir(path.string, 0o777) == 0 || errno == EEXIST { return }
    }
    throw .file("cannot make the folder", path, Errno(rawValue: code))
  }

  /// The whole content of a file that is known to be small.
  package static func read(_ path: FilePath) throws(Problem) -> [UInt8] {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      defer { try? file.close() }
      var status = stat()
      let size = fstat(file.rawValue, &status) == 0 ? Int(status.st_size) : 0
      var content: [UInt8] = []
      content.reserveCapacity(size + 1)
      let piece = UnsafeMutableRawBufferPointer.allocate(
        byteCount: min(max(size + 1, 4096), 1 << 20), alignment: 16)
      defer { piece.deallocate() }
      while true {
        let count = try file.read(into: piece)
        if count == 0 { return content }
        content.append(contentsOf: piece[..<count])
      }
    } catch { throw .file("cannot read", path, error) }
  }

  /// The whole content of a small UTF-8 file.
  package static func readText(_ path: FilePath) throws(Problem) -> String {
    guard let text = String(validating: try read(path), as: UTF8.self) else {
      throw Problem(
        .user, "not-utf8", "cannot read \(path): it is not UTF-8",
        hint: "save it as UTF-8")
    }
    return text
  }

  /// Writes a new file; not durable, for folders that are thrown away.
  package static func write(
    _ bytes: some Collection<UInt8>, to path: FilePath, mode: UInt32 = 0o644
  ) throws(Problem) {
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: FilePermissions(rawValue: CModeT(mode)))
      try file.closeAfter { _ = try file.writeAll(Array(bytes)) }
    } catch { throw .file("cannot write", path, error) }
  }

  /// Writes a file so that after a power cut either the old or the new content is there: temporary
  /// file beside it, fsync, rename, fsync of the folder.
  package static func writeDurably(
    _ bytes: some Collection<UInt8>, to path: FilePath, mode: UInt32 = 0o644
  ) throws(Problem) {
    let temporary = path.removingLastComponent().appending(
      ".\(path.lastComponent?.string ?? "file").\(UInt64.random(in: 0...UInt64.max)).tmp")
    do {
      let file = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: FilePermissions(rawValue: CModeT(mode)))
      try file.closeAfter {
        _ = try file.writeAll(Array(bytes))
        if fsync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
      }
    } catch {
      unlink(temporary.string)
      throw .file("cannot write", path, error)
    }
    if Glibc.rename(temporary.string, path.string) != 0 {
      let code = Errno(rawValue: errno)
      unlink(temporary.string)
      throw .file("cannot write", path, code)
    }
    try syncFolder(path.removingLastComponent())
  }

  /// Makes the names in a folder durable.
  package static func syncFolder(_ path: FilePath) throws(Problem) {
    let folder = path.isEmpty ? FilePath(".") : path
    do {
      let file = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
      try file.closeAfter { if fsync(file.rawValue) != 0 { throw Errno(rawValue: errno) } }
    } catch { throw .file("cannot sync the folder", folder, error) }
  }

  /// Renames within one file system, replacing what stands there.
  package static func rename(_ from: FilePath, to: FilePath) throws(Problem) {
    if Glibc.rename(from.string, to.string) != 0 {
      throw .file("cannot rename \(from) to", to, Errno(rawValue: errno))
    }
  }

  /// The names in a folder, in byte order, without `.` and `..`.
  package static func names(in path: FilePath) throws(Problem) -> [String] {
    guard let folder = opendir(path.string) else {
      throw .file("cannot read the folder", path, Errno(rawValue: errno))
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      guard let name else {
        throw Problem(
          .user, "file-name", "the folder \(path) holds a name that is not UTF-8",
          hint: "rename that file")
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Removes a file or a folder with everything in it; nothing there is no error. Folders without
  /// write permission are opened up first, and names may be any bytes.
  package static func remove(_ path: FilePath) throws(Problem) {
    let failed = path.withPlatformString { removeTree($0) }
    if let failed { throw .file("cannot remove", path, failed) }
  }

  /// Removes everything in a folder, and opens the folder up where a step had closed it.
  package static func removeContents(of path: FilePath) throws(Problem) {
    let failed = path.withPlatformString { text -> Errno? in
      chmod(text, 0o755)
      return emptyFolder(text)
    }
    if let failed { throw .file("cannot empty", path, failed) }
  }

  /// - Returns: the first error, or nil.
  private static func removeTree(_ path: UnsafePointer<CChar>) -> Errno? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return errno == ENOENT ? nil : Errno(rawValue: errno) }
    if status.st_mode & S_IFMT != S_IFDIR {
      return unlink(path) == 0 || errno == ENOENT ? nil : Errno(rawValue: errno)
    }
    if status.st_mode & S_IRWXU != S_IRWXU { chmod(path, 0o700) }
    if let failed = emptyFolder(path) { return failed }
    return rmdir(path) == 0 || errno == ENOENT ? nil : Errno(rawValue: errno)
  }

  private static func emptyFolder(_ path: UnsafePointer<CChar>) -> Errno? {
    guard let folder = opendir(path) else { return Errno(rawValue: errno) }
    defer { closedir(folder) }
    let start = Array(UnsafeBufferPointer(start: path, count: strlen(path)))
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
          Array(UnsafeBufferPointer(start: name, count: strlen(name)))
        }
      }
      if name == [0x2E] || name == [0x2E, 0x2E] { continue }
      if let failed = removeTree(start + [0x2F] + name + [0]) { return failed }
    }
    return nil
  }

  /// A new empty folder with a name of its own inside another.
  package static func makeTemporaryFolder(in parent: FilePath, prefix: String) throws(Problem)
    -> FilePath
  {
    try makeFolder(parent)
    var template = Array(parent.appending("\(prefix)XXXXXX").string.utf8CString)
    guard mkdtemp(&template) != nil else {
      throw .file("cannot make a folder in", parent, Errno(rawValue: errno))
    }
    return FilePath(
      String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  /// Copies one file's content and execute bit by reflink where the file system has it; never a
  /// hard link.
  package static func copy(_ from: FilePath, to: FilePath, mode: UInt32 = 0o644) throws(Problem) {
    do {
      let source = try FileDescriptor.open(from, .readOnly, options: .closeOnExec)
      defer { try? source.close() }
      let target = try FileDescriptor.open(
        to, .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: FilePermissions(rawValue: CModeT(mode)))
      try target.closeAfter {
        // FICLONE, linux/fs.h: _IOW(0x94, 9, int)
        if ioctl(target.rawValue, 0x4004_9409, source.rawValue) == 0 { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try source.read(into: buffer), count > 0 {
          try target.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      }
    } catch { throw .file("cannot copy \(from) to", to, error) }
  }

  /// The digest and size of a file, read in pieces of 1 MiB.
  package static func digest(of path: FilePath) throws(Problem) -> (digest: Digest, size: Int64) {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      defer { try? file.close() }
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
      defer { buffer.deallocate() }
      var hasher = SHA256Hasher()
      var size: Int64 = 0
      while case let count = try file.read(into: buffer), count > 0 {
        hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        size += Int64(count)
      }
      return (hasher.finish(), size)
    } catch { throw .file("cannot read", path, error) }
  }

  /// The absolute form of a path, from the working folder where it is relative; links are kept.
  package static func absolute(_ path: FilePath) -> FilePath {
    if path.isAbsolute { return path.lexicallyNormalized() }
    return FilePath(FileManager.default.currentDirectoryPath).pushing(path).lexicallyNormalized()
  }

  /// The path with every link resolved, or nil where it leads nowhere.
  package static func resolved(_ path: FilePath) -> FilePath? {
    guard let pointer = realpath(path.string, nil) else { return nil }
    defer { free(pointer) }
    return FilePath(platformString: pointer)
  }
}
