internal import Documents
internal import Problems

extension HistoryRepository {
  // MARK: Reading

  /// All submissions with their scores, in byte order of their names. A tag that leads to no run is
  /// passed over.
  ///
  /// - Throws: a damage problem where a score cannot be read.
  package func submissions() throws -> [Submission] {
    try reading { repository in
      let notes = try notes(in: repository)
      return try repository.references(under: Submission.prefix).compactMap {
        try submission($0, notes, in: repository)
      }
    } ?? []
  }

  /// The submission of a name, with or without `submission/` before it.
  ///
  /// - Throws: a user problem where there is none.
  package func submission(named name: String) throws -> Submission {
    let found = try reading { try submission(named: name, in: $0) }
    guard let found else { throw unknownSubmission(bare(name), among: []) }
    return found
  }

  /// The names of the submissions of each run, in byte order.
  package func submissionNamesByRun() throws -> [ObjectID: [String]] {
    try reading { repository in
      var names: [ObjectID: [String]] = [:]
      for reference in try repository.references(under: Submission.prefix) {
        guard let run = try repository.target(of: reference) else { continue }
        names[run, default: []].append(String(reference.dropFirst(Submission.prefix.count)))
      }
      return names
    } ?? [:]
  }

  // MARK: Writing

  /// Tags a run as a submission, durably.
  ///
  /// - Parameters:
  ///   - name: as an experiment can be named.
  ///   - remark: what the user says of it.
  ///   - time: now, in seconds since 1970.
  /// - Returns: the submission, and whether it is new: a run that has that name already keeps its
  ///   tag as it is.
  /// - Throws: a user problem where the name is no name or another run has it; then nothing changed.
  package func submit(
    _ run: PastRun, as name: String, remark: String? = nil, time: Int64, larderVersion: String
  ) throws -> (submission: Submission, isNew: Bool) {
    guard Submission.isName(name) else {
      throw Problem(
        .user, "submission-name", "`\(name)` cannot name a submission",
        hint: "use letters, digits and ._=+,%@-, a letter or a digit first")
    }
    let reference = Submission.prefix + name
    let made = try reading("cannot write the history") { repository in
      if let taken = try existing(name, of: run, in: repository) { return (taken, false) }
      return try UpdateLock.whileHeld(path, moving: [reference]) {
        var attempt = 0
        while true {
          if let taken = try existing(name, of: run, in: repository) { return (taken, false) }
          let message = SubmissionMessage(
            name, of: run, remark: remark, larderVersion: larderVersion)
          let objects = try PackWriter(repository, at: path)
          let id = try objects.add(
            .tag,
            message.tagObject(name, of: run.id, signature: signature(time, repository)))
          try objects.flush()
          if let race = try advance(reference, to: id, from: nil, in: repository) {
            try pause(after: race, &attempt)
            continue
          }
          return (try submission(named: name, in: repository), true)
        }
      }
    }
    guard let made else {
      throw Problem(.user, "unknown-run", "there is no run \(run.id.short) in \(path)")
    }
    return made
  }

  /// Notes a score on a submission, durably; the scores before it stay.
  ///
  /// - Parameters:
  ///   - name: with or without `submission/` before it.
  ///   - time: now, in seconds since 1970.
  /// - Returns: the submission with all its scores, and whether this one is new: one that names
  ///   itself (`id`) and is there already to the letter is not noted twice.
  /// - Throws: a user problem where there is no such submission; then nothing changed.
  package func note(
    _ score: Score, on name: String, time: Int64
  ) throws -> (submission: Submission, isNew: Bool) {
    let made = try reading("cannot write the history") { repository in
      _ = try submission(named: name, in: repository)
      return try UpdateLock.whileHeld(path, moving: [notesReference]) {
        var attempt = 0
        while true {
          let submission = try submission(named: name, in: repository)
          if score.id != nil, submission.scores.contains(score) { return (submission, false) }
          let tip = try repository.target(of: notesReference)
          let objects = try PackWriter(repository, at: path)
          let tree = try notes(in: repository).appending(
            score.document.canonicalBytes + [UInt8(ascii: "\n")], about: submission.tag,
            to: objects)
          let value = JSON.number(score.value).canonicalText
          let message = "Score \(value) of \(submission.reference)\n"
          let id = try objects.add(
            .commit,
            commitObject(tree, parent: tip, message: message, time: time, repository))
          try objects.flush()
          if let race = try advance(notesReference, to: id, from: tip, in: repository) {
            try pause(after: race, &attempt)
            continue
          }
          return (try self.submission(named: name, in: repository), true)
        }
      }
    }
    guard let made else { throw unknownSubmission(bare(name), among: []) }
    return made
  }

  // MARK: Within one look at the repository

  private var notesReference: String { "refs/notes/larder" }

  /// The submission of that name where the run is its run, nil where the name is free.
  private func existing(
    _ name: String, of run: PastRun, in repository: GitRepository
  ) throws -> Submission? {
    let reference = Submission.prefix + name
    guard try repository.object(of: reference) != nil else { return nil }
    let taken = try submission(reference, notes(in: repository), in: repository)
    if let taken, taken.run.id == run.id { return taken }
    let holder = taken.map { "run \($0.run.id.short) of \($0.run.branch)" } ?? "something else"
    throw Problem(
      .user, "submission-exists",
      "cannot submit run \(run.id.short) as `\(name)`: that submission is \(holder)",
      hint: "choose another name; a submission is never moved")
  }

  private func bare(_ name: String) -> String {
    let prefix = "submission/"
    return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
  }

  private func submission(
    named name: String, in repository: GitRepository
  ) throws -> Submission {
    let name = bare(name)
    if Submission.isName(name),
      let found = try submission(Submission.prefix + name, notes(in: repository), in: repository)
    {
      return found
    }
    let known = try repository.references(under: Submission.prefix)
    throw unknownSubmission(
      name, among: known.map { String($0.dropFirst(Submission.prefix.count)) })
  }

  /// The problem of a submission that is not there.
  func unknownSubmission(_ name: String, among known: [String]) -> Problem {
    Problem(
      .user, "unknown-submission", "there is no submission `\(name)`",
      hint: Suggestion.hint(for: name, among: known)
        ?? (known.isEmpty
          ? "make one: larder submit REF --name NAME" : "list them: larder leaderboard"))
  }

  /// Nil where there is no such reference or it leads to no run.
  private func submission(
    _ reference: String, _ notes: NotesTree, in repository: GitRepository
  ) throws -> Submission? {
    guard let id = try repository.object(of: reference),
      let commit = try repository.target(of: reference), let run = try run(commit, in: repository)
    else { return nil }
    let name = String(reference.dropFirst(Submission.prefix.count))
    let tag = try repository.tag(id)
    let message = SubmissionMessage(tag?.message ?? "")
    if let result = message.result, result != run.resultTree.hex {
      throw Problem(
        .damage, "submission-damaged",
        "the submission `\(name)` of \(path) says that its result is \(result), "
          + "but that of its run \(run.id.short) is \(run.resultTree)",
        hint: "look at it: git --git-dir=\(path) show submission/\(name)")
    }
    return Submission(
      name: name, run: run, tag: id, time: tag?.time ?? run.time, summary: message.summary,
      remark: message.remark, larderVersion: message.larderVersion,
      scores: try scores(in: notes.note(about: id), of: name))
  }

  private func notes(in repository: GitRepository) throws -> NotesTree {
    let tip = try repository.target(of: notesReference)
    return NotesTree(
      repository: repository, root: try tip.flatMap { try repository.commit($0)?.tree })
  }

  /// A note may hold words of people too: what does not begin with `{` is passed over.
  private func scores(in note: [UInt8], of name: String) throws -> [Score] {
    try note.split(separator: UInt8(ascii: "\n")).filter { $0.first == UInt8(ascii: "{") }.map {
      guard let document = try? JSON(parsing: Array($0)), let score = Score(document) else {
        let text = String(decoding: $0.prefix(200), as: UTF8.self)
        throw Problem(
          .damage, "score-damaged",
          "cannot read a score of the submission `\(name)` in \(path): \(text)",
          hint: "look at it: git --git-dir=\(path) notes --ref larder show submission/\(name)")
      }
      return score
    }
  }
}
