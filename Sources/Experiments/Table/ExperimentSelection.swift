internal import Glibc
package import History
internal import Problems

/// Which runs a table shows.
package struct ExperimentSelection: Hashable, Sendable {
  /// The runs that stand in one table.
  package struct Group: Hashable, Sendable {
    /// The recipe that all runs are of; nil where they are of several.
    package let recipe: String?
    package let runs: [PastRun]
    /// Experiments of which no run succeeded.
    package let failed: [Branch]
  }

  package let groups: [Group]

  /// Chooses runs.
  ///
  /// The runs that another command made for itself (`Branch.isAside`) are no experiments: they are shown
  /// where they are named, and never counted among those of which the best is picked.
  ///
  /// - Parameter references: a recipe for the newest succeeded run of each of its experiments, with a
  ///   slash after it or not; a pattern of branches with `*`, as `desk/epoch=*`; or any reference to one
  ///   run. None are all recipes, a table for each.
  /// - Throws: a user problem where one of them leads nowhere.
  package init(_ references: [String], in history: HistoryRepository) throws {
    let branches = try history.branches()
    guard !references.isEmpty else {
      let recipes = Dictionary(grouping: branches.filter { !$0.isAside }, by: \.recipe)
      groups = try recipes.sorted { $0.key < $1.key }.map { recipe, branches in
        let (runs, failed) = try ExperimentSelection.newest(of: branches, in: history)
        return Group(recipe: recipe, runs: runs, failed: failed)
      }
      return
    }
    var runs: [PastRun] = []
    var failed: [Branch] = []
    for reference in references {
      let chosen = ExperimentSelection.branches(reference, among: branches)
      if let chosen {
        guard !chosen.isEmpty else {
          throw Problem(
            .user, "no-runs", "no experiment matches `\(reference)`",
            hint: Suggestion.hint(
              for: reference.filter { $0 != "*" && $0 != "/" },
              among: Set(branches.map(\.recipe)))
              ?? (branches.isEmpty
                ? "make one: larder run RECIPE"
                : "experiments: " + branches.prefix(12).map(\.description).joined(separator: ", ")))
        }
        let found = try ExperimentSelection.newest(of: chosen, in: history)
        runs += found.runs
        failed += found.failed
      } else {
        runs.append(try history.resolve(reference))
      }
    }
    var seen: Set<ObjectID> = []
    runs = runs.filter { seen.insert($0.id).inserted }
    let recipes = Set(runs.map(\.branch.recipe))
    groups = [
      Group(recipe: recipes.count == 1 ? recipes.first : nil, runs: runs, failed: failed)
    ]
  }

  /// The branches that a reference to several means; nil where it means one run.
  private static func branches(_ reference: String, among branches: [Branch]) -> [Branch]? {
    let name = reference.hasSuffix("/") ? String(reference.dropLast()) : reference
    if reference.hasSuffix("/") || branches.contains(where: { $0.recipe == name }),
      !name.contains("*")
    {
      return branches.filter { $0.recipe == name && !$0.isAside }
    }
    guard name.contains("*") else { return nil }
    let pattern = name.contains("/") ? name : name + "/*"
    // Nothing but the star is special in the name of an experiment.
    let asksAside = Branch(pattern.prefix { $0 != "*" } + "x")?.isAside ?? false
    return branches.filter {
      fnmatch(pattern, $0.description, 0) == 0 && (asksAside || !$0.isAside)
    }
  }

  private static func newest(
    of branches: [Branch], in history: HistoryRepository
  ) throws -> (runs: [PastRun], failed: [Branch]) {
    var runs: [PastRun] = []
    var failed: [Branch] = []
    for branch in branches {
      if let run = try history.newestSucceeded(of: branch) {
        runs.append(run)
      } else {
        failed.append(branch)
      }
    }
    return (runs, failed)
  }
}
