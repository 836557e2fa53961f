package import Digests
internal import Files
internal import Problems
internal import Synchronization
internal import SystemPackage

/// Finding and reading blobs.
extension DiskStore {
  /// Where the record of a blob is, whether or not it is damaged.
  private func place(_ digest: Digest) throws -> Index.Place? {
    if let place = journal.look({ $0.places[digest] ?? $1.places[digest] }) { return place }
    return try index.places(CollectionOfOne(digest))[digest]
  }

  private func places(_ digests: Set<Digest>) throws -> [Digest: Index.Place] {
    let noted = journal.look { pending, entering -> [Digest: Index.Place] in
      if pending.places.isEmpty && entering.places.isEmpty { return [:] }
      var noted: [Digest: Index.Place] = [:]
      for digest in digests { noted[digest] = pending.places[digest] ?? entering.places[digest] }
      return noted
    }
    let rest = noted.isEmpty ? digests : digests.filter { noted[$0] == nil }
    return noted.merging(try index.places(rest)) { first, _ in first }
  }

  /// Whether a blob is here whole, so that it need not be put again.
  func isKnown(_ digest: Digest) throws -> Bool {
    guard let place = try place(digest), !place.isDamaged else { return false }
    return place.isList ? try hasPieces(digest, place) : true
  }

  private func hasPieces(_ digest: Digest, _ place: Index.Place) throws -> Bool {
    let list: PieceList
    do {
      list = try pieces(digest, place)
    } catch let problem as Problem where problem.tier == .damage {
      // A list that cannot be read counts as missing, so that it is put again.
      return false
    }
    let asked = Set(list.pieces.map(\.digest))
    let found = try places(asked)
    return asked.allSatisfy { found[$0]?.isDamaged == false }
  }

  // MARK: Reading

  /// The verified content of the record of a blob.
  private func content(_ digest: Digest, _ place: Index.Place) throws -> [UInt8] {
    guard let found = try record(place),
      place.isList
        ? found.record.kind == .list
        : found.record.digest == digest && Int64(found.record.size) == place.size
    else { throw damage(digest, place) }
    return found.content
  }

  private func record(_ place: Index.Place) throws -> PackFile.Found? {
    if let (pack, bytes) = journal.waiting(place) {
      if let bytes { return try pack.found(bytes, at: place.offset) }
      return try pack.record(at: place.offset, storedSize: place.storedSize)
    }
    return try pack(place.pack)?.record(at: place.offset, storedSize: place.storedSize)
  }

  /// A pack opened for reading, or nil where it is gone.
  private func pack(_ id: String) throws -> PackFile? {
    if let pack = opened.withLock({ $0[id] }) { return pack }
    guard Files.exists(PackFile.path(id, in: packs)) else { return nil }
    let pack = try PackFile.open(id, in: packs, writable: false)
    opened.withLock { opened in
      // Few files stay open; those in use live on until their readers are done.
      if opened.count >= 64 { opened.removeAll() }
      opened[id] = pack
    }
    return pack
  }

  private func damage(_ digest: Digest, _ place: Index.Place) -> Problem {
    // That it is noted is a help for later; the reader learns of the damage either way.
    if isWritable {
      try? journal.note { $0.whole = [] }
      try? index.markDamaged(digest)
    }
    return Problem(
      .damage, "damaged-blob",
      "cannot read \(digest): its record in \(PackFile.path(place.pack, in: packs)) at byte "
        + "\(place.offset) is damaged",
      hint: "run the recipe again: what can be made or fetched again is then kept anew")
  }

  private func pieces(_ digest: Digest, _ place: Index.Place) throws -> PieceList {
    guard let list = PieceList(try content(digest, place)), list.whole == digest,
      list.size == place.size
    else {
      throw damage(digest, place)
    }
    return list
  }

  package func stream(
    _ digest: Digest, to receive: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Bool {
    guard let place = try place(digest) else { return false }
    guard place.isList else {
      try content(digest, place).withUnsafeBytes(receive)
      return true
    }
    let list = try pieces(digest, place)
    let places = try places(Set(list.pieces.map(\.digest)))
    guard list.pieces.allSatisfy({ places[$0.digest] != nil }) else { return false }
    var hasher = SHA256Hasher()
    for piece in list.pieces {
      guard let place = places[piece.digest] else { return false }
      let content = try content(piece.digest, place)
      hasher.update(content)
      try content.withUnsafeBytes(receive)
    }
    guard hasher.finish() == digest else { throw damage(digest, place) }
    return true
  }

  package func size(_ digest: Digest) throws -> Int64? {
    guard let place = try place(digest), !place.isDamaged else { return nil }
    // Read rather than believed: the index has no check of its own over it.
    if place.isList { return try pieces(digest, place).size }
    return Int64(try content(digest, place).count)
  }

  // MARK: What is here whole

  package func missing(among artifacts: some Collection<Artifact>) throws -> Set<Artifact> {
    let files = Set(artifacts.lazy.filter { $0.kind == .file }.map(\.digest))
    let missingFiles = try missingBlobs(files)
    var unsure = Set(artifacts.lazy.filter { $0.kind == .folder }.map(\.digest))
    if !unsure.isEmpty {
      journal.look {
        unsure.subtract($0.whole); unsure.subtract($1.whole)
      }
      unsure.subtract(try index.whole(unsure))
    }
    let missingTrees = try unsure.filter { tree in
      guard try isWhole(tree) else { return true }
      if isWritable { try journal.note { $0.whole.insert(tree) } }
      return false
    }
    return Set(
      artifacts.filter { artifact in
        (artifact.kind == .file ? missingFiles : missingTrees).contains(artifact.digest)
      })
  }

  private func missingBlobs(_ digests: Set<Digest>) throws -> Set<Digest> {
    let places = try places(digests)
    return try digests.filter { digest in
      guard let place = places[digest], !place.isDamaged else { return true }
      return place.isList ? try !hasPieces(digest, place) : false
    }
  }

  /// Looks through a tree and everything in it.
  private func isWhole(_ root: Digest) throws -> Bool {
    var trees = [root]
    var seen: Set<Digest> = [root]
    var files: Set<Digest> = []
    while let digest = trees.popLast() {
      guard let place = try place(digest), !place.isDamaged, let tree = try tree(digest) else {
        return false
      }
      for item in tree.items {
        switch item.entry {
        case .file(let digest, _, _): files.insert(digest)
        case .folder(let digest, _): if seen.insert(digest).inserted { trees.append(digest) }
        case .link: break
        }
      }
    }
    return try missingBlobs(files).isEmpty
  }
}
