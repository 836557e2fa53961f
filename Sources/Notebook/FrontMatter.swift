internal import Documents
internal import Problems
internal import SystemPackage

/// What stands in the YAML at the top of a recipe.
struct FrontMatter {
  var title: String?
  /// Nil as a value where the declaration is wrong, which was noted.
  var parameters: [String: ParameterValue?] = [:]
  /// Nil as a value where the declaration is wrong, which was noted.
  var environments: [String: EnvironmentRequest?] = [:]
  var licences: [String]?
  /// In a recipe that only joins, what is wrong with environments: no matter where no step that
  /// joins needs them.
  var environmentMistakes: [String: [Problem]] = [:]
  /// False where the YAML is broken, so that nothing can be called undeclared.
  var isComplete = true
  /// The first line after the front matter.
  var nextLine = 1

  static let keys = ["title", "params", "environments", "licences"]

  var substitution: Substitution { Substitution(values: parameters, isComplete: isComplete) }

  private let base: FilePath
  private let isJoined: Bool

  /// - Parameters:
  ///   - base: the folder of the recipe that is run.
  ///   - isJoined: whether this is another recipe, whose steps join that one.
  init(
    of source: SourceText, files: KitchenFiles, seenFrom base: FilePath, isJoined: Bool = false,
    noting mistakes: Mistakes
  ) {
    self.base = base
    self.isJoined = isJoined
    guard Self.isFence(source.line(1), "---") else { return }
    var end = 2
    while end <= source.lineCount, !Self.isFence(source.line(end), "---"),
      !Self.isFence(source.line(end), "...")
    { end += 1 }
    nextLine = min(end, source.lineCount) + 1
    guard end <= source.lineCount else {
      mistakes.add(
        "bad-yaml", "the front matter does not end", hint: "close it by a line `---`",
        place: source.place(line: 1, column: 1, length: 3))
      isComplete = false
      return
    }
    let part = YAMLPart(source: source, lines: 2..<end)
    guard let node = part.read("the front matter", noting: mistakes) else {
      isComplete = false
      return
    }
    if node.isEmpty { return }
    guard case .mapping(let members) = node.content else {
      mistakes.add(
        "wrong-type", "the front matter is a mapping: found \(node.found)",
        hint: "write `name: value`, one a line", at: node)
      isComplete = false
      return
    }
    for member in members { read(member, files, mistakes) }
  }

  /// Whether a line is a fence of front matter: the mark and nothing but white space after it.
  private static func isFence(_ line: ArraySlice<UInt8>, _ mark: String) -> Bool {
    line.starts(with: mark.utf8)
      && line.dropFirst(3).allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  private mutating func read(
    _ member: YAMLNode.Member, _ files: KitchenFiles, _ mistakes: Mistakes
  ) {
    switch member.name {
    case "title":
      do { title = try ValueTyping.text(member.value) } catch {
        error.note("`title`", in: mistakes)
      }
    case "params": readParameters(member.value, mistakes)
    case "environments": readEnvironments(member.value, files, mistakes)
    case "licences": readLicences(member.value, mistakes)
    default:
      mistakes.add(
        "unknown-key", "the front matter has no key `\(member.name)`",
        hint: mistakes.hint(for: member.name, among: Self.keys, called: "it has"), at: member.key)
    }
  }

  private mutating func readParameters(_ node: YAMLNode, _ mistakes: Mistakes) {
    if node.isEmpty { return }
    guard case .mapping(let members) = node.content else {
      mistakes.add(
        "wrong-type", "`params` takes a mapping: found \(node.found)",
        hint: "write `name: default`, one a line", at: node)
      isComplete = false
      return
    }
    for member in members {
      guard Substitution.isName(member.name) else {
        mistakes.add(
          "bad-parameter-name", "`\(member.name)` cannot name a parameter",
          hint: "use letters, digits, `_` and `-`, a letter first", at: member.key)
        continue
      }
      parameters[member.name] = .some(parameter(member, mistakes))
    }
  }

  /// The default of a recipe parameter, which also gives its type.
  private func parameter(_ member: YAMLNode.Member, _ mistakes: Mistakes) -> ParameterValue? {
    let expected = "a number, a text, true or false, or a list of them"
    if member.value.isNull {
      mistakes.add(
        "wrong-type", "the parameter `\(member.name)` has no default: found \(member.value.found)",
        hint: "give it \(expected); its type is that of its default", at: member.key)
      return nil
    }
    do throws(Mismatch) {
      let json = try ValueTyping.untyped(member.value)
      switch (json, member.value.content) {
      case (.object, _):
        throw Mismatch("wrong-type", member.value, expected: expected)
      case (_, .scalar(let text, _)): return ParameterValue(json: json, text: text)
      default: return ParameterValue(json: json, text: json.canonicalText)
      }
    } catch {
      error.note("`\(member.name)`", in: mistakes)
      return nil
    }
  }

  private mutating func readEnvironments(
    _ node: YAMLNode, _ files: KitchenFiles, _ mistakes: Mistakes
  ) {
    if node.isEmpty { return }
    guard case .mapping(let members) = node.content else {
      mistakes.add(
        "wrong-type", "`environments` takes a mapping: found \(node.found)",
        hint: "write `name: [requirement, …]`, one a line", at: node)
      isComplete = false
      return
    }
    for member in members {
      guard StepID.isValid(member.name) else {
        mistakes.add(
          "bad-environment-name", "`\(member.name)` cannot name an environment",
          hint: "use small letters, digits and `-`, a letter first", at: member.key)
        environments[member.name] = .some(nil)
        continue
      }
      let own = isJoined ? Mistakes() : mistakes
      let requirements = Requirements.read(member, files, noting: own)
      if isJoined, !own.isEmpty { environmentMistakes[member.name] = own.all }
      var file: String?
      if case .scalar(let path, _) = member.value.content {
        file = files.path(Requirements.path(path), seenFrom: base)
      }
      environments[member.name] = .some(
        requirements.map {
          EnvironmentRequest(name: member.name, requirements: $0, file: file)
        })
    }
  }

  private mutating func readLicences(_ node: YAMLNode, _ mistakes: Mistakes) {
    guard case .list(let items) = node.content else {
      mistakes.add(
        "wrong-type", "`licences` takes a list of SPDX identifiers: found \(node.found)",
        hint: "write `licences: [MIT, Apache-2.0]`", at: node)
      return
    }
    var known: [String] = []
    for item in items {
      guard case .scalar(let text, _) = item.content, Self.isLicence(text) else {
        mistakes.add(
          "bad-licence", "a licence is an SPDX identifier, as in `CC0-1.0`: found \(item.found)",
          hint: "spdx.org/licenses lists them", at: item)
        continue
      }
      known.append(text)
    }
    licences = known
  }

  /// SPDX 2.3, annex D: an identifier, or a `LicenseRef-` of one's own.
  private static func isLicence(_ text: String) -> Bool {
    !text.isEmpty
      && text.unicodeScalars.allSatisfy {
        $0.isASCII
          && ($0.properties.isAlphabetic || $0.properties.numericType != nil
            || $0 == "-" || $0 == "." || $0 == "+")
      }
  }
}

extension FrontMatter {
  /// Puts the values of the command line in the place of the defaults, typed by them.
  mutating func apply(_ overrides: OverrideTable, noting mistakes: Mistakes) {
    guard isComplete else { return }
    for (name, entry) in overrides.recipe.sorted(by: { $0.key < $1.key }) {
      guard let declared = parameters[name] else {
        mistakes.add(
          "unknown-parameter", "the recipe has no parameter `\(name)`",
          hint: mistakes.hint(for: name, among: parameters.keys, called: "it has")
            ?? "declare it in the front matter under `params`", at: entry.key)
        continue
      }
      guard let declared else { continue }
      var node = entry.value
      node.content = .parameter(declared)
      let type = InferredType(ofDefault: declared, at: node)
      let value = type.takesStructure ? entry.structured(noting: mistakes) : entry.value
      guard let value else { continue }
      do {
        let json = try type.value(of: value)
        var text = json.string ?? json.canonicalText
        if case .scalar(let written, _) = value.content { text = written }
        parameters[name] = ParameterValue(json: json, text: text)
      } catch {
        var mismatch = error
        mismatch.hint = mismatch.hint ?? "the default in the front matter gives the type"
        mismatch.note("`\(name)`", in: mistakes)
      }
    }
  }
}

extension InferredType {
  /// The type of a recipe parameter by its default; a list's items decide for its items.
  fileprivate init(ofDefault value: ParameterValue, at node: YAMLNode) {
    guard case .array(let items) = value.json else {
      self.init(of: node)
      return
    }
    var list = node
    list.content = .list(
      items.map { item in
        var one = node
        one.content = .parameter(
          ParameterValue(json: item, text: item.string ?? item.canonicalText))
        return one
      })
    self.init(of: list)
  }
}
