internal import Digests
internal import Documents
internal import Files
internal import History
internal import Notebook
internal import Problems
internal import Store

/// What a replay of a run needs: found from its commit, sized from the store.
struct BundleContent {
  let run: PastRun
  let history: HistoryRepository
  let store: any Store
  /// The blobs to include, with their sizes.
  private(set) var blobs: [Digest: Int64] = [:]
  private(set) var environments: [(environment: Lock.Environment, python: String)] = []
  private(set) var pythons: Set<String> = []
  private(set) var libcs: Set<String> = []
  private(set) var platforms: Set<String> = []
  /// The digests that an action names as folders.
  private var folders: Set<Digest> = []

  init(of run: PastRun, in history: HistoryRepository, store: any Store) throws {
    self.run = run
    self.history = history
    self.store = store
    try readActions()
    try readEnvironments()
    try addInputs()
    try addRecordings()
  }

  /// A document of the commit, inline or behind a pointer.
  private mutating func document(_ path: String) throws -> JSON? {
    guard var bytes = try history.read(run.id, path) else { return nil }
    if let pointer = Pointer(bytes) {
      try add(file: pointer.digest, for: path)
      bytes = try store.bytes(pointer.digest) ?? []
    }
    do { return try JSON(parsing: bytes) } catch {
      throw Problem(
        .damage, "run-damaged", "cannot read \(path) of the run \(run.id.short): \(error)")
    }
  }

  /// The documents in a folder of the commit, those of joined recipes as `RECIPE/NAME`.
  private func names(in folder: String) throws -> [String] {
    try history.entries(run.id, folder).flatMap { entry in
      guard entry.kind == .folder else { return [entry.name] }
      return try history.entries(run.id, "\(folder)/\(entry.name)")
        .map { "\(entry.name)/\($0.name)" }
    }.filter { $0.hasSuffix(".json") }
  }

  private mutating func readActions() throws {
    for name in try names(in: "actions") {
      guard let action = try document("actions/\(name)") else { continue }
      for input in (action["inputs"]?.object ?? [:]).values {
        if let digest = input["folder"]?.digest { folders.insert(digest) }
      }
      if let platform = action["platform"] {
        if let libc = platform["libc"]?.string { libcs.insert(libc) }
        if let architecture = platform["architecture"]?.string {
          platforms.insert("linux_\(architecture)")
        }
      }
      if action["action"]?["interpreter"]?.array?.first == "python",
        let version = action["action"]?["interpreter_version"]?.string
      {
        pythons.insert(version)
      }
    }
  }

  private mutating func readEnvironments() throws {
    for name in try names(in: "record/environments") {
      guard let document = try document("record/environments/\(name)") else { continue }
      if let python = document["python"]?.string { pythons.insert(python) }
      if let platform = document["platform"]?.string { platforms.insert(platform) }
      let files = (document["files"]?.array ?? []).compactMap { file -> Lock.Environment.File? in
        guard let name = file["name"]?.string, let version = file["version"]?.string,
          let digest = file["sha256"]?.digest
        else { return nil }
        return .init(
          name: name, version: version, file: file["file"]?.string ?? "", sha256: digest)
      }
      let python = document["python"]?.string ?? ""
      let environment = Lock.Environment(
        name: document["name"]?.string ?? name,
        requirements: document["requirements"]?.array?.compactMap(\.string) ?? [],
        python: python.split(separator: ".").prefix(2).joined(separator: "."), files: files)
      environments.append((environment, python))
    }
  }

  private mutating func addInputs() throws {
    for entry in try history.entries(run.id, "inputs") {
      guard let bytes = try history.read(run.id, "inputs/\(entry.name)"),
        let pointer = Pointer(bytes)
      else { continue }
      if folders.contains(pointer.digest) {
        try add(folder: pointer.digest, for: "the input \(pointer.digest)")
      } else if let tree = try wholeTree(pointer) {
        // A folder that no step read, or a file with the text of a tree object: either way the
        // blobs below it are here and do no harm.
        try add(folder: tree, for: "the input \(pointer.digest)")
      } else {
        try add(file: pointer.digest, for: "the input \(pointer.digest)")
      }
    }
  }

  /// The digest where it is that of a tree object with everything in it.
  private func wholeTree(_ pointer: Pointer) throws -> Digest? {
    guard pointer.size <= 64 << 20, let bytes = try store.bytes(pointer.digest),
      bytes.starts(with: "{\"entries\":[".utf8), (try? Tree(parsing: bytes)) != nil,
      try store.contains(Artifact(kind: .folder, digest: pointer.digest, size: 0))
    else { return nil }
    return pointer.digest
  }

  private mutating func addRecordings() throws {
    for name in try names(in: "record/recordings") {
      guard let recording = try document("record/recordings/\(name)") else { continue }
      try add(everythingIn: recording, for: "the recording \(name)")
    }
  }

  /// Adds what `{"file":DIGEST,"size":N}` and `{"folder":DIGEST,"size":N}` name, anywhere inside.
  private mutating func add(everythingIn document: JSON, for what: String) throws {
    switch document {
    case .array(let values): for value in values { try add(everythingIn: value, for: what) }
    case .object(let members):
      if document["size"]?.integer != nil {
        if let digest = document["file"]?.digest { try add(file: digest, for: what) }
        if let digest = document["folder"]?.digest { try add(folder: digest, for: what) }
      }
      for value in members.values { try add(everythingIn: value, for: what) }
    default: break
    }
  }

  private mutating func add(file digest: Digest, for what: String) throws {
    guard blobs[digest] == nil else { return }
    guard let size = try store.size(digest) else {
      throw Problem(
        .environment, "blob-missing",
        "cannot bundle the run \(run.id.short): the store lacks \(digest), which \(what) needs",
        hint: "fetch it again: larder run \(run.branch.recipe), or larder pull")
    }
    blobs[digest] = size
  }

  private mutating func add(folder digest: Digest, for what: String) throws {
    var waiting = [digest]
    var seen: Set<Digest> = [digest]
    while let digest = waiting.popLast() {
      try add(file: digest, for: what)
      guard let tree = try store.tree(digest) else { continue }
      for item in tree.items {
        switch item.entry {
        case .file(let digest, _, _): try add(file: digest, for: what)
        case .folder(let digest, _): if seen.insert(digest).inserted { waiting.append(digest) }
        case .link: break
        }
      }
    }
  }
}
