import Digests
import Documents
import Store

extension MemoryStore {
  func file(_ bytes: [UInt8]) throws -> Artifact {
    Artifact(kind: .file, digest: try put(bytes), size: Int64(bytes.count))
  }

  func file(_ text: String) throws -> Artifact { try file(Array(text.utf8)) }

  /// A folder by the paths in it; a path that ends in `*` is executable, in `/` an empty folder, and
  /// one with ` -> ` a link.
  func folder(_ files: [String: [UInt8]]) throws -> Artifact {
    let paths = files.map { path, bytes in
      (Array(path.split(separator: "/", omittingEmptySubsequences: false)), bytes)
    }
    let (digest, size) = try tree(paths)
    return Artifact(kind: .folder, digest: digest, size: size)
  }

  private func tree(_ files: [(path: [Substring], bytes: [UInt8])]) throws -> (Digest, Int64) {
    var items: [Tree.Item] = []
    for (name, inside) in Dictionary(grouping: files, by: { $0.path[0] }) where !name.isEmpty {
      if inside[0].path.count > 1 {
        let (digest, size) = try tree(inside.map { (Array($0.path.dropFirst()), $0.bytes) })
        items.append(.init(name: String(name), entry: .folder(digest, size: size)))
      } else if name.contains(" -> ") {
        let parts = name.split(separator: " ")
        items.append(.init(name: String(parts[0]), entry: .link(target: String(parts[2]))))
      } else {
        let file = try file(inside[0].bytes)
        let isExecutable = name.hasSuffix("*")
        items.append(
          .init(
            name: String(isExecutable ? name.dropLast() : name),
            entry: .file(file.digest, size: file.size, isExecutable: isExecutable)))
      }
    }
    let tree = Tree(items)
    return (try put(tree.document.canonicalBytes), tree.size)
  }
}
