package import Problems

extension Recipe {
  /// The steps that a name means: `STEP` with all instances of a matrix, `STEP@LABEL` one of them,
  /// or several where the label leaves axes open.
  ///
  /// - Throws: a user problem with a suggestion.
  package func steps(named name: String) throws(Problem) -> [Step] {
    let halves = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let cell = steps.filter { $0.id.cell.text == halves[0] }
    guard !cell.isEmpty else {
      var known: [String] = []
      for step in steps where known.last != step.id.cell.text { known.append(step.id.cell.text) }
      throw Problem(
        .user, "no-step", "the recipe `\(self.name)` has no step `\(halves[0])`",
        hint: Suggestion.hint(for: String(halves[0]), among: known)
          ?? "its steps: \(known.prefix(12).joined(separator: ", "))")
    }
    guard halves.count > 1 else { return cell }
    let found = InstanceLabel(halves[1]).map { label in
      cell.filter { $0.instance.map { label.means($0.label) } ?? false }
    }
    guard let found, !found.isEmpty else {
      let labels = cell.compactMap { $0.instance?.label.description }
      throw Problem(
        .user, "no-instance", "the step `\(halves[0])` has no instance `\(halves[1])`",
        hint: labels.isEmpty
          ? "it has no matrix: leave out the label"
          : Suggestion.hint(for: String(halves[1]), among: labels)
            ?? "its instances: \(labels.prefix(12).joined(separator: ", "))")
    }
    return found
  }

  /// The one step that a name means.
  ///
  /// - Throws: a user problem with a suggestion, or with the instances where there are several.
  package func step(named name: String) throws(Problem) -> Step {
    let found = try steps(named: name)
    guard found.count == 1, let step = found.first else {
      throw Problem(
        .user, "which-instance", "`\(name)` of `\(self.name)` means \(found.count) instances",
        hint: "name one: \(found.prefix(8).map(\.id.text).joined(separator: ", "))"
          + (found.count > 8 ? ", …" : ""))
    }
    return step
  }
}
