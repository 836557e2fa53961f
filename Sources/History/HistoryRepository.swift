internal import Digests
internal import Files
internal import Glibc
internal import Problems
package import Store
internal import Synchronization
package import SystemPackage

/// The runs of a kitchen: the bare Git repository `artifacts/history.git`.
///
/// Calls block: make them on `BlockingWork`. Reading never waits for another process; a commit
/// waits for the one that another process is making. A history that does not exist yet reads as
/// empty, and the first commit makes it.
package final class HistoryRepository: Sendable {
  package let path: FilePath
  private let state: Mutex<GitRepository?>

  /// What `commit` did.
  package struct Commit: Hashable, Sendable {
    package let run: PastRun
    /// False where nothing ran and nothing differs from the branch's tip, which `run` then is.
    package let isNew: Bool
  }

  /// - Parameter path: of the bare repository, as in `artifacts/history.git`.
  /// - Throws: a damage problem where something else stands there.
  package init(at path: FilePath) throws {
    self.path = path
    let repository = try HistoryRepository.open(path)
    state = Mutex(repository)
  }

  private static func open(_ path: FilePath) throws -> sending GitRepository? {
    guard Files.exists(path) else { return nil }
    do { return try GitRepository(opening: path) } catch {
      throw error.problem("cannot open the history", path)
    }
  }

  /// Runs some work on the repository.
  ///
  /// - Parameter doing: what a failure is said to have hindered.
  /// - Returns: nil where the history does not exist yet.
  func reading<Value: Sendable>(
    _ doing: String = "cannot read the history", _ work: (GitRepository) throws -> Value
  ) throws -> Value? {
    try state.withLock { repository in
      if repository == nil { repository = try HistoryRepository.open(path) }
      guard let repository else { return nil }
      do { return try work(repository) } catch let failure as GitFailure {
        throw failure.problem(doing, path)
      }
    }
  }

  // MARK: Writing

  /// Keeps a run as a commit on a branch, durably.
  ///
  /// - Parameters:
  ///   - content: what the commit holds; inline files are read from the store.
  ///   - branch: where; made by its first run.
  ///   - store: has every artifact that the content names, or an inline file cannot be kept.
  /// - Throws: a problem of the store; an environment problem where the folder cannot be written; a
  ///   damage problem where the repository is not what Git wrote.
  package func commit(
    _ content: RunContent, branch: Branch, store: any Store
  ) throws -> Commit {
    try state.withLock { repository in
      if repository == nil {
        try create()
        repository = try HistoryRepository.open(path)
      }
      guard let repository else {
        throw Problem(.environment, "history-unusable", "cannot make the history \(path)")
      }
      do {
        return try commit(content, branch, store, in: repository)
      } catch let failure as GitFailure {
        throw failure.problem("cannot write the history", path)
      }
    }
  }

  private func commit(
    _ content: RunContent, _ branch: Branch, _ store: any Store, in repository: GitRepository
  ) throws -> Commit {
    let identity = content.identity
    if let tip = try tip(branch, in: repository), isSame(content, as: tip, identity) {
      noteLast(tip.id, content)
      return Commit(run: tip, isNew: false)
    }
    let objects = try PackWriter(repository, at: path)
    let written = try RunFolders.write(content, to: objects, from: store)
    return try UpdateLock.whileHeld(path, moving: ["HEAD", branch.reference]) {
      try publish(content, identity, written, objects, on: branch, in: repository)
    }
  }

  /// Makes the commit and moves the branch to it; called while the lock is held.
  private func publish(
    _ content: RunContent, _ identity: Digest, _ written: RunFolders.Written,
    _ objects: PackWriter, on branch: Branch, in repository: GitRepository
  ) throws -> Commit {
    var attempt = 0
    while true {
      let tip = try tip(branch, in: repository)
      if let tip,
        try isSame(content, as: tip, identity) || isSame(content, as: tip, written, repository)
      {
        noteLast(tip.id, content)
        return Commit(run: tip, isNew: false)
      }
      let message = CommitMessage(content, branch: branch, content: identity)
      let bytes = commitObject(
        written.root, parent: tip?.id, message: message.text, time: content.time, repository)
      let id = try objects.add(.commit, bytes)
      try objects.flush()
      if let race = try advance(branch.reference, to: id, from: tip?.id, in: repository) {
        try pause(after: race, &attempt)
        continue
      }
      settleHead(on: branch, in: repository)
      noteLast(id, content)
      guard let run = try run(id, in: repository) else {
        throw GitFailure(code: -1, area: 0, text: "the commit \(id) is gone just after it was made")
      }
      return Commit(run: run, isNew: true)
    }
  }

  /// Moves a reference; called while the lock is held.
  ///
  /// - Returns: the failure where a Git client, which knows nothing of our lock, was faster.
  func advance(
    _ reference: String, to id: ObjectID, from tip: ObjectID?, in repository: GitRepository
  ) throws(GitFailure) -> GitFailure? {
    do {
      try repository.move(reference, to: id, from: tip)
      return nil
    } catch {
      if error.isRace { return error }
      throw error
    }
  }

  /// Waits a moment before the next attempt, and gives up after fifty.
  func pause(after race: GitFailure, _ attempt: inout Int) throws(GitFailure) {
    attempt += 1
    if attempt > 50 { throw race }
    usleep(race.isLocked ? 100_000 : 1000)
  }

  /// Lets HEAD name a branch that has a commit, so that a clone checks something out.
  private func settleHead(on branch: Branch, in repository: GitRepository) {
    guard repository.isHeadUnborn else { return }
    // Where it fails the run is kept all the same, and the next one tries again.
    try? repository.setHead(to: branch.reference)
  }

  /// A run is the tip over again where nothing ran, nothing differs and its status says no more.
  private func isSame(_ content: RunContent, as tip: PastRun, _ identity: Digest) -> Bool {
    content.ran == 0 && tip.content == identity && saysNoMore(content.status, than: tip.status)
  }

  /// The same by the folders themselves, for a tip that says nothing of its content.
  private func isSame(
    _ content: RunContent, as tip: PastRun, _ written: RunFolders.Written,
    _ repository: GitRepository
  ) throws -> Bool {
    guard content.ran == 0, saysNoMore(content.status, than: tip.status),
      let commit = try repository.commit(tip.id)
    else { return false }
    return try ["recipe", "actions", "result", "inputs"].allSatisfy {
      try repository.entry(at: $0, in: commit.tree)?.id == written.folders[$0]
    }
  }

  private func saysNoMore(_ new: RunContent.Status, than old: RunContent.Status) -> Bool {
    new == old || old == .succeeded
  }

  /// The commit object's content.
  func commitObject(
    _ tree: ObjectID, parent: ObjectID?, message: String, time: Int64, _ repository: GitRepository
  ) -> [UInt8] {
    let signature = signature(time, repository)
    var text = "tree \(tree)\n"
    if let parent { text += "parent \(parent)\n" }
    for role in ["author", "committer"] { text += "\(role) \(signature)\n" }
    return Array((text + "\n" + message).utf8)
  }

  /// Who writes, by Git's configuration, and when: `NAME <EMAIL> SECONDS +0000`.
  func signature(_ time: Int64, _ repository: GitRepository) -> String {
    /// Without what would end the field.
    func field(_ name: String, or fallback: String) -> String {
      let text = (repository.setting(name) ?? "").filter { !"<>\n\r\0".contains($0) }
      let trimmed = text.split(separator: " ").joined(separator: " ")
      return trimmed.isEmpty ? fallback : trimmed
    }
    let name = field("user.name", or: "larder")
    let email = field("user.email", or: "larder@localhost")
    return "\(name) <\(email)> \(time) +0000"
  }

  /// Makes the repository beside its place and renames it there, so that none is ever half made.
  private func create() throws {
    let parent = path.removingLastComponent()
    let temporary = try Files.makeTemporaryFolder(
      in: parent.isEmpty ? FilePath(".") : parent, prefix: ".history-")
    defer { try? Files.remove(temporary) }
    chmod(temporary.string, 0o755)
    do { try GitRepository.create(temporary) } catch {
      throw error.problem("cannot make the history", path)
    }
    for name in ["HEAD", "config"] {
      let file = temporary.appending(name)
      try Files.writeDurably(try Files.read(file), to: file)
    }
    for name in ["objects", "refs"] { try Files.syncFolder(temporary.appending(name)) }
    do { try Files.rename(temporary, to: path) } catch {
      // Another process made it meanwhile.
      if Files.exists(path.appending("HEAD")) { return }
      throw error
    }
    try Files.syncFolder(parent)
  }

  // MARK: The last run

  /// Remembers which run a command named last. Only a convenience, so nothing waits for the disk,
  /// and a failure to write it is no failure of the run.
  private func noteLast(_ id: ObjectID, _ content: RunContent) {
    let file = path.appending(HistoryRepository.lastName)
    guard !content.isAside, lastNoted != id else { return }
    let temporary = path.appending("\(HistoryRepository.lastName).\(getpid())")
    do {
      try Files.write(Array("\(id)\n".utf8), to: temporary)
      try Files.rename(temporary, to: file)
    } catch {
      try? Files.remove(temporary)
    }
  }

  /// The run that a command named last, where that is known.
  var lastNoted: ObjectID? {
    guard let bytes = try? Files.read(path.appending(HistoryRepository.lastName)) else {
      return nil
    }
    return ObjectID(String(decoding: bytes.prefix(40), as: UTF8.self))
  }

  private static let lastName = "LARDER_LAST"
}
