internal import Digests
internal import Documents
internal import History
internal import Problems
package import Store

extension PastOutput {
  /// A nested folder is a pointer only where it is empty or holds a name that Git refuses, so its
  /// tree object is small; in bytes.
  private static let treeLimit: Int64 = 1 << 20

  /// The file or folder as an artifact of the store; what only the history holds is put there.
  ///
  /// - Throws: an environment problem where the history only points to what the store lacks.
  package func keep() throws -> Artifact {
    let artifact: Artifact
    switch content {
    case .inline(let bytes):
      artifact = Artifact(kind: .file, digest: try store.put(bytes), size: Int64(bytes.count))
    case .folder(let entries): artifact = try keep(entries, of: path)
    case .stored(let found) where found.kind == .folder:
      guard let tree = try store.tree(found.digest) else { throw missing(found) }
      artifact = Artifact(kind: .folder, digest: found.digest, size: tree.size)
    case .stored(let found):
      let pointer = Pointer(digest: found.digest, size: found.size)
      let tree = isInside ? try tree(pointer) : nil
      artifact =
        tree.map { Artifact(kind: .folder, digest: found.digest, size: $0.size) } ?? found
    }
    guard try store.contains(artifact) else { throw missing(artifact) }
    return artifact
  }

  /// Makes the tree object of a folder again from its entries in the history.
  private func keep(_ entries: [HistoryRepository.Entry], of path: String) throws -> Artifact {
    var items: [Tree.Item] = []
    for entry in entries {
      let inner = "\(path)/\(entry.name)"
      let content: Tree.Entry
      switch entry.kind {
      case .folder:
        let folder = try keep(try repository.entries(run.id, inner), of: inner)
        content = .folder(folder.digest, size: folder.size)
      case .link:
        let target = try repository.read(run.id, inner) ?? []
        content = .link(target: String(decoding: target, as: UTF8.self))
      case .file(let isExecutable):
        let bytes = try repository.read(run.id, inner) ?? []
        if let pointer = Pointer(bytes) {
          content =
            try tree(pointer).map { .folder(pointer.digest, size: $0.size) }
            ?? .file(pointer.digest, size: pointer.size, isExecutable: isExecutable)
        } else {
          content = .file(
            try store.put(bytes), size: Int64(bytes.count), isExecutable: isExecutable)
        }
      }
      items.append(Tree.Item(name: entry.name, entry: content))
    }
    let tree = Tree(items)
    let digest = try store.put(tree.document.canonicalBytes)
    return Artifact(kind: .folder, digest: digest, size: tree.size)
  }

  /// The folder that a pointer inside a folder means, or nil where it means a file: a file of the
  /// same bytes would be inline.
  private func tree(_ pointer: Pointer) throws -> Tree? {
    guard pointer.size <= PastOutput.treeLimit, let bytes = try store.bytes(pointer.digest) else {
      return nil
    }
    return try? Tree(parsing: bytes)
  }
}
