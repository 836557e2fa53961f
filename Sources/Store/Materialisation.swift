internal import BlockingWork
internal import Digests
internal import Files
internal import Glibc
internal import Problems
internal import Synchronization
internal import SystemPackage

/// Writes artifacts as plain files and folders, each blob verified on its way.
struct Materialisation: Sendable {
  let store: any Store
  let isReadOnly: Bool

  /// 1980-01-01, the earliest time that every archive format can say, in seconds since 1970.
  static let time = 315_532_800

  private struct File: Sendable {
    var path: FilePath
    var digest: Digest
    var size: Int64
    var isExecutable: Bool
  }

  private struct Plan {
    var folders: [FilePath] = []
    var files: [File] = []
  }

  private final class Missing: Sendable {
    let isTrue = Atomic(false)
  }

  /// Writes an artifact at a path where nothing stands.
  ///
  /// - Returns: false where a part of it is missing. Then, and after an error, what was written
  ///   remains: the caller removes it.
  func write(_ artifact: Artifact, to path: FilePath) throws -> Bool {
    switch artifact.kind {
    case .file:
      return try write(
        File(path: path, digest: artifact.digest, size: artifact.size, isExecutable: false))
    case .folder:
      var plan = Plan()
      guard try prepare(artifact.digest, path, depth: 0, &plan) else { return false }
      let files = plan.files
      let missing = Missing()
      try ParallelWork.perform(files.count) { index in
        guard !missing.isTrue.load(ordering: .relaxed) else { return }
        if try !write(files[index]) { missing.isTrue.store(true, ordering: .relaxed) }
      }
      if missing.isTrue.load(ordering: .relaxed) { return false }
      // Inner folders first: writing into a folder changes its time.
      for folder in plan.folders.reversed() {
        try Materialisation.settle(folder, mode: isReadOnly ? 0o555 : 0o755)
      }
      return true
    }
  }

  /// Makes the folders and links, and lists the files to write.
  private func prepare(
    _ digest: Digest, _ path: FilePath, depth: Int, _ plan: inout Plan
  ) throws -> Bool {
    guard let tree = try store.tree(digest) else { return false }
    guard mkdir(path.string, 0o700) == 0 else {
      throw Problem.file("cannot make the folder", path, Errno(rawValue: errno))
    }
    plan.folders.append(path)
    for item in tree.items {
      let path = path.appending(item.name)
      switch item.entry {
      case .file(let digest, let size, let isExecutable):
        plan.files.append(
          File(path: path, digest: digest, size: size, isExecutable: isExecutable))
      case .folder(let digest, _):
        guard try prepare(digest, path, depth: depth + 1, &plan) else { return false }
      case .link(let target):
        guard Tree.staysInside(target, depth: depth) else {
          throw Problem(
            .damage, "bad-tree",
            "cannot write \(path): it would link to `\(target)`, outside its folder")
        }
        guard symlink(target, path.string) == 0 else {
          throw Problem.file("cannot make the link", path, Errno(rawValue: errno))
        }
        try Materialisation.setTime(path)
      }
    }
    return true
  }

  private func write(_ file: File) throws -> Bool {
    do {
      let descriptor = try FileDescriptor.open(
        file.path, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
        permissions: [.ownerReadWrite])
      return try descriptor.closeAfter {
        var written: Int64 = 0
        let isWhole = try store.stream(file.digest) { bytes in
          try descriptor.writeAll(bytes)
          written += Int64(bytes.count)
        }
        guard isWhole else { return false }
        guard written == file.size else {
          throw Problem(
            .damage, "wrong-size",
            "cannot write \(file.path): \(file.digest) has \(written) bytes, not \(file.size)")
        }
        let mode: mode_t =
          switch (isReadOnly, file.isExecutable) {
          case (true, true): 0o555
          case (true, false): 0o444
          case (false, true): 0o755
          case (false, false): 0o644
          }
        guard fchmod(descriptor.rawValue, mode) == 0,
          futimens(descriptor.rawValue, Materialisation.times) == 0
        else { throw Errno(rawValue: errno) }
        return true
      }
    } catch let error as Errno {
      throw Problem.file("cannot write", file.path, error)
    }
  }

  /// Sets mode and time of a finished file or folder.
  static func settle(_ path: FilePath, mode: mode_t) throws(Problem) {
    guard chmod(path.string, mode) == 0 else {
      throw .file("cannot set the access rights of", path, Errno(rawValue: errno))
    }
    try setTime(path)
  }

  /// Sets the fixed time; of a link itself, not of what it leads to.
  static func setTime(_ path: FilePath) throws(Problem) {
    guard utimensat(AT_FDCWD, path.string, times, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw .file("cannot set the time of", path, Errno(rawValue: errno))
    }
  }

  private static let times = [
    timespec(tv_sec: time, tv_nsec: 0), timespec(tv_sec: time, tv_nsec: 0),
  ]
}

extension Store {
  /// Writes an artifact whole or not at all: under a temporary name beside the path, then renamed.
  func materialiseWhole(_ artifact: Artifact, at path: FilePath) throws -> Bool {
    guard !Files.exists(path) else {
      throw Problem(
        .environment, "exists", "cannot write \(path): something stands there already",
        hint: "move it away")
    }
    let name = path.lastComponent?.string ?? "artifact"
    let temporary = path.removingLastComponent().appending(
      ".\(name.prefix(100)).\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).tmp")
    do {
      if try Materialisation(store: self, isReadOnly: false).write(artifact, to: temporary) {
        try Files.rename(temporary, to: path)
        return true
      }
    } catch {
      try? Files.remove(temporary)
      throw error
    }
    try Files.remove(temporary)
    return false
  }
}
