internal import Digests
internal import Documents
internal import Files
package import Notebook
internal import Problems
internal import Running
internal import Steps
internal import Store
internal import SystemPackage

/// In what two runs of a recipe differ, as far as one step rests on it, sorted by factor.
package struct FactorSplit: Hashable, Sendable {
  /// In the order of the factors, then as they stand in the recipe.
  package private(set) var changes: [FactorChange] = []

  /// The factors in which the runs differ, in order.
  package var factors: [Factor] {
    Factor.allCases.filter { factor in changes.contains { $0.factor == factor } }
  }

  /// - Parameters:
  ///   - step: only what it needs counts.
  ///   - otherwiseA: the first recipe with the second's parameters: what still differs from the
  ///     second is no parameter's doing. Nil where there can be no such recipe.
  package init(
    _ a: RecipeSide, _ b: RecipeSide, until step: StepID, otherwiseA: Recipe?
  ) {
    let inA = RecipeSide.needs(of: step, in: a.recipe)
    let inB = RecipeSide.needs(of: step, in: b.recipe)
    let parameters = ParameterDifference.all(a.recipe.parameters, b.recipe.parameters)
    let settings = Set(a.recipe.stepOverrides.keys).union(b.recipe.stepOverrides.keys)
    var found: [FactorChange] = []
    var used: Set<String> = []
    for id in (a.recipe.steps + b.recipe.steps).map(\.id) where used.insert(id.text).inserted {
      guard inA.contains(id) || inB.contains(id) else { continue }
      guard let old = a.step(id), let new = b.step(id) else {
        found.append(
          FactorChange(.code, "step `\(id)` \(a.step(id) == nil ? "is new" : "is gone")"))
        continue
      }
      let bent = otherwiseA?.steps.first { $0.id == id } ?? old
      found += FactorSplit.work(old, new)
      found += FactorSplit.parameters(
        old, new, parameters, settings: settings, isSource: b.isSource(id))
      found += FactorSplit.inputs(old, bent, new, a, b)
      found += FactorSplit.environment(old, new, a, b)
      found += FactorSplit.variables(old, bent, new, parameters)
      found += FactorSplit.pins(id, a, b)
      if old.outputs != new.outputs || old.network != new.network {
        found.append(FactorChange(.code, "what step `\(id.cell)` gives"))
      }
    }
    var seen: Set<FactorChange> = []
    let distinct = found.filter { seen.insert($0).inserted }
    changes = Factor.allCases.flatMap { factor in distinct.filter { $0.factor == factor } }
  }

  // MARK: Cells

  private static func work(_ old: Step, _ new: Step) -> [FactorChange] {
    let id = new.id.cell
    switch (old.work, new.work) {
    case (.data(let before), .data(let after)) where old.outputs == new.outputs:
      if before == after { return [] }
      let isText = new.outputs.first?.path.hasSuffix(".txt") == true
      // A cell of another recipe comes with that recipe's text.
      return [
        FactorChange(
          isText || id.recipe != nil ? .code : .data, "cell `\(id)`: \(lines(before, after))")
      ]
    case (.script(_, let first, let before), .script(_, let second, let after)):
      var changes: [FactorChange] = []
      if before != after {
        changes.append(FactorChange(.code, "script `\(id)`: \(lines(before, after))"))
      }
      if first != second {
        changes.append(
          FactorChange(
            .code,
            "interpreter of `\(id)`: \(first.joined(separator: " ")) → "
              + second.joined(separator: " ")))
      }
      return changes
    case (.library(let before), .library(let after)):
      return before == after ? [] : [FactorChange(.code, "kind of `\(id)`: \(before) → \(after)")]
    default: return [FactorChange(.code, "step `\(id)` is another kind of cell")]
    }
  }

  /// As in `+2 −1 lines`, by how often each line occurs.
  private static func lines(_ before: String, _ after: String) -> String {
    func counts(_ text: String) -> [Substring: Int] {
      Dictionary(text.split(separator: "\n").map { ($0, 1) }, uniquingKeysWith: +)
    }
    let (old, new) = (counts(before), counts(after))
    let added = new.reduce(0) { $0 + max(0, $1.value - (old[$1.key] ?? 0)) }
    let removed = old.reduce(0) { $0 + max(0, $1.value - (new[$1.key] ?? 0)) }
    return added + removed == 0 ? "lines in another order" : "+\(added) −\(removed) lines"
  }

  private static func parameters(
    _ old: Step, _ new: Step, _ recipe: [ParameterDifference], settings: Set<String>,
    isSource: Bool
  ) -> [FactorChange] {
    guard old.work.isSameKind(as: new.work) else { return [] }
    let id = new.id.cell
    return ParameterDifference.all(old.parameters, new.parameters).map { difference in
      let text = "\(shown(difference.a)) → \(shown(difference.b))"
      guard difference.a != nil, difference.b != nil else {
        let what = difference.a == nil ? "is new" : "is gone"
        return FactorChange(.code, "parameter `\(id).\(difference.name)` \(what)")
      }
      if id.recipe != nil { return FactorChange(.code, "\(id).\(difference.name) \(text)") }
      if isSource { return FactorChange(.data, "source `\(id)`: \(difference.name) \(text)") }
      // A parameter of the recipe that has just these values is what the user changed.
      let name = "\(id).\(difference.name)"
      if !settings.contains(name),
        let own = recipe.first(where: { $0.a == difference.a && $0.b == difference.b })
      {
        return FactorChange(.parameters, "\(own.name) \(text)")
      }
      return FactorChange(.parameters, "\(name) \(text)")
    }
  }

  private static func variables(
    _ old: Step, _ bent: Step, _ new: Step, _ recipe: [ParameterDifference]
  ) -> [FactorChange] {
    var changes: [FactorChange] = []
    // What is read from a file or a past result is data, whichever parameter names it.
    func connections(_ step: Step) -> [String: Reference] {
      step.inputs.filter { !$0.value.steps.isEmpty }
    }
    if old.variables != bent.variables || connections(old) != connections(bent) {
      changes += recipe.filter { $0.a != nil && $0.b != nil }.map {
        FactorChange(.parameters, "\($0.name) \(shown($0.a)) → \(shown($0.b))")
      }
    }
    if bent.variables != new.variables {
      changes.append(FactorChange(.code, "variables of `\(new.id.cell)`"))
    }
    return changes
  }

  // MARK: Inputs

  private static func inputs(
    _ old: Step, _ bent: Step, _ new: Step, _ a: RecipeSide, _ b: RecipeSide
  ) -> [FactorChange] {
    let id = new.id
    return Set(bent.inputs.keys).union(new.inputs.keys).sorted().compactMap { name in
      switch (bent.inputs[name], new.inputs[name]) {
      case (.file, .file(let after)):
        // Which file it is a parameter may say; what is in it is data all the same.
        guard case .file(let before)? = old.inputs[name] else { return nil }
        let (first, second) = (a.artifact(of: name, of: id), b.artifact(of: name, of: id))
        if first == second { return nil }
        let factor: Factor = isCode(after) ? .code : .data
        return FactorChange(
          factor, before == after ? "file:\(after)" : "file:\(before) → file:\(after)")
      case (.run, .run(let after)):
        guard case .run(let before)? = old.inputs[name] else { return nil }
        let (first, second) = (a.pin(of: name, of: id), b.pin(of: name, of: id))
        if first?.digest == second?.digest { return nil }
        return FactorChange(
          .data, before == after ? "run:\(after)" : "run:\(before) → run:\(after)")
      case (let before, let after):
        return before == after ? nil : FactorChange(.code, "input `\(name)` of `\(id.cell)`")
      }
    }
  }

  /// The files that are code themselves: modules and scripts that a step is given.
  package static func isCode(_ path: String) -> Bool {
    ["py", "sh", "bash", "js", "mjs", "ts", "pl", "rb", "r", "R", "jl", "lua", "awk", "sql"]
      .contains(FilePath(path).extension ?? "")
  }

  private static func pins(_ id: StepID, _ a: RecipeSide, _ b: RecipeSide) -> [FactorChange] {
    guard let old = a.source(of: id), let new = b.source(of: id), old.request == new.request,
      old.sha256 != new.sha256
    else { return [] }
    return [
      FactorChange(
        .data, "source `\(id)`: \(old.sha256.short) → \(new.sha256.short)")
    ]
  }

  // MARK: Environment

  private static func environment(
    _ old: Step, _ new: Step, _ a: RecipeSide, _ b: RecipeSide
  ) -> [FactorChange] {
    guard old.work.isSameKind(as: new.work) else { return [] }
    let id = new.id
    // What another recipe declares comes with that recipe's text.
    let factor: Factor = id.recipe == nil ? .environment : .code
    var changes: [FactorChange] = []
    if old.numerics != new.numerics {
      changes.append(
        FactorChange(
          factor,
          "numerics of `\(id.cell)`: \(old.numerics ?? "its own") → \(new.numerics ?? "its own")"))
    }
    // Threads are part of a key only where numerics are.
    let counts = [a, b].contains { $0.run.record.actions[id]?["numerics"] != nil }
    if counts, old.threads != new.threads {
      changes.append(
        FactorChange(factor, "threads of `\(id.cell)`: \(old.threads) → \(new.threads)"))
    }
    switch (a.environment(of: id), b.environment(of: id)) {
    case (nil, nil): break
    case (let before?, let after?):
      if before.request.requirements != after.request.requirements
        || before.pin?.files != after.pin?.files
      {
        changes.append(
          FactorChange(
            factor, "environment `\(after.request.name)`: \(packages(before, after))"))
      }
    case (let before, let after):
      changes.append(
        FactorChange(
          factor,
          "environment of `\(id.cell)`: \(before?.request.name ?? "none") → "
            + (after?.request.name ?? "none")))
    }
    return changes
  }

  private static func packages(
    _ before: (request: EnvironmentRequest, pin: Lock.Environment?),
    _ after: (request: EnvironmentRequest, pin: Lock.Environment?)
  ) -> String {
    func versions(_ pin: Lock.Environment?) -> [String: String] {
      Dictionary(
        (pin?.files ?? []).map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
    }
    let (old, new) = (versions(before.pin), versions(after.pin))
    let changed = Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }
    if changed.isEmpty {
      return before.pin == nil || after.pin == nil
        ? "its requirements" : "the same versions, other files"
    }
    let shown = changed.prefix(3).map { "\($0) \(old[$0] ?? "none") → \(new[$0] ?? "none")" }
    let more = changed.count > 3 ? " and \(changed.count - 3) more" : ""
    return shown.joined(separator: ", ") + more
  }

  private static func shown(_ value: JSON?) -> String {
    guard let value else { return "none" }
    let text = value.string ?? value.canonicalText
    return text.count <= 40 ? text : text.prefix(37) + "…"
  }
}
