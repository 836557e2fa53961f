package import Digests

/// The content of a folder: names in byte order, files with their execute bit, folders, and
/// relative links that stay inside.
package struct Tree: Hashable, Sendable {
  package enum Entry: Hashable, Sendable {
    case file(Digest, size: Int64, isExecutable: Bool)
    /// The digest of the tree object, and the bytes of all files in it.
    case folder(Digest, size: Int64)
    case link(target: String)
  }

  package struct Item: Hashable, Sendable {
    package var name: String
    package var entry: Entry
    package init(name: String, entry: Entry) {
      self.name = name
      self.entry = entry
    }
  }

  /// Sorted by the bytes of their names.
  package let items: [Item]

  package init(_ items: [Item]) {
    self.items = items.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
