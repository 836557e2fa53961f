internal import Digests
internal import Documents
internal import Problems

/// Reads the YAML of a lock, noting every mistake with its place.
struct LockReader {
  let source: SourceText
  let mistakes: Mistakes

  /// The lock, or nil where its text is no mapping.
  mutating func lock() -> Lock? {
    if let line = conflictLine() {
      mistakes.add(
        "merge-conflict", "the lock holds both sides of a merge",
        hint: "keep the entries of both sides and remove the lines of `<`, `=` and `>`",
        place: source.place(line: line, column: 1, length: 7))
      return nil
    }
    let part = YAMLPart(source: source, lines: 1..<source.lineCount + 1)
    guard let node = part.read("the lock", noting: mistakes) else { return nil }
    guard let members = mapping(node, "the lock") else { return nil }
    guard version(members, node) else { return nil }
    var lock = Lock()
    for member in members {
      switch member.name {
      case "larder-lock": break
      case "sources":
        for (key, entry) in entries(member) { lock.sources[key] = readSource(entry, key) }
      case "environments":
        for (key, entry) in entries(member) { lock.environments[key] = readEnvironment(entry) }
      case "runs":
        for entry in mapping(member.value, "`runs`") ?? [] {
          lock.runs[entry.name] = readRun(entry)
        }
      default: noteUnknown(member, ["environments", "larder-lock", "runs", "sources"])
      }
    }
    return lock
  }

  private func conflictLine() -> Int? {
    (1...source.lineCount).first { source.line($0).starts(with: "<<<<<<< ".utf8) }
  }

  private func version(_ members: [YAMLNode.Member], _ node: YAMLNode) -> Bool {
    guard let member = members.first(where: { $0.name == "larder-lock" }) else {
      mistakes.add(
        "bad-lock", "the lock names no format version",
        hint: "it begins with `larder-lock: \(Lock.formatVersion)`; `larder lock` writes it anew",
        at: node)
      return false
    }
    guard case .scalar(let text, _) = member.value.content, text == String(Lock.formatVersion)
    else {
      mistakes.add(
        "unknown-lock-version",
        "the lock has the format version \(member.value.found), and this release knows "
          + "\(Lock.formatVersion)",
        hint: "use the release of Larder that wrote it, or a newer one", at: member.value)
      return false
    }
    return true
  }
}

// MARK: - Parts

extension LockReader {
  private func mapping(_ node: YAMLNode, _ what: String) -> [YAMLNode.Member]? {
    if node.isEmpty { return [] }
    guard case .mapping(let members) = node.content else {
      mistakes.add("bad-lock", "\(what) is a mapping: found \(node.found)", at: node)
      return nil
    }
    return members
  }

  private func entries(
    _ member: YAMLNode.Member
  ) -> [(key: Digest, entry: YAMLNode.Member)] {
    (mapping(member.value, "`\(member.name)`") ?? []).compactMap { entry in
      if let key = Digest(entry.name) { return (key, entry) }
      mistakes.add(
        "bad-lock", "an entry is named by the digest of its request: found `\(entry.name)`",
        hint: "`larder lock` writes entries", at: entry.key)
      return nil
    }
  }

  private func noteUnknown(_ member: YAMLNode.Member, _ known: [String]) {
    mistakes.add(
      "bad-lock", "the lock has an unknown field `\(member.name)`",
      hint: mistakes.suggestion(for: member.name, among: known), at: member.key)
  }

  private func readSource(_ entry: YAMLNode.Member, _ key: Digest) -> Lock.Source? {
    guard var fields = Fields(entry, reader: self) else { return nil }
    let request = fields.value("request")
    let source = Lock.Source(
      request: request ?? .null, revision: fields.optionalText("revision"),
      sha256: fields.digest("sha256") ?? key, size: fields.size("size") ?? 0,
      mediaType: fields.optionalText("media-type"), licence: fields.optionalText("licence"))
    fields.finish()
    guard fields.isComplete else { return nil }
    if let request, Digest(of: request) != key {
      mistakes.add(
        "bad-lock", "the entry `\(key.short)…` is not named by the digest of its request",
        hint: "do not edit a lock by hand: remove the entry, and `larder lock` writes it anew",
        at: entry.key)
      return nil
    }
    return source
  }

  private func readEnvironment(_ entry: YAMLNode.Member) -> Lock.Environment? {
    guard var fields = Fields(entry, reader: self) else { return nil }
    let name = fields.text("name")
    let python = fields.text("python")
    let requirements = fields.value("requirements")
    let files = fields.items("files")
    fields.finish()
    guard let name, let python, let requirements else { return nil }
    var environment = Lock.Environment(name: name, requirements: [], python: python, files: [])
    for requirement in requirements.array ?? [requirements] {
      environment.requirements.append(requirement.string ?? requirement.canonicalText)
    }
    for file in files {
      let member = YAMLNode.Member(key: file, name: "a file of `\(name)`", value: file)
      guard var fields = Fields(member, reader: self) else { continue }
      let name = fields.text("name")
      let version = fields.text("version")
      let path = fields.text("file")
      let digest = fields.digest("sha256")
      fields.finish()
      guard let name, let version, let path, let digest else { continue }
      environment.files.append(
        Lock.Environment.File(name: name, version: version, file: path, sha256: digest))
    }
    environment.files.sort { ($0.name, $0.file) < ($1.name, $1.file) }
    return environment
  }

  private func readRun(_ entry: YAMLNode.Member) -> Lock.Run? {
    guard var fields = Fields(entry, reader: self) else { return nil }
    let run = fields.text("run")
    let isFolder = fields.has("folder")
    let digest = fields.digest(isFolder ? "folder" : "file")
    let size = fields.size("size")
    fields.finish()
    guard let run, let digest, let size else { return nil }
    return Lock.Run(run: run, isFolder: isFolder, digest: digest, size: size)
  }

  /// The fields of one entry; each is asked for by name, and what is left over is unknown.
  private struct Fields {
    let reader: LockReader
    let entry: YAMLNode.Member
    let members: [YAMLNode.Member]
    private var asked: [String] = []
    private(set) var isComplete = true

    init?(_ entry: YAMLNode.Member, reader: LockReader) {
      guard let members = reader.mapping(entry.value, "`\(entry.name)`") else { return nil }
      self.reader = reader
      self.entry = entry
      self.members = members
    }

    func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    private mutating func find(_ name: String) -> YAMLNode? {
      asked.append(name)
      return members.first { $0.name == name }?.value
    }

    private mutating func require(_ name: String) -> YAMLNode? {
      if let node = find(name) { return node }
      isComplete = false
      reader.mistakes.add("bad-lock", "an entry of the lock has no `\(name)`", at: entry.key)
      return nil
    }

    private mutating func note(_ name: String, _ expected: String, _ node: YAMLNode) {
      isComplete = false
      reader.mistakes.add(
        "bad-lock", "`\(name)` takes \(expected): found \(node.found)", at: node)
    }

    mutating func value(_ name: String) -> JSON? {
      guard let node = require(name) else { return nil }
      do { return try LockReader.value(of: node) } catch {
        isComplete = false
        error.note("`\(name)`", in: reader.mistakes)
        return nil
      }
    }

    mutating func text(_ name: String) -> String? {
      require(name).flatMap { text(name, $0) }
    }

    mutating func optionalText(_ name: String) -> String? {
      find(name).flatMap { text(name, $0) }
    }

    private mutating func text(_ name: String, _ node: YAMLNode) -> String? {
      if let text = try? ValueTyping.text(node) { return text }
      note(name, "a text", node)
      return nil
    }

    mutating func digest(_ name: String) -> Digest? {
      guard let node = require(name) else { return nil }
      if let digest = (try? ValueTyping.text(node)).flatMap({ Digest($0) }) { return digest }
      note(name, "a SHA-256, as in `sha256:` and 64 hexadecimal digits", node)
      return nil
    }

    mutating func size(_ name: String) -> Int64? {
      guard let node = require(name) else { return nil }
      if case .scalar(let text, isPlain: true) = node.content, let size = Int64(text), size >= 0 {
        return size
      }
      note(name, "a number of bytes", node)
      return nil
    }

    mutating func items(_ name: String) -> [YAMLNode] {
      guard let node = require(name) else { return [] }
      if case .list(let items) = node.content { return items }
      note(name, "a list", node)
      return []
    }

    mutating func finish() {
      for member in members where !asked.contains(member.name) {
        reader.noteUnknown(member, asked)
      }
    }
  }

  /// A value as a lock has it: texts quoted, whole numbers of any size that JSON keeps.
  private static func value(of node: YAMLNode) throws(Mismatch) -> JSON {
    switch node.content {
    case .scalar(let text, isPlain: true):
      if let integer = Int64(text) { return .integer(integer) }
      return try ValueTyping.untyped(node)
    case .list(let items):
      var values: [JSON] = []
      for item in items { values.append(try value(of: item)) }
      return .array(values)
    case .mapping(let members):
      var values: [String: JSON] = [:]
      for member in members { values[member.name] = try value(of: member.value) }
      return .object(values)
    default: return try ValueTyping.untyped(node)
    }
  }
}
