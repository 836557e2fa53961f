internal import BlockingWork
internal import Digests
internal import Documents
internal import Files
internal import Glibc
internal import Problems
internal import Synchronization
internal import SystemPackage

/// What stands in a folder, read without opening a file, with everything refused that a tree object
/// cannot say.
struct FolderListing: Sendable {
  indirect enum Entry: Sendable {
    /// The position in `files`.
    case file(Int, isExecutable: Bool)
    case folder([Item])
    case link(target: String)
  }

  struct Item: Sendable {
    var name: String
    var entry: Entry
  }

  /// Every file below the folder, in the order in which it was found.
  private(set) var files: [FilePath] = []
  private(set) var items: [Item] = []

  /// - Throws: a user problem for devices, sockets, links that leave the folder, names that are not
  ///   UTF-8 or that collide by case.
  init(_ folder: FilePath) throws(Problem) {
    guard Files.kind(folder) == .folder else {
      throw Problem(.user, "not-a-folder", "cannot keep \(folder): it is not a folder")
    }
    items = try list(folder, depth: 0)
  }

  private mutating func list(_ folder: FilePath, depth: Int) throws(Problem) -> [Item] {
    let names = try Files.names(in: folder)
    if let (a, b) = Tree.collision(names) {
      throw Problem(
        .user, "case-collision",
        "cannot keep \(folder): its entries `\(a)` and `\(b)` differ only in case",
        hint: "rename one of them: some file systems cannot hold both")
    }
    var items: [Item] = []
    items.reserveCapacity(names.count)
    for name in names {
      let path = folder.appending(name)
      switch Files.kind(path) {
      case .file(let isExecutable):
        items.append(Item(name: name, entry: .file(files.count, isExecutable: isExecutable)))
        files.append(path)
      case .folder:
        items.append(Item(name: name, entry: .folder(try list(path, depth: depth + 1))))
      case .link:
        items.append(Item(name: name, entry: .link(target: try target(of: path, depth: depth))))
      case .other:
        throw Problem(
          .user, "special-file", "cannot keep \(path): it is a device, a socket or a pipe",
          hint: "leave only files, folders and links in the folder")
      case nil:
        throw Problem(
          .user, "changed", "cannot keep \(folder): `\(name)` went away while it was read",
          hint: "run the command again when nothing else writes there")
      }
    }
    return items
  }

  private func target(of link: FilePath, depth: Int) throws(Problem) -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { buffer in
      buffer.withMemoryRebound(to: CChar.self) { buffer in
        buffer.baseAddress.map { readlink(link.string, $0, buffer.count) } ?? -1
      }
    }
    guard count >= 0 else { throw .file("cannot read the link", link, Errno(rawValue: errno)) }
    guard let target = String(validating: buffer[..<count], as: UTF8.self) else {
      throw Problem(
        .user, "file-name", "cannot keep \(link): it links to a name that is not UTF-8")
    }
    guard Tree.staysInside(target, depth: depth) else {
      throw Problem(
        .user, "link-outside",
        "cannot keep \(link): it links to `\(target)`, which is not surely inside the folder",
        hint: "link by a relative path inside the folder, with `..` only at its start")
    }
    return target
  }

  /// The tree objects of the folder, those of its folders first.
  ///
  /// - Parameters:
  ///   - contents: digest and size of each of `files`.
  ///   - keep: takes each tree object and gives its digest.
  func artifact(
    contents: [(digest: Digest, size: Int64)], keep: ([UInt8]) throws -> Digest
  ) throws -> Artifact {
    let (digest, size) = try FolderListing.tree(items, contents, keep)
    return Artifact(kind: .folder, digest: digest, size: size)
  }

  private static func tree(
    _ items: [Item], _ contents: [(digest: Digest, size: Int64)], _ keep: ([UInt8]) throws -> Digest
  ) throws -> (Digest, Int64) {
    let tree = Tree(
      try items.map { item -> Tree.Item in
        switch item.entry {
        case .file(let position, let isExecutable):
          let (digest, size) = contents[position]
          return Tree.Item(
            name: item.name, entry: .file(digest, size: size, isExecutable: isExecutable))
        case .folder(let items):
          let (digest, size) = try self.tree(items, contents, keep)
          return Tree.Item(name: item.name, entry: .folder(digest, size: size))
        case .link(let target): return Tree.Item(name: item.name, entry: .link(target: target))
        }
      })
    return (try keep(tree.document.canonicalBytes), tree.size)
  }
}

extension Store {
  /// Keeps a folder: all its files, a few at once, then its tree objects.
  func putTree(of folder: FilePath) throws -> Artifact {
    let listing = try FolderListing(folder)
    let contents = try FolderListing.contents(listing.files) { path in
      let artifact = try putFile(path)
      return (artifact.digest, artifact.size)
    }
    return try listing.artifact(contents: contents) { try put($0) }
  }
}

extension FolderListing {
  /// Digest and size of each file, worked out on a few threads.
  static func contents(
    _ files: [FilePath], _ content: @Sendable (FilePath) throws -> (digest: Digest, size: Int64)
  ) throws -> [(digest: Digest, size: Int64)] {
    let found = Findings(count: files.count)
    try ParallelWork.perform(files.count) { index in
      let content = try content(files[index])
      found.list.withLock { $0[index] = content }
    }
    return found.list.withLock { $0 }
  }
}

private final class Findings: Sendable {
  let list: Mutex<[(digest: Digest, size: Int64)]>

  init(count: Int) {
    list = Mutex(Array(repeating: (Findings.unknown, 0), count: count))
  }

  private static let unknown = Digest(of: "")
}
