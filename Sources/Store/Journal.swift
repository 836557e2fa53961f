internal import Digests
internal import Files
internal import Problems
internal import Synchronization
internal import SystemPackage

/// What this process has put and not yet committed, and how it is committed: the packs are synced
/// before the index names what is in them, in one transaction.
///
/// Locks, in the order in which they are taken: `committed` (held through a commit, so that callers
/// who wait share the next one), then `state` (held for moments), then the index's own.
final class Journal: Sendable {
  private struct State {
    var writer: PackWriter?
    /// Full packs that wait to be synced.
    var full: [PackWriter] = []
    var pending = Index.Batch()
    /// What the commit under way is entering.
    var entering = Index.Batch()
    /// Counts what was put.
    var count = 0
    /// Why nothing more can be kept: after a failed sync nobody knows what the disk holds.
    var failure: Problem?

    var writers: [PackWriter] { full + [writer].compactMap { $0 } }
  }

  /// What one commit makes durable.
  private struct Commit {
    var packs: [PackFile] = []
    var lengths: [String: Int64] = [:]
    var batch: Index.Batch
    var count: Int
    var hasNewPack = false
  }

  private let packs: FilePath
  private let index: Index
  private let state = Mutex(State())
  /// How much of `State.count` is durable.
  private let committed = Mutex(0)

  /// - Parameter packs: the folder of the packs.
  init(packs: FilePath, index: Index) {
    self.packs = packs
    self.index = index
  }

  /// Appends a record, unless another thread just did.
  ///
  /// - Parameters:
  ///   - stored: the `storedSize` bytes that follow the header.
  ///   - isKnown: whether it is there by now.
  ///   - note: enters it, given where it is.
  func append(
    _ record: Record, _ stored: UnsafeRawBufferPointer, unless isKnown: (Index.Batch) -> Bool,
    note: (inout Index.Batch, Index.Place) -> Void
  ) throws {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      if isKnown(state.pending) || isKnown(state.entering) { return }
      if var writer = state.writer, writer.isFull {
        try writer.flush()
        state.full.append(writer)
        state.writer = nil
      }
      var writer = try state.writer.take() ?? PackWriter.open(in: packs, known: index.packs())
      defer { state.writer = writer }
      let offset = try writer.append(record, stored)
      note(
        &state.pending,
        Index.Place(
          pack: writer.pack.id, offset: offset, storedSize: record.storedSize,
          size: Int64(record.size), isList: false))
      state.count += 1
    }
  }

  /// Notes what needs no record.
  func note(_ change: (inout Index.Batch) -> Void) throws {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      change(&state.pending)
      state.count += 1
    }
  }

  /// Calls the work with what is pending, the newer first.
  func look<Value>(_ work: (Index.Batch, Index.Batch) -> Value) -> Value {
    state.withLock { work($0.pending, $0.entering) }
  }

  /// The bytes of a record that waits in memory, with its pack; the pack alone where this process
  /// writes it and the record is in it already.
  func waiting(_ place: Index.Place) -> (pack: PackFile, bytes: [UInt8]?)? {
    state.withLock { state in
      for writer in state.writers where writer.pack.id == place.pack {
        return (writer.pack, writer.waiting(at: place.offset, storedSize: place.storedSize))
      }
      return nil
    }
  }

  // MARK: Committing

  /// Makes everything put so far durable. After an error all of it still waits, and the next commit
  /// tries again; only after a failed sync nothing can be kept until the store is opened again.
  func commit() throws {
    let wanted = state.withLock { $0.count }
    try committed.withLock { committed in
      guard committed < wanted else { return }
      let commit = try begin()
      do {
        try sync(commit)
        try index.add(commit.batch, lengths: commit.lengths)
      } catch {
        giveUp()
        throw error
      }
      finish(commit)
      committed = commit.count
    }
  }

  private func begin() throws -> Commit {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      try state.writer?.flush()
      var commit = Commit(batch: state.pending, count: state.count)
      for writer in state.writers where writer.end > writer.committed {
        commit.packs.append(writer.pack)
        commit.lengths[writer.pack.id] = writer.end
        if writer.committed == 0 { commit.hasNewPack = true }
      }
      state.entering = state.pending
      state.pending = Index.Batch()
      return commit
    }
  }

  private func sync(_ commit: Commit) throws {
    do {
      for pack in commit.packs { try pack.sync() }
      if commit.hasNewPack { try Files.syncFolder(packs) }
    } catch {
      let failure = Problem(error)
      state.withLock { $0.failure = failure }
      throw failure
    }
  }

  private func giveUp() {
    state.withLock { state in
      state.pending.add(older: state.entering)
      state.entering = Index.Batch()
    }
  }

  private func finish(_ commit: Commit) {
    state.withLock { state in
      state.entering = Index.Batch()
      state.full.removeAll { commit.lengths[$0.pack.id] == $0.end }
      if let writer = state.writer, let length = commit.lengths[writer.pack.id] {
        state.writer?.committed = length
      }
      for index in state.full.indices {
        if let length = commit.lengths[state.full[index].pack.id] {
          state.full[index].committed = length
        }
      }
    }
  }
}

extension Index.Batch {
  /// Takes in what another batch has and this one has not.
  fileprivate mutating func add(older: Index.Batch) {
    places.merge(older.places) { newer, _ in newer }
    results.merge(older.results) { newer, _ in newer }
    stamps.merge(older.stamps) { newer, _ in newer }
    facts.merge(older.facts) { newer, _ in newer }
    copies.merge(older.copies) { newer, _ in newer }
    whole.formUnion(older.whole)
  }
}
