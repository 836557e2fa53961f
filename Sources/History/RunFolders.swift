internal import Digests
internal import Problems
internal import Store

/// Turns the content of a run into the folders of its commit.
struct RunFolders {
  /// What was written.
  struct Written {
    var root: ObjectID
    /// The ids of the folders by name; a folder with nothing in it is missing.
    var folders: [String: ObjectID]
  }

  /// A file is inline up to this many bytes.
  static let inlineLimit: Int64 = 64 << 10
  /// A folder of more files than this is a pointer.
  static let folderLimit = 1000

  private let objects: PackWriter
  private let store: any Store
  private var pointers: [[UInt8]] = []

  /// Writes all folders of a run, files from the store where they are inline.
  static func write(
    _ content: RunContent, to objects: PackWriter, from store: any Store
  ) throws -> Written {
    var folders = RunFolders(objects: objects, store: store)
    return try folders.write(content)
  }

  private init(objects: PackWriter, store: any Store) {
    self.objects = objects
    self.store = store
  }

  private mutating func write(_ content: RunContent) throws -> Written {
    let root = Folder()
    for (path, bytes) in content.recipeFiles { try put(bytes, at: ["recipe", path], in: root) }
    for (step, bytes) in content.actions {
      try put(bytes, at: ["actions", step + ".json"], in: root)
    }
    for (step, outputs) in content.results {
      for output in outputs {
        try put(output.artifact, at: ["result", step, output.path], in: root)
      }
    }
    for input in content.inputs {
      let size = input.kind == .file ? input.size : try treeSize(input.digest, "inputs")
      let pointer = Pointer(digest: input.digest, size: size)
      try put(pointer, at: ["inputs", input.digest.hex], in: root)
    }
    for (path, record) in content.record {
      switch record {
      case .bytes(let bytes): try put(bytes, at: ["record", path], in: root)
      case .artifact(let artifact): try put(artifact, at: ["record", path], in: root)
      case .pointer(let digest, let size):
        try put(Pointer(digest: digest, size: size), at: ["record", path], in: root)
      }
    }
    return try finish(root)
  }

  private func finish(_ root: Folder) throws -> Written {
    let attributes = try objects.add(
      .blob, Attributes.bytes(pointers: pointers), name: ".gitattributes")
    var folders: [String: ObjectID] = [:]
    var entries = [(Array(".gitattributes".utf8), Folder.Mode.plain, attributes)]
    for (name, folder) in root.folders {
      let text = String(decoding: name, as: UTF8.self)
      guard let id = try folder.write(to: objects, path: text) else { continue }
      folders[text] = id
      entries.append((name, .folder, id))
    }
    let id = try objects.add(.tree, Folder.bytes(entries))
    return Written(root: id, folders: folders)
  }

  // MARK: Putting

  private func put(_ bytes: [UInt8], at parts: [String], in root: Folder) throws {
    let id = try objects.add(.blob, bytes, name: parts.joined(separator: "/"))
    try put(.file(id, mode: .plain), at: try path(parts), in: root)
  }

  private mutating func put(_ pointer: Pointer, at parts: [String], in root: Folder) throws {
    let path = try path(parts)
    try put(try child(pointer, mode: .plain, at: RunFolders.joined(path)), at: path, in: root)
  }

  private mutating func put(_ artifact: Artifact, at parts: [String], in root: Folder) throws {
    let path = try path(parts)
    let whole = RunFolders.joined(path)
    let child =
      switch artifact.kind {
      case .file: try file(artifact.digest, size: artifact.size, mode: .plain, at: whole)
      case .folder: try folder(artifact.digest, at: whole)
      }
    try put(child, at: path, in: root)
  }

  private func put(_ child: Folder.Child, at path: [[UInt8]], in root: Folder) throws {
    guard root.put(child, at: path) else {
      throw Problem(
        .fault, "history-path",
        "cannot keep \(RunFolders.text(RunFolders.joined(path))) in the history: "
          + "another output stands at the same path")
    }
  }

  /// The names of a path; one that Git refuses has its first character percent-encoded.
  private func path(_ parts: [String]) throws -> [[UInt8]] {
    var names: [[UInt8]] = []
    for name in parts.flatMap({ $0.utf8.split(separator: UInt8(ascii: "/")) }) {
      guard !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8), !name.contains(0) else {
        throw Problem(
          .fault, "history-path",
          "cannot keep \(parts.joined(separator: "/")) in the history: "
            + "the path leaves its folder")
      }
      if let first = name.first, GitNames.isReserved(Array(name)) {
        let hex = String(first, radix: 16, uppercase: true)
        names.append(Array("%\(hex)".utf8) + name.dropFirst())
      } else {
        names.append(Array(name))
      }
    }
    return names
  }

  // MARK: Files

  private mutating func child(
    _ pointer: Pointer, mode: Folder.Mode, at path: [UInt8]
  ) throws -> Folder.Child {
    pointers.append(path)
    return .file(try objects.add(.blob, pointer.bytes, name: RunFolders.text(path)), mode: mode)
  }

  /// A file as it is where Git can show it as text, otherwise a pointer.
  private mutating func file(
    _ digest: Digest, size: Int64, mode: Folder.Mode, at path: [UInt8]
  ) throws -> Folder.Child {
    if size <= RunFolders.inlineLimit {
      guard let bytes = try store.bytes(digest) else { throw missing(digest, path) }
      if RunFolders.isInline(bytes) {
        return .file(try objects.add(.blob, bytes, name: RunFolders.text(path)), mode: mode)
      }
    }
    return try child(Pointer(digest: digest, size: size), mode: mode, at: path)
  }

  /// At most 64 KiB of UTF-8 without NUL, and nothing that a Git LFS client takes for a pointer.
  static func isInline(_ bytes: [UInt8]) -> Bool {
    bytes.count <= inlineLimit && !bytes.contains(0) && !Pointer.isClaimed(by: bytes)
      && (try? UTF8Span(validating: bytes.span)) != nil
  }

  // MARK: Folders

  /// A folder of the store, read whole before anything of it is written.
  private indirect enum Content {
    case file(Digest, size: Int64, isExecutable: Bool)
    case link(String)
    case folder(Digest, [(name: [UInt8], content: Content)])
  }

  /// A folder as it is, or one pointer to its tree object where it has more than 1,000 files.
  private mutating func folder(_ digest: Digest, at path: [UInt8]) throws -> Folder.Child {
    var room = RunFolders.folderLimit
    guard let items = try items(of: digest, room: &room, at: path) else {
      return try treePointer(digest, at: path)
    }
    return try folder(digest, items, at: path)
  }

  /// The content of a folder, or nil where it has more files than there is room for. Links and
  /// empty folders count as files.
  private func items(
    of digest: Digest, room: inout Int, at path: [UInt8]
  ) throws -> [(name: [UInt8], content: Content)]? {
    guard let tree = try store.tree(digest) else { throw missing(digest, path) }
    if tree.items.isEmpty { room -= 1 }
    var items: [(name: [UInt8], content: Content)] = []
    for item in tree.items {
      let content: Content
      switch item.entry {
      case .file(let digest, let size, let isExecutable):
        room -= 1
        content = .file(digest, size: size, isExecutable: isExecutable)
      case .link(let target):
        room -= 1
        content = .link(target)
      case .folder(let digest, _):
        let inner = path + [UInt8(ascii: "/")] + item.name.utf8
        guard let items = try self.items(of: digest, room: &room, at: inner) else { return nil }
        content = .folder(digest, items)
      }
      if room < 0 { return nil }
      items.append((Array(item.name.utf8), content))
    }
    return items
  }

  /// Git has no empty folders, and refuses or obeys some names: such a folder is a pointer too, so
  /// that folders that differ never look alike.
  private mutating func folder(
    _ digest: Digest, _ items: [(name: [UInt8], content: Content)], at path: [UInt8]
  ) throws -> Folder.Child {
    if items.isEmpty || items.contains(where: { GitNames.isReserved($0.name) }) {
      return try treePointer(digest, at: path)
    }
    var entries: [(name: [UInt8], mode: Folder.Mode, id: ObjectID)] = []
    for (name, content) in items {
      let inner = path + [UInt8(ascii: "/")] + name
      let child: Folder.Child
      switch content {
      case .file(let digest, let size, let isExecutable):
        let mode = isExecutable ? Folder.Mode.executable : .plain
        child = try file(digest, size: size, mode: mode, at: inner)
      case .link(let target):
        let id = try objects.add(.blob, Array(target.utf8), name: RunFolders.text(inner))
        child = .file(id, mode: .link)
      case .folder(let digest, let items): child = try folder(digest, items, at: inner)
      }
      switch child {
      case .file(let id, let mode): entries.append((name, mode, id))
      case .written(let id): entries.append((name, .folder, id))
      case .folder: break
      }
    }
    return .written(
      try objects.add(.tree, Folder.bytes(entries), name: RunFolders.text(path)))
  }

  private mutating func treePointer(_ digest: Digest, at path: [UInt8]) throws -> Folder.Child {
    let size = try treeSize(digest, RunFolders.text(path))
    return try child(Pointer(digest: digest, size: size), mode: .plain, at: path)
  }

  /// The size of a tree object's own bytes, which is what its pointer states.
  private func treeSize(_ digest: Digest, _ path: String) throws -> Int64 {
    guard let size = try store.size(digest) else { throw missing(digest, Array(path.utf8)) }
    return size
  }

  // MARK: Words

  private func missing(_ digest: Digest, _ path: [UInt8]) -> Problem {
    Problem(
      .damage, "blob-missing",
      "cannot keep \(RunFolders.text(path)) in the history: the store lacks \(digest)",
      hint: "run the recipe again, which makes it anew")
  }

  private static func joined(_ path: [[UInt8]]) -> [UInt8] {
    Array(path.joined(separator: [UInt8(ascii: "/")]))
  }

  private static func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
}
