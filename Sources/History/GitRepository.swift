internal import CGit2
internal import SystemPackage

/// An open bare repository: owns libgit2's handles. One thread at a time.
final class GitRepository {
  let pointer: OpaquePointer
  let database: OpaquePointer

  /// Initialises libgit2 once in the life of the process.
  private static let status: Int32 = {
    let steps = [
      git_libgit2_init, larder_git_enable_fsync, larder_git_allow_any_owner,
      larder_git_keep_large_trees,
    ]
    for step in steps {
      let status = step()
      if status < 0 { return status }
    }
    return 0
  }()

  static func prepare() throws(GitFailure) { try GitFailure.check(status) }

  init(opening path: FilePath) throws(GitFailure) {
    try GitRepository.prepare()
    var repository: OpaquePointer?
    try GitFailure.check(git_repository_open_bare(&repository, path.string))
    var database: OpaquePointer?
    let status = git_repository_odb(&database, repository)
    guard let repository, let database, status >= 0 else {
      git_repository_free(repository)
      try GitFailure.check(min(status, -1))
      preconditionFailure("a negative status throws")
    }
    self.pointer = repository
    self.database = database
  }

  deinit {
    git_odb_free(database)
    git_repository_free(pointer)
  }

  /// Makes a new bare repository in an empty folder.
  static func create(_ path: FilePath) throws(GitFailure) {
    try prepare()
    var repository: OpaquePointer?
    defer { git_repository_free(repository) }
    try GitFailure.check(git_repository_init(&repository, path.string, 1))
  }

  // MARK: References

  /// The commit that a reference leads to, or nil where there is no such reference.
  func target(of reference: String) throws(GitFailure) -> ObjectID? {
    var found: OpaquePointer?
    let status = git_reference_lookup(&found, pointer, reference)
    if status == GIT_ENOTFOUND.rawValue || status == GIT_EINVALIDSPEC.rawValue { return nil }
    try GitFailure.check(status)
    defer { git_reference_free(found) }
    var commit: OpaquePointer?
    try GitFailure.check(git_reference_peel(&commit, found, GIT_OBJECT_COMMIT))
    defer { git_object_free(commit) }
    return git_object_id(commit).map { GitRepository.id($0.pointee) }
  }

  /// The object that a reference names itself, as the tag object and not its commit, or nil where
  /// there is no such reference.
  func object(of reference: String) throws(GitFailure) -> ObjectID? {
    var oid = git_oid()
    let status = git_reference_name_to_id(&oid, pointer, reference)
    if status == GIT_ENOTFOUND.rawValue || status == GIT_EINVALIDSPEC.rawValue { return nil }
    try GitFailure.check(status)
    return GitRepository.id(oid)
  }

  /// Moves a reference, only where it still leads to what is expected (nil: only where there is
  /// none).
  func move(_ reference: String, to target: ObjectID, from expected: ObjectID?) throws(GitFailure) {
    var made: OpaquePointer?
    defer { git_reference_free(made) }
    var new = GitRepository.oid(target)
    if let expected {
      var old = GitRepository.oid(expected)
      try GitFailure.check(
        git_reference_create_matching(&made, pointer, reference, &new, 1, &old, nil))
    } else {
      try GitFailure.check(git_reference_create(&made, pointer, reference, &new, 0, nil))
    }
  }

  /// Whether HEAD names a branch that has no commit yet.
  var isHeadUnborn: Bool { git_repository_head_unborn(pointer) == 1 }

  func setHead(to reference: String) throws(GitFailure) {
    try GitFailure.check(git_repository_set_head(pointer, reference))
  }

  /// The full names of the references that begin with a prefix, sorted.
  func references(under prefix: String) throws(GitFailure) -> [String] {
    var iterator: OpaquePointer?
    try GitFailure.check(git_reference_iterator_glob_new(&iterator, pointer, prefix + "*"))
    defer { git_reference_iterator_free(iterator) }
    var names: [String] = []
    while true {
      var name: UnsafePointer<CChar>?
      let status = git_reference_next_name(&name, iterator)
      if status == GIT_ITEROVER.rawValue { return RunContent.sorted(names) }
      try GitFailure.check(status)
      if let name { names.append(String(cString: name)) }
    }
  }

  // MARK: Commits

  /// What a commit object says.
  struct Commit {
    var message: String
    var time: Int64
    var tree: ObjectID
    var parent: ObjectID?
  }

  /// Nil where there is no object of that id or it is no commit.
  func commit(_ id: ObjectID) throws(GitFailure) -> Commit? {
    var commit: OpaquePointer?
    var oid = GitRepository.oid(id)
    let status = git_commit_lookup(&commit, pointer, &oid)
    if status == GIT_ENOTFOUND.rawValue { return nil }
    try GitFailure.check(status)
    defer { git_commit_free(commit) }
    guard let message = git_commit_message(commit), let tree = git_commit_tree_id(commit) else {
      return nil
    }
    return Commit(
      message: String(cString: message), time: git_commit_time(commit),
      tree: GitRepository.id(tree.pointee),
      parent: git_commit_parent_id(commit, 0).map { GitRepository.id($0.pointee) })
  }

  /// Visits the commits that some references lead to, newest first, until the visitor says stop.
  ///
  /// - Parameter visit: returns whether to go on.
  func walk(_ references: [String], visit: (ObjectID) throws -> Bool) throws {
    let cut = shallowCommits
    guard cut.isEmpty else { return try walk(references, cutAt: cut, visit: visit) }
    var walk: OpaquePointer?
    try GitFailure.check(git_revwalk_new(&walk, pointer))
    defer { git_revwalk_free(walk) }
    try GitFailure.check(
      git_revwalk_sorting(walk, GIT_SORT_TIME.rawValue | GIT_SORT_TOPOLOGICAL.rawValue))
    for reference in references {
      try GitFailure.check(git_revwalk_push_ref(walk, reference))
    }
    while true {
      var oid = git_oid()
      let status = git_revwalk_next(&oid, walk)
      if status == GIT_ITEROVER.rawValue { return }
      try GitFailure.check(status)
      guard try visit(GitRepository.id(oid)) else { return }
    }
  }

  // MARK: Tags

  /// What a tag object says.
  struct Tag {
    var message: String
    /// In seconds since 1970; nil where nobody is named as its maker.
    var time: Int64?
    var target: ObjectID
  }

  /// Nil where there is no object of that id or it is no tag.
  func tag(_ id: ObjectID) throws(GitFailure) -> Tag? {
    var tag: OpaquePointer?
    var oid = GitRepository.oid(id)
    let status = git_tag_lookup(&tag, pointer, &oid)
    if status == GIT_ENOTFOUND.rawValue { return nil }
    try GitFailure.check(status)
    defer { git_tag_free(tag) }
    guard let target = git_tag_target_id(tag) else { return nil }
    return Tag(
      message: git_tag_message(tag).map { String(cString: $0) } ?? "",
      time: git_tag_tagger(tag).map { Int64($0.pointee.when.time) },
      target: GitRepository.id(target.pointee))
  }

  // MARK: Folders and files

  /// One name in a folder.
  struct Entry {
    var name: String
    /// `0o100644`, `0o100755`, `0o120000` or `0o040000`.
    var mode: UInt32
    var id: ObjectID
  }

  /// What stands at a path below a folder, or nil.
  func entry(at path: String, in tree: ObjectID) throws(GitFailure) -> Entry? {
    try withTree(tree) { folder throws(GitFailure) in
      var found: OpaquePointer?
      let status = git_tree_entry_bypath(&found, folder, path)
      if status == GIT_ENOTFOUND.rawValue { return nil }
      try GitFailure.check(status)
      defer { git_tree_entry_free(found) }
      return found.flatMap(GitRepository.entry)
    }
  }

  /// The names in a folder, in Git's order.
  func entries(of tree: ObjectID) throws(GitFailure) -> [Entry] {
    try withTree(tree) { folder throws(GitFailure) in
      (0..<git_tree_entrycount(folder)).compactMap { index in
        git_tree_entry_byindex(folder, index).flatMap(GitRepository.entry)
      }
    }
  }

  private func withTree<Value>(
    _ tree: ObjectID, _ body: (OpaquePointer?) throws(GitFailure) -> Value
  ) throws(GitFailure) -> Value {
    var folder: OpaquePointer?
    var oid = GitRepository.oid(tree)
    try GitFailure.check(git_tree_lookup(&folder, pointer, &oid))
    defer { git_tree_free(folder) }
    return try body(folder)
  }

  private static func entry(_ pointer: OpaquePointer) -> Entry? {
    guard let name = git_tree_entry_name(pointer), let oid = git_tree_entry_id(pointer) else {
      return nil
    }
    return Entry(
      name: String(cString: name), mode: git_tree_entry_filemode_raw(pointer).rawValue,
      id: id(oid.pointee))
  }

  /// The content of a file.
  func blob(_ id: ObjectID) throws(GitFailure) -> [UInt8] {
    var blob: OpaquePointer?
    var oid = GitRepository.oid(id)
    try GitFailure.check(git_blob_lookup(&blob, pointer, &oid))
    defer { git_blob_free(blob) }
    return Array(
      UnsafeRawBufferPointer(
        start: git_blob_rawcontent(blob), count: Int(git_blob_rawsize(blob))))
  }

  /// A text of Git's configuration, the user's own included, or nil where it is not set.
  func setting(_ name: String) -> String? {
    var configuration: OpaquePointer?
    guard git_repository_config_snapshot(&configuration, pointer) >= 0 else { return nil }
    defer { git_config_free(configuration) }
    var value: UnsafePointer<CChar>?
    guard git_config_get_string(&value, configuration, name) >= 0, let value else { return nil }
    return String(cString: value)
  }

  // MARK: Names of objects

  static func oid(_ id: ObjectID) -> git_oid {
    var oid = git_oid()
    withUnsafeMutableBytes(of: &oid) { $0.copyBytes(from: id.bytes) }
    return oid
  }

  static func id(_ oid: git_oid) -> ObjectID {
    let digits = Array("0123456789abcdef".utf8)
    let text = withUnsafeBytes(of: oid) { bytes in
      bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
    guard let id = ObjectID(String(decoding: text, as: UTF8.self)) else {
      preconditionFailure("an object name has 20 bytes")
    }
    return id
  }
}
