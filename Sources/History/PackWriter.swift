internal import CGit2
internal import SystemPackage

/// Collects new objects in memory and writes them as one pack with fsync, so that a run of
/// thousands of files costs two files and not thousands.
final class PackWriter {
  /// Beyond this many bytes of content what was collected is written and another pack begun, so
  /// that memory stays bounded.
  private static let limit = 64 << 20

  private let repository: GitRepository
  private let folder: FilePath
  private let memory: OpaquePointer
  /// Owned by `memory`.
  private let backend: UnsafeMutablePointer<git_odb_backend>
  private let wrapped: OpaquePointer
  private var collected: [(id: ObjectID, name: String)] = []
  private var known: Set<ObjectID> = []
  private var size = 0

  /// - Parameters:
  ///   - repository: where the objects go.
  ///   - path: of that repository.
  init(_ repository: GitRepository, at path: FilePath) throws(GitFailure) {
    var memory: OpaquePointer?
    var backend: UnsafeMutablePointer<git_odb_backend>?
    var wrapped: OpaquePointer?
    try GitFailure.check(git_odb_new(&memory))
    do throws(GitFailure) {
      try GitFailure.check(git_mempack_new(&backend))
      let status = git_odb_add_backend(memory, backend, 1)
      if status < 0 { backend?.pointee.free(backend) }
      try GitFailure.check(status)
      try GitFailure.check(git_repository_wrap_odb(&wrapped, memory))
      // Other processes may have written packs since this repository was opened.
      try GitFailure.check(git_odb_refresh(repository.database))
    } catch {
      git_repository_free(wrapped)
      git_odb_free(memory)
      throw error
    }
    guard let memory, let backend, let wrapped else {
      throw GitFailure(code: -1, area: 0, text: "libgit2 made no object database")
    }
    self.repository = repository
    self.folder = path.appending("objects/pack")
    self.memory = memory
    self.backend = backend
    self.wrapped = wrapped
  }

  deinit {
    git_repository_free(wrapped)
    git_odb_free(memory)
  }

  enum Kind: String {
    case blob, tree, commit, tag

    var type: git_object_t {
      switch self {
      case .blob: GIT_OBJECT_BLOB
      case .tree: GIT_OBJECT_TREE
      case .commit: GIT_OBJECT_COMMIT
      case .tag: GIT_OBJECT_TAG
      }
    }
  }

  /// Takes an object; one that the repository has already costs nothing.
  ///
  /// - Parameter name: its path; objects with like names are packed as differences.
  func add(_ kind: Kind, _ bytes: [UInt8], name: String = "") throws(GitFailure) -> ObjectID {
    var oid = git_oid()
    try GitFailure.check(git_odb_hash(&oid, bytes, bytes.count, kind.type))
    let id = GitRepository.id(oid)
    guard known.insert(id).inserted,
      git_odb_exists_ext(
        repository.database, &oid, UInt32(GIT_ODB_LOOKUP_NO_REFRESH.rawValue)) == 0
    else { return id }
    try GitFailure.check(git_odb_write(&oid, memory, bytes, bytes.count, kind.type))
    collected.append((id, name))
    size += bytes.count
    if size > PackWriter.limit { try flush() }
    return id
  }

  /// Writes what was collected, durably; nothing collected writes nothing.
  func flush() throws(GitFailure) {
    guard !collected.isEmpty else { return }
    var builder: OpaquePointer?
    try GitFailure.check(git_packbuilder_new(&builder, wrapped))
    defer { git_packbuilder_free(builder) }
    for object in collected {
      var oid = GitRepository.oid(object.id)
      try GitFailure.check(git_packbuilder_insert(builder, &oid, object.name))
    }
    // The indexer behind this call names every object by what it reads back from the pack.
    try GitFailure.check(git_packbuilder_write(builder, folder.string, 0o444, nil, nil))
    try GitFailure.check(git_odb_refresh(repository.database))
    for object in collected {
      var oid = GitRepository.oid(object.id)
      guard
        git_odb_exists_ext(
          repository.database, &oid, UInt32(GIT_ODB_LOOKUP_NO_REFRESH.rawValue)) == 1
      else {
        throw GitFailure(
          code: -1, area: 0, text: "the pack that was written lacks the object \(object.id)")
      }
    }
    try GitFailure.check(git_mempack_reset(backend))
    collected = []
    size = 0
  }
}
