internal import Problems

extension HistoryRepository {
  /// The run that a reference names.
  ///
  /// - Parameter reference: `RUN` (6 hexadecimal digits or more), `NAME[/EXPERIMENT][~N]` (the
  ///   newest succeeded full run of that branch, or the N-th before it), `submission/NAME` or
  ///   `@last`.
  /// - Throws: a user problem where it names no run, or more than one.
  package func resolve(_ reference: String) throws -> PastRun {
    let found = try reading { try resolve(reference, in: $0) }
    guard let found else {
      throw Problem(
        .user, "unknown-run", "there is no run `\(reference)`: this kitchen has no run yet",
        hint: "make one: larder run RECIPE")
    }
    return found
  }

  private func resolve(_ reference: String, in repository: GitRepository) throws -> PastRun {
    if reference == "@last" { return try last(in: repository) }
    let name = "submission/"
    if reference.hasPrefix(name) {
      return try submission(String(reference.dropFirst(name.count)), in: repository)
    }
    let text = reference.lowercased()
    if !text.isEmpty, text.utf8.allSatisfy(ObjectID.isDigit) {
      return try commit(text, in: repository)
    }
    return try onBranch(reference, in: repository)
  }

  private func last(in repository: GitRepository) throws -> PastRun {
    if let id = lastNoted, let run = try run(id, in: repository) { return run }
    var newest: PastRun?
    try visit(try branches(in: repository), in: repository) { run in
      newest = run
      return false
    }
    guard let newest else {
      throw Problem(
        .user, "unknown-run", "there is no run `@last`: this kitchen has no run yet",
        hint: "make one: larder run RECIPE")
    }
    return newest
  }

  private func submission(_ name: String, in repository: GitRepository) throws -> PastRun {
    if isPlainName(name), let id = try repository.target(of: Submission.prefix + name),
      let run = try run(id, in: repository)
    {
      return run
    }
    let known = try repository.references(under: Submission.prefix).map {
      String($0.dropFirst(Submission.prefix.count))
    }
    throw unknownSubmission(name, among: known)
  }

  private func isPlainName(_ name: String) -> Bool {
    !name.isEmpty
      && name.unicodeScalars.allSatisfy {
        $0.value > 0x20 && !"~^:?*[\\\u{7F}".unicodeScalars.contains($0)
      }
  }

  /// A run by the first digits of its commit.
  private func commit(_ digits: String, in repository: GitRepository) throws -> PastRun {
    if let id = ObjectID(digits), let run = try run(id, in: repository) { return run }
    guard (6...40).contains(digits.utf8.count) else {
      throw Problem(
        .user, "short-run", "cannot look up the run `\(digits)`: a run is named by 6 to 40 digits",
        hint: "list the runs: larder runs")
    }
    var found: [ObjectID] = []
    let tags = try repository.references(under: Submission.prefix)
    let references = try branches(in: repository).map(\.reference) + tags
    try repository.walk(references) { id in
      if id.hex.hasPrefix(digits) { found.append(id) }
      return true
    }
    let runs = try found.compactMap { try run($0, in: repository) }
    guard let run = runs.first else {
      throw Problem(
        .user, "unknown-run", "there is no run `\(digits)`", hint: "list the runs: larder runs")
    }
    guard runs.count == 1 else {
      throw Problem(
        .user, "ambiguous-run",
        "`\(digits)` is the beginning of \(runs.count) runs: "
          + runs.map(\.id.short).sorted().joined(separator: ", "),
        hint: "write more digits")
    }
    return run
  }

  private func onBranch(_ reference: String, in repository: GitRepository) throws -> PastRun {
    let parts = reference.split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false)
    var back = 0
    if parts.count > 1 {
      guard parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(parts[1]) else {
        throw Problem(
          .user, "run-reference",
          "cannot read the run `\(reference)`: after ~ a number says how many runs to go back",
          hint: "write NAME~1 for the run before the newest")
      }
      back = number
    }
    let known = try branches(in: repository)
    guard let branch = Branch(parts[0]), known.contains(branch) else {
      throw unknown(String(parts[0]), known)
    }
    var succeeded = 0
    var found: PastRun?
    try visit([branch], in: repository) { run in
      guard run.status == .succeeded else { return true }
      if succeeded == back { found = run }
      succeeded += 1
      return found == nil
    }
    if let found { return found }
    let one = succeeded == 1
    throw Problem(
      .user, "unknown-run",
      succeeded == 0
        ? "there is no run `\(reference)`: no run of \(branch) succeeded as a whole yet"
        : "there is no run `\(reference)`: \(branch) has \(one ? "one run" : "\(succeeded) runs") "
          + "that succeeded as a whole",
      hint: "list the runs: larder runs")
  }

  private func unknown(_ name: String, _ known: [Branch]) -> Problem {
    let names = known.map { $0.experiment == "main" ? $0.recipe : $0.description }
    return Problem(
      .user, "unknown-run", "there is no run `\(name)`",
      hint: Suggestion.hint(for: name, among: names) ?? "list the runs: larder runs")
  }
}
