internal import Documents
internal import Problems

/// Reads the options of a cell into its draft.
struct OptionReader {
  enum Kind {
    case script
    /// A library step, with the value of `uses` for what concerns the step as a whole.
    case library(StepDeclaration, YAMLNode)
    /// A `yaml` cell whose `uses` leads nowhere: what depends on it is left alone.
    case unknown
  }

  let reader: CellReader
  let cell: Cell
  let options: OpenCell.Options
  /// The axes of the cell's matrix, which are among the parameters.
  var axes: [String] = []

  static let names = [
    "cache", "env", "environment", "executor", "id", "in", "matrix", "network", "numerics", "out",
    "resources", "run", "tolerance", "uses", "with",
  ]

  /// Options of the format that this release knows by name only.
  static let laterNames = ["secrets", "service"]

  var kind: Kind { options.kind }

  var mistakes: Mistakes { reader.mistakes }
  var place: Problem.Place { cell.place(in: reader.source) }

  func read(into draft: inout Draft) {
    for member in options.members { read(member, into: &draft) }
    finish(options.members, &draft)
  }

  private func read(_ member: YAMLNode.Member, into draft: inout Draft) {
    let value = member.value
    switch member.name {
    case "uses":
      if case .script = kind {
        mistakes.add(
          "misplaced-option", "`uses` names a library step, which has no code of its own",
          hint: "write the step as a `yaml` cell", at: member.key)
      }
    case "matrix": break  // It was read before: it decides how often the others are.
    case "id": readID(value, draft)
    case "in": readInputs(value, &draft)
    case "out": readOutputs(member, &draft)
    case "with": readParameters(value, &draft)
    case "environment": readEnvironment(value, &draft)
    case "env": readVariables(value, &draft)
    case "network": readNetwork(member, &draft)
    case "resources": readResources(value, &draft)
    case "executor": readExecutor(value)
    case "numerics": readNumerics(value, &draft)
    case "cache": readCache(value, &draft)
    case "run": readRun(member, &draft)
    case "tolerance": readTolerance(value, &draft)
    default:
      if Self.laterNames.contains(member.name) {
        noteUnavailable("`\(member.name)`", at: member.key)
        return
      }
      mistakes.add(
        "unknown-option", "`\(draft.step.id)` has an unknown option `\(member.name)`",
        hint: mistakes.suggestion(for: member.name, among: Self.names + Self.laterNames)
          ?? mistakes.hint(for: member.name, among: Self.names, called: "the options are"),
        at: member.key)
    }
  }

  /// The names under `in`; nil where something other than a mapping stands there.
  private func givenInputs(_ members: [YAMLNode.Member]) -> [String]? {
    guard let node = members.first(where: { $0.name == "in" })?.value else { return [] }
    switch node.content {
    case .mapping(let found): return found.map(\.name)
    case .scalar("", isPlain: true): return []
    default: return nil
    }
  }

  /// What can be said only when all options are known.
  private func finish(_ members: [YAMLNode.Member], _ draft: inout Draft) {
    func has(_ name: String) -> Bool { members.contains { $0.name == name } }
    let id = draft.step.id
    switch kind {
    case .script:
      if !has("out") { draft.knowsOutputs = false }
      if !has("out"), options.isWhole {
        mistakes.add(
          "no-output", "`\(id)` declares no output",
          hint: "write what it leaves in `out/`, as in `#| out: rows.jsonl`", place: place)
      }
      if case .script(let language, let interpreter, _) = draft.step.work, interpreter.isEmpty,
        !has("run"), options.isWhole
      {
        mistakes.add(
          "no-interpreter", "nothing is known to run the \(language) cell `\(id)`",
          hint: "name the program, as in `#| run: [node]`", place: place)
      }
      if !has("with") { readParameters(nil, &draft) }
    case .library(let declaration, let uses):
      if !has("with") { readParameters(nil, &draft) }
      if let given = givenInputs(members) {
        noteMissingInputs(given, declaration, with: draft.step.parameters, at: uses)
      }
    case .unknown: break
    }
  }

  func noteUnavailable(_ what: String, at node: YAMLNode) {
    mistakes.add("not-available", "\(what) is not available in this version", at: node)
  }

  func isNamed(_ text: String, allowing extra: String) -> Bool {
    !text.isEmpty
      && text.unicodeScalars.allSatisfy {
        switch $0.value {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: extra.unicodeScalars.contains($0)
        }
      }
  }

  /// The text of an option in which no parameter is replaced.
  func text(_ node: YAMLNode, of option: String, taking expected: String) -> String? {
    guard case .scalar(let text, let isPlain) = node.content, !(isPlain && text.isEmpty) else {
      mistakes.add("wrong-type", "`\(option)` takes \(expected): found \(node.found)", at: node)
      return nil
    }
    guard !text.contains("${") else {
      mistakes.add(
        "misplaced-parameter", "`\(option)` has a `${…}`, which is not replaced there",
        hint: "parameters are replaced in `with`, `env` and `in`", at: node)
      return nil
    }
    return text
  }
}

// MARK: - Simple options

extension OptionReader {
  private func readID(_ node: YAMLNode, _ draft: Draft) {
    guard let text = text(node, of: "id", taking: "the cell's id") else { return }
    if text != draft.step.id.text {
      mistakes.add(
        "different-id", "`id` does not agree with the cell's fence: found `\(text)`",
        hint: "write `id: \(draft.step.id)` or leave it out", at: node)
    }
  }

  private func readEnvironment(_ node: YAMLNode, _ draft: inout Draft) {
    guard let name = text(node, of: "environment", taking: "the name of an environment") else {
      return
    }
    draft.step.environment = name
    let declared = reader.frontMatter.environments
    guard reader.frontMatter.isComplete, declared[name] == nil else { return }
    mistakes.add(
      "unknown-environment", "the recipe declares no environment `\(name)`",
      hint: mistakes.hint(for: name, among: declared.keys, called: "it declares")
        ?? "declare it in the front matter: `environments: { \(name): [orjson==3.11.4] }`",
      at: node)
  }

  private func readVariables(_ node: YAMLNode, _ draft: inout Draft) {
    if node.isEmpty { return }
    guard case .mapping(let members) = node.content else {
      mistakes.add(
        "wrong-type", "`env` takes a mapping: found \(node.found)",
        hint: "write `env: { NAME: value }`", at: node)
      return
    }
    for member in members {
      let isName = isNamed(member.name, allowing: "_") && !(member.name.first?.isNumber ?? true)
      guard isName else {
        mistakes.add(
          "bad-variable", "`\(member.name)` cannot name a variable",
          hint: "use letters, digits and `_`, no digit first", at: member.key)
        continue
      }
      guard let value = reader.substitution.replace(member.value, noting: mistakes) else {
        continue
      }
      do throws(Mismatch) {
        if case .scalar = value.content, value.isNull {
          throw Mismatch("wrong-type", value, expected: "a text")
        }
        let text = try ValueTyping.text(value)
        guard !text.utf8.contains(0) else {
          mistakes.add(
            "bad-variable", "`\(member.name)` has a NUL character, which no variable can hold",
            at: value)
          continue
        }
        draft.step.variables[member.name] = text
      } catch {
        var mismatch = error
        if member.value.isNull { mismatch.hint = "for an empty text write \"\"" }
        mismatch.note("`\(member.name)`", in: mistakes)
      }
    }
  }

  private func readNetwork(_ member: YAMLNode.Member, _ draft: inout Draft) {
    do {
      let value = try ValueTyping.value(of: member.value, as: .boolean)
      draft.step.network = value.bool ?? false
    } catch { error.note("`network`", in: mistakes) }
    guard draft.step.network, case .library = kind else { return }
    mistakes.add(
      "misplaced-option", "`network` is for script cells",
      hint: "a library step reaches the outside only through the recorder; leave it out",
      at: member.key)
  }

  private func readExecutor(_ node: YAMLNode) {
    guard let name = text(node, of: "executor", taking: "the name of an executor") else { return }
    switch name {
    case "local": break
    case "slurm", "sagemaker": noteUnavailable("the executor `\(name)`", at: node)
    default:
      mistakes.add(
        "unknown-executor", "there is no executor `\(name)`",
        hint: mistakes.hint(
          for: name, among: ["local", "slurm", "sagemaker"], called: "there are"), at: node)
    }
  }

  private func readNumerics(_ node: YAMLNode, _ draft: inout Draft) {
    do {
      let type = ValueTyping.ValueType.choice(["portable", "native", "gpu"])
      draft.step.numerics = try ValueTyping.value(of: node, as: type).string
    } catch { error.note("`numerics`", in: mistakes) }
  }

  private func readTolerance(_ node: YAMLNode, _ draft: inout Draft) {
    do {
      let value = try ValueTyping.value(of: node, as: .number(0...Double.greatestFiniteMagnitude))
      draft.step.tolerance = value.number
    } catch { error.note("`tolerance`", in: mistakes) }
  }

  private func readCache(_ node: YAMLNode, _ draft: inout Draft) {
    guard case .scalar("never", _) = node.content else {
      mistakes.add(
        "wrong-type", "`cache` takes `never`: found \(node.found)",
        hint: "leave it out where the step may be taken from the cache", at: node)
      return
    }
    draft.step.neverCached = true
  }

  private func readRun(_ member: YAMLNode.Member, _ draft: inout Draft) {
    let node = member.value
    guard case .script(let language, _, let code) = draft.step.work else {
      if case .library = kind {
        mistakes.add(
          "misplaced-option", "`run` is for script cells: a library step brings its own program",
          hint: "leave it out", at: member.key)
      }
      return
    }
    var words: [String] = []
    switch node.content {
    case .list(let items):
      for item in items {
        guard let word = text(item, of: "run", taking: "a program and its arguments") else {
          return
        }
        words.append(word)
      }
    default:
      guard let line = text(node, of: "run", taking: "a program and its arguments") else { return }
      guard !line.contains(where: { "\"'\\".contains($0) }) else {
        mistakes.add(
          "wrong-type", "`run` is split at spaces only: found \(node.found)",
          hint: "write a list where an argument has spaces or quotes: `run: [node, --flag]`",
          at: node)
        return
      }
      words = line.split(separator: " ").map(String.init)
    }
    guard let program = words.first, !program.isEmpty else {
      mistakes.add(
        "wrong-type", "`run` takes a program and its arguments: found \(node.found)",
        hint: "write it as in `run: [node]`", at: node)
      return
    }
    draft.step.work = .script(language: language, interpreter: words, code: code)
  }
}
