internal import CGit2
internal import Files
internal import Problems
package import SystemPackage

/// Git objects as such, for taking a run to another repository.
extension HistoryRepository {
  /// An object as Git hashes it, or nil where the history lacks it.
  package func rawObject(_ id: ObjectID) throws -> RawObject? {
    try reading { try $0.rawObject(id) } ?? nil
  }

  /// An object with everything that it is made of: of a commit its folders and files, of a tag also
  /// what it names; parents of commits are no part of it. Sorted.
  ///
  /// - Throws: a damage problem where one is missing or is of an unknown form.
  package func objects(of root: ObjectID) throws -> [ObjectID] {
    try reading { repository in
      try repository.objects(of: root).sorted { $0.hex < $1.hex }
    } ?? []
  }

  /// The commits among some objects whose parents the history of a copy would lack.
  package func shallowCommits(among ids: some Sequence<ObjectID>) throws -> [ObjectID] {
    try reading { repository in
      try ids.filter { id in
        guard let object = try repository.rawObject(id), let parts = object.parts,
          parts.kind == .commit
        else { return false }
        return HistoryRepository.hasParent(parts.content)
      }
    } ?? []
  }

  /// Whether a commit's header names a parent.
  private static func hasParent(_ commit: ArraySlice<UInt8>) -> Bool {
    for line in commit.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.isEmpty { return false }
      if line.starts(with: "parent ".utf8) { return true }
    }
    return false
  }

  /// The references that are a run's scores: its submission tags and, where there are any, the notes.
  package func scores(of run: ObjectID) throws -> [GitReference] {
    try reading { repository in
      var found: [GitReference] = []
      for name in try repository.references(under: Submission.prefix)
      where try repository.target(of: name) == run {
        if let object = try repository.object(of: name) {
          found.append(GitReference(name: name, object: object))
        }
      }
      let notes = "refs/notes/larder"
      if !found.isEmpty, let object = try repository.object(of: notes) {
        found.append(GitReference(name: notes, object: object))
      }
      return found
    } ?? []
  }

  /// Makes a bare repository from objects that were taken elsewhere. Every object is checked: its
  /// name, its form, and that exactly the objects are there that the references need.
  ///
  /// - Parameters:
  ///   - path: where nothing stands yet.
  ///   - references: the first is the branch that HEAD names.
  ///   - shallow: commits whose parents are not there.
  ///   - ids: of all objects.
  ///   - object: gives one of them.
  /// - Throws: a damage problem for an object that is not what its name says.
  package static func make(
    at path: FilePath, references: [GitReference], shallow: [ObjectID], ids: [ObjectID],
    object: (ObjectID) throws -> RawObject
  ) throws {
    do {
      try GitRepository.create(path)
      let repository = try GitRepository(opening: path)
      let objects = try PackWriter(repository, at: path)
      for id in ids {
        guard let parts = try object(id).parts, GitRepository.isValid(parts.kind, parts.content),
          try objects.add(parts.kind, Array(parts.content)) == id
        else { throw GitFailure(code: -1, area: 0, text: "the object \(id) is damaged") }
      }
      try objects.flush()
      if !shallow.isEmpty {
        let text = shallow.map { "\($0)\n" }.joined()
        try Files.writeDurably(text.utf8, to: path.appending("shallow"))
      }
      var needed: Set<ObjectID> = []
      for reference in references { needed.formUnion(try repository.objects(of: reference.object)) }
      guard needed == Set(ids) else {
        throw GitFailure(code: -1, area: 0, text: "it holds objects that no reference leads to")
      }
      for reference in references {
        try repository.move(reference.name, to: reference.object, from: nil)
      }
      if let first = references.first { try repository.setHead(to: first.name) }
    } catch let failure as GitFailure {
      throw failure.problem("cannot make the history", path)
    }
  }
}

extension GitRepository {
  func rawObject(_ id: ObjectID) throws(GitFailure) -> RawObject? {
    var object: OpaquePointer?
    var oid = GitRepository.oid(id)
    let status = git_odb_read(&object, database, &oid)
    if status == GIT_ENOTFOUND.rawValue { return nil }
    try GitFailure.check(status)
    defer { git_odb_object_free(object) }
    let content = UnsafeRawBufferPointer(
      start: git_odb_object_data(object), count: git_odb_object_size(object))
    guard let name = git_object_type2string(git_odb_object_type(object)) else { return nil }
    return RawObject(
      id: id, bytes: Array("\(String(cString: name)) \(content.count)\0".utf8) + content)
  }

  func objects(of root: ObjectID) throws(GitFailure) -> Set<ObjectID> {
    var found: Set<ObjectID> = [root]
    var waiting: [ObjectID] = [root]
    while let id = waiting.popLast() {
      guard let object = try rawObject(id), let parts = object.parts else {
        throw GitFailure(code: -1, area: 0, text: "the object \(id) is missing")
      }
      switch parts.kind {
      case .blob: break
      case .tree:
        for entry in try entries(of: id) {
          switch entry.mode {
          case 0o040000: if found.insert(entry.id).inserted { waiting.append(entry.id) }
          // A file is asked for by its name only: reading it would cost as much as copying it.
          case 0o100644, 0o100755, 0o120000:
            guard has(entry.id) else {
              throw GitFailure(code: -1, area: 0, text: "the object \(entry.id) is missing")
            }
            found.insert(entry.id)
          default:
            throw GitFailure(
              code: -1, area: 0, text: "the folder \(id) has an entry of an unknown kind")
          }
        }
      case .commit, .tag:
        // `tree HEX` or `object HEX` is the first line of both.
        let line = parts.content.prefix { $0 != UInt8(ascii: "\n") }
        guard
          let next = ObjectID(
            String(decoding: line, as: UTF8.self).split(separator: " ").last ?? "")
        else { throw GitFailure(code: -1, area: 0, text: "the object \(id) cannot be read") }
        if found.insert(next).inserted { waiting.append(next) }
      }
    }
    return found
  }

  private func has(_ id: ObjectID) -> Bool {
    var oid = GitRepository.oid(id)
    return git_odb_exists(database, &oid) == 1
  }

  /// Whether the content is of the form of its kind, with no name in a folder that leads out of it.
  static func isValid(_ kind: PackWriter.Kind, _ content: ArraySlice<UInt8>) -> Bool {
    var valid: Int32 = 0
    let status = content.withUnsafeBytes { bytes in
      // libgit2 wants an address even of nothing.
      var nothing: CChar = 0
      return withUnsafePointer(to: &nothing) { nothing in
        git_object_rawcontent_is_valid(
          &valid, bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? nothing, bytes.count,
          kind.type)
      }
    }
    guard status == 0, valid == 1 else { return false }
    return kind != .tree || hasPlainNames(content)
  }

  /// A folder's entries: `MODE NAME\0` and 20 bytes each.
  private static func hasPlainNames(_ tree: ArraySlice<UInt8>) -> Bool {
    var rest = tree
    while let space = rest.firstIndex(of: UInt8(ascii: " ")),
      let end = rest[space...].firstIndex(of: 0), rest.endIndex - end > 20
    {
      let name = Array(rest[(space + 1)..<end])
      // `.gitattributes` stands in the root of each run.
      let isAttributes = name.elementsEqual(".gitattributes".utf8)
      if name.isEmpty || name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8)
        || name.contains(UInt8(ascii: "/")) || !isAttributes && GitNames.isReserved(name)
      {
        return false
      }
      rest = rest[(end + 21)...]
    }
    return rest.isEmpty
  }
}
