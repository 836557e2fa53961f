internal import Digests
package import Documents
package import Problems

/// The tree object: the canonical JSON
/// `{"entries":[{"file":"sha256:…","name":"a.txt","size":3},…],"larder":"tree/1"}`, where an entry is
/// a `file`, an `executable`, a `folder` or a `link`, in the byte order of the names.
extension Tree {
  package static let format: JSON = "tree/1"

  /// The bytes of all files in it.
  package var size: Int64 {
    items.reduce(0) { sum, item in
      switch item.entry {
      case .file(_, let size, _), .folder(_, let size): sum + size
      case .link: sum
      }
    }
  }

  /// The tree object, whose digest names the folder.
  package var document: JSON {
    let entries = items.map { item -> JSON in
      switch item.entry {
      case .file(let digest, let size, let isExecutable):
        [
          isExecutable ? "executable" : "file": .digest(digest), "name": .string(item.name),
          "size": .integer(size),
        ]
      case .folder(let digest, let size):
        ["folder": .digest(digest), "name": .string(item.name), "size": .integer(size)]
      case .link(let target): ["link": .string(target), "name": .string(item.name)]
      }
    }
    return ["entries": .array(entries), "larder": Tree.format]
  }

  /// Reads a tree object. It may come from elsewhere, so everything that could write outside the
  /// folder, or be read in two ways, is refused.
  package init(parsing bytes: [UInt8]) throws(Problem) {
    guard let document = try? JSON(parsing: bytes), document["larder"] == Tree.format,
      let entries = document["entries"]?.array
    else { throw Tree.refused("it is not a tree object of this format") }
    var items: [Item] = []
    items.reserveCapacity(entries.count)
    for entry in entries {
      guard let name = entry["name"]?.string, let content = Entry(entry) else {
        throw Tree.refused("it has an entry that is neither file, executable, folder nor link")
      }
      guard Tree.isPlain(name) else { throw Tree.refused("it has an entry named `\(name)`") }
      if let last = items.last, !last.name.utf8.lexicographicallyPrecedes(name.utf8) {
        throw Tree.refused("its entries are not in the byte order of their names")
      }
      items.append(Item(name: name, entry: content))
    }
    if let (a, b) = Tree.collision(items.map(\.name)) {
      throw Tree.refused("its entries `\(a)` and `\(b)` differ only in case")
    }
    self.init(items)
  }

  private static func refused(_ why: String) -> Problem {
    Problem(.damage, "bad-tree", "cannot read a folder's tree object: \(why)")
  }

  /// Whether a name can stand in a folder.
  static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/"))
      && !name.utf8.contains(0)
  }

  /// Two names that some file systems cannot tell apart, or nil.
  static func collision(_ names: [String]) -> (String, String)? {
    // Swift compares texts by canonical equivalence, so this finds composed and decomposed letters
    // as well.
    var seen: [String: String] = [:]
    for name in names {
      if let other = seen.updateValue(name, forKey: name.lowercased()) { return (other, name) }
    }
    return nil
  }

  /// Whether a link stays inside the folder that is kept. `..` is allowed at its start only: after a
  /// name, which may be a link itself, nobody could tell where it leads.
  ///
  /// - Parameter depth: how many folders below the kept one the link stands.
  static func staysInside(_ target: String, depth: Int) -> Bool {
    guard !target.isEmpty, !target.hasPrefix("/"), !target.utf8.contains(0) else { return false }
    var above = 0
    var hasName = false
    for part in target.split(separator: "/") where part != "." {
      if part == ".." {
        above += 1
        if hasName || above > depth { return false }
      } else {
        hasName = true
      }
    }
    return true
  }
}

extension Tree.Entry {
  fileprivate init?(_ entry: JSON) {
    if let target = entry["link"]?.string {
      self = .link(target: target)
      return
    }
    guard let size = entry["size"]?.integer, size >= 0 else { return nil }
    if let digest = entry["file"]?.digest {
      self = .file(digest, size: size, isExecutable: false)
    } else if let digest = entry["executable"]?.digest {
      self = .file(digest, size: size, isExecutable: true)
    } else if let digest = entry["folder"]?.digest {
      self = .folder(digest, size: size)
    } else {
      return nil
    }
  }
}
