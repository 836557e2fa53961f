internal import Problems

extension HistoryRepository {
  /// What stands in a folder of a commit.
  package struct Entry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case file(isExecutable: Bool)
      case folder
      case link
    }

    package let name: String
    package let kind: Kind
    /// Of the Git object.
    package let id: ObjectID
  }

  /// The newest run of a branch, whatever came of it, or nil where the branch has none.
  package func tip(_ branch: Branch) throws -> PastRun? {
    try reading { try tip(branch, in: $0) } ?? nil
  }

  /// The newest run of a branch that succeeded as a whole, or nil where none did.
  package func newestSucceeded(of branch: Branch) throws -> PastRun? {
    try reading { repository in
      if let tip = try tip(branch, in: repository), tip.status == .succeeded { return tip }
      var found: PastRun?
      try visit([branch], in: repository) { run in
        if run.status == .succeeded { found = run }
        return found == nil
      }
      return found
    } ?? nil
  }

  /// All branches that have a run, in byte order.
  package func branches() throws -> [Branch] {
    try reading { try branches(in: $0) } ?? []
  }

  /// Runs, newest first.
  ///
  /// - Parameters:
  ///   - branch: the one to list, or nil for all.
  ///   - limit: how many at most.
  package func runs(of branch: Branch? = nil, limit: Int = .max) throws -> [PastRun] {
    try reading { repository in
      let branches = try branch.map { [$0] } ?? branches(in: repository)
      var runs: [PastRun] = []
      try visit(branches, in: repository) { run in
        if runs.count < limit { runs.append(run) }
        return runs.count < limit
      }
      return runs
    } ?? []
  }

  /// The names of the submissions, in byte order.
  package func submissionNames() throws -> [String] {
    try reading { repository in
      try repository.references(under: Submission.prefix).map {
        String($0.dropFirst(Submission.prefix.count))
      }
    } ?? []
  }

  /// The run that a commit is, or nil where there is no such commit or Larder did not make it.
  package func run(_ id: ObjectID) throws -> PastRun? {
    try reading { try run(id, in: $0) } ?? nil
  }

  /// A file of a run's commit as Git has it: the content of an inline file, the target of a link,
  /// or the text of a pointer (see `Pointer`).
  ///
  /// - Parameter path: from the commit's root, as in `result/clean/rows.jsonl`.
  /// - Returns: nil where no file stands there.
  package func read(_ run: ObjectID, _ path: String) throws -> [UInt8]? {
    try reading { repository in
      guard let commit = try repository.commit(run),
        let entry = try repository.entry(at: HistoryRepository.trimmed(path), in: commit.tree),
        entry.mode & 0o170000 != 0o040000
      else { return nil }
      return try repository.blob(entry.id)
    } ?? nil
  }

  /// What stands at a path of a run's commit, or nil.
  package func entry(_ run: ObjectID, _ path: String) throws -> Entry? {
    try reading { repository in
      guard let commit = try repository.commit(run) else { return nil }
      return try repository.entry(at: HistoryRepository.trimmed(path), in: commit.tree)
        .map(Entry.init)
    } ?? nil
  }

  /// The names in a folder of a run's commit, in Git's order; none where there is no such folder.
  ///
  /// - Parameter path: from the commit's root; empty for the root itself.
  package func entries(_ run: ObjectID, _ path: String = "") throws -> [Entry] {
    try reading { repository in
      guard let commit = try repository.commit(run) else { return [] }
      let path = HistoryRepository.trimmed(path)
      if path.isEmpty { return try repository.entries(of: commit.tree).map(Entry.init) }
      guard let entry = try repository.entry(at: path, in: commit.tree),
        entry.mode & 0o170000 == 0o040000
      else { return [] }
      return try repository.entries(of: entry.id).map(Entry.init)
    } ?? []
  }

  // MARK: Within one look at the repository

  func tip(_ branch: Branch, in repository: GitRepository) throws -> PastRun? {
    guard let id = try repository.target(of: branch.reference) else { return nil }
    guard let run = try run(id, in: repository) else {
      throw Problem(
        .damage, "history-foreign",
        "cannot go on with the branch \(branch) of \(path): its newest commit \(id.short) is no run",
        hint: "move the branch back to the run before it: "
          + "git --git-dir=\(path) branch -f \(branch) COMMIT")
    }
    return run
  }

  func branches(in repository: GitRepository) throws -> [Branch] {
    try repository.references(under: "refs/heads/").compactMap {
      Branch($0.dropFirst("refs/heads/".count))
    }
  }

  /// Visits runs, newest first, until the visitor says stop; commits of other programs are passed
  /// over.
  func visit(
    _ branches: [Branch], in repository: GitRepository, _ visitor: (PastRun) throws -> Bool
  ) throws {
    let references = try branches.map(\.reference).filter { try repository.target(of: $0) != nil }
    try repository.walk(references) { id in
      guard let run = try run(id, in: repository) else { return true }
      return try visitor(run)
    }
  }

  func run(_ id: ObjectID, in repository: GitRepository) throws -> PastRun? {
    guard let commit = try repository.commit(id), let message = CommitMessage(commit.message) else {
      return nil
    }
    // Git's name of the folder with nothing in it: a run without results has no `result/`.
    let nothing = ObjectID("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    guard let result = try repository.entry(at: "result", in: commit.tree)?.id ?? nothing else {
      return nil
    }
    return PastRun(
      id: id, branch: message.branch, status: message.status, time: commit.time,
      summary: message.summary, note: message.note, larderVersion: message.larderVersion,
      kitchenCommit: message.kitchenCommit, content: message.content, parent: commit.parent,
      resultTree: result,
      actionsTree: try repository.entry(at: "actions", in: commit.tree)?.id)
  }

  private static func trimmed(_ path: String) -> String {
    path.split(separator: "/").joined(separator: "/")
  }
}

extension HistoryRepository.Entry {
  fileprivate init(_ entry: GitRepository.Entry) {
    let kind: Kind =
      switch entry.mode & 0o170000 {
      case 0o040000: .folder
      case 0o120000: .link
      default: .file(isExecutable: entry.mode & 0o100 != 0)
      }
    self.init(name: entry.name, kind: kind, id: entry.id)
  }
}
