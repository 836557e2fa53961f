internal import Documents
internal import History
internal import Notebook

/// Which cells of a recipe differ between two runs, as far as they decide what steps do.
enum CellChanges {
  /// The steps, in the order of their names; one that only one run has with `+` or `-` before it.
  static func steps(from old: Experiment, to new: Experiment) -> [String] {
    let areWhole = old.run.status == .succeeded && new.run.status == .succeeded
    return Set(old.actions.keys).union(new.actions.keys).sorted().compactMap { step in
      switch (old.actions[step], new.actions[step]) {
      case (let a?, let b?): differ(a, b, old, new) ? step.text : nil
      // A run that failed lacks steps that its recipe has.
      case (nil, _?): areWhole ? "+\(step)" : nil
      case (_?, nil): areWhole ? "-\(step)" : nil
      case (nil, nil): nil
      }
    }
  }

  private static func differ(_ a: JSON, _ b: JSON, _ old: Experiment, _ new: Experiment) -> Bool {
    if a["action"] != b["action"] || a["env"] != b["env"] || a["network"] != b["network"]
      || a["outputs"] != b["outputs"]
    {
      return true
    }
    if Set((a["inputs"]?.object ?? [:]).keys) != Set((b["inputs"]?.object ?? [:]).keys) {
      return true
    }
    let (before, after) = (a["parameters"]?.object ?? [:], b["parameters"]?.object ?? [:])
    return Set(before.keys).union(after.keys).contains { name in
      before[name] != after[name] && !isOfRecipe(before[name], after[name], old, new)
    }
  }

  /// Whether a parameter of the recipe explains that a step's parameter differs: the table has a
  /// column for that.
  private static func isOfRecipe(
    _ before: JSON?, _ after: JSON?, _ old: Experiment, _ new: Experiment
  ) -> Bool {
    Set(old.parameters.keys).union(new.parameters.keys).contains { name in
      let (one, other) = (old.parameter(name), new.parameter(name))
      return one != other && one == before && other == after
    }
  }
}
