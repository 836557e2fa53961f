/// The notes of a reference such as `refs/notes/larder`: a folder whose files are named by the
/// objects that they are about.
///
/// Git puts many notes into folders by the first digits of those names (`Documentation/git-notes`
/// calls it fan-out) and reads any mixture. So a note is looked for everywhere, and grows where it
/// is; everything else in the folder stays as it is.
struct NotesTree {
  let repository: GitRepository
  /// Nil where there is no note yet.
  let root: ObjectID?

  /// The text of the note about an object, put together where it stands in several places.
  func note(about object: ObjectID) throws(GitFailure) -> [UInt8] {
    guard let root else { return [] }
    return try note(Substring(object.hex), in: root)
  }

  private func note(_ rest: Substring, in tree: ObjectID) throws(GitFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    for entry in try repository.entries(of: tree) {
      if entry.name == rest, !NotesTree.isFolder(entry) {
        bytes += NotesTree.ended(try repository.blob(entry.id))
      } else if NotesTree.isFolder(entry, of: rest) {
        bytes += NotesTree.ended(try note(rest.dropFirst(2), in: entry.id))
      }
    }
    return bytes
  }

  /// Appends a line to the note about an object.
  ///
  /// - Returns: the new root.
  func appending(
    _ line: [UInt8], about object: ObjectID, to objects: PackWriter
  ) throws(GitFailure) -> ObjectID {
    try append(line, Substring(object.hex), in: root, objects)
  }

  private func append(
    _ line: [UInt8], _ rest: Substring, in tree: ObjectID?, _ objects: PackWriter
  ) throws(GitFailure) -> ObjectID {
    var entries: [(name: [UInt8], mode: Folder.Mode, id: ObjectID)] = []
    var note: [UInt8] = []
    var folder: ObjectID?
    for entry in try tree.map(repository.entries) ?? [] {
      if entry.name == rest, !NotesTree.isFolder(entry) {
        note = NotesTree.ended(try repository.blob(entry.id))
      } else if NotesTree.isFolder(entry, of: rest) {
        folder = entry.id
      } else {
        entries.append((Array(entry.name.utf8), try NotesTree.mode(entry), entry.id))
      }
    }
    if let folder, note.isEmpty {
      let inner = try append(line, rest.dropFirst(2), in: folder, objects)
      entries.append((Array(rest.prefix(2).utf8), .folder, inner))
    } else {
      if let folder { entries.append((Array(rest.prefix(2).utf8), .folder, folder)) }
      let id = try objects.add(.blob, note + line, name: String(rest))
      entries.append((Array(rest.utf8), .plain, id))
    }
    return try objects.add(.tree, Folder.bytes(entries))
  }

  private static func isFolder(_ entry: GitRepository.Entry) -> Bool {
    entry.mode & 0o170000 == 0o040000
  }

  /// Whether a folder holds the notes about objects whose names go on like this.
  private static func isFolder(_ entry: GitRepository.Entry, of rest: Substring) -> Bool {
    isFolder(entry) && entry.name.utf8.count == 2 && rest.count > 2 && rest.hasPrefix(entry.name)
  }

  private static func mode(_ entry: GitRepository.Entry) throws(GitFailure) -> Folder.Mode {
    let text = String(entry.mode, radix: 8)
    guard let mode = Folder.Mode(rawValue: text) else {
      throw GitFailure(
        code: -1, area: 0, text: "the notes hold \(entry.name), which is neither file nor folder")
    }
    return mode
  }

  /// Ended by a newline, so that a line can follow.
  private static func ended(_ bytes: [UInt8]) -> [UInt8] {
    bytes.last.map { $0 == UInt8(ascii: "\n") } ?? true ? bytes : bytes + [UInt8(ascii: "\n")]
  }
}
