/// A folder of a commit while it is put together.
///
/// Names are bytes: two names that Swift's `String` holds for equal (é in one or in two code
/// points) are two files.
final class Folder {
  /// A name in it, as Git writes it.
  enum Child {
    case file(ObjectID, mode: Mode)
    case folder(Folder)
    /// A folder that is written already.
    case written(ObjectID)
  }

  enum Mode: String {
    case plain = "100644"
    case executable = "100755"
    case link = "120000"
    case folder = "40000"
  }

  private var children: [[UInt8]: Child] = [:]

  /// The folders in it that are still being put together.
  var folders: [([UInt8], Folder)] {
    children.compactMap { name, child in
      if case .folder(let folder) = child { (name, folder) } else { nil }
    }
  }

  /// Puts something at a path.
  ///
  /// - Returns: false where a file stands in its way.
  func put(_ child: Child, at path: [[UInt8]]) -> Bool {
    guard let name = path.first else { return false }
    if path.count == 1 {
      switch (children[name], child) {
      case (nil, _), (.file, .file): children[name] = child
      default: return false
      }
      return true
    }
    let inner: Folder
    switch children[name] {
    case nil: inner = Folder()
    case .folder(let folder): inner = folder
    default: return false
    }
    children[name] = .folder(inner)
    return inner.put(child, at: Array(path.dropFirst()))
  }

  /// Writes the folder and those in it.
  ///
  /// - Returns: its id, or nil where nothing is in it.
  func write(to objects: PackWriter, path: String) throws(GitFailure) -> ObjectID? {
    var entries: [(name: [UInt8], mode: Mode, id: ObjectID)] = []
    for (name, child) in children {
      switch child {
      case .file(let id, let mode): entries.append((name, mode, id))
      case .written(let id): entries.append((name, .folder, id))
      case .folder(let folder):
        let inner = "\(path)/\(String(decoding: name, as: UTF8.self))"
        if let id = try folder.write(to: objects, path: inner) {
          entries.append((name, .folder, id))
        }
      }
    }
    if entries.isEmpty { return nil }
    return try objects.add(.tree, Folder.bytes(entries), name: path)
  }

  /// A tree object's content: `MODE NAME\0` and 20 bytes each, a folder's name sorted as if it
  /// ended in a slash (Git's `base_name_compare`).
  static func bytes(_ entries: [(name: [UInt8], mode: Mode, id: ObjectID)]) -> [UInt8] {
    func key(_ entry: (name: [UInt8], mode: Mode, id: ObjectID)) -> [UInt8] {
      entry.mode == .folder ? entry.name + [UInt8(ascii: "/")] : entry.name
    }
    var bytes: [UInt8] = []
    for (_, entry) in entries.map({ (key($0), $0) }).sorted(by: {
      $0.0.lexicographicallyPrecedes($1.0)
    }) {
      bytes += entry.mode.rawValue.utf8
      bytes.append(UInt8(ascii: " "))
      bytes += entry.name
      bytes.append(0)
      bytes += entry.id.bytes
    }
    return bytes
  }
}
