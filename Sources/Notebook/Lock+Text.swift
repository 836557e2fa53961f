internal import Digests
internal import Documents
internal import Problems

extension Lock {
  /// The version of the lock's text that this release writes and reads.
  static let formatVersion = 1

  private static let header = """
    # Written by Larder: what the sources and environments of this recipe resolved to.
    # Keep it beside the recipe under version control; `larder lock --update` renews it.

    """

  /// The lock as YAML: sorted by key, one field a line, the same for the same content.
  package var text: String {
    var lines = LockLines()
    lines.add(0, "larder-lock", Self.formatVersion.description)
    if !environments.isEmpty {
      lines.open(0, "environments")
      for (key, environment) in environments.sorted(by: { $0.key < $1.key }) {
        lines.open(1, key.description)
        lines.add(2, environment)
      }
    }
    if !runs.isEmpty {
      lines.open(0, "runs")
      let sorted = runs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (target, run) in sorted {
        lines.open(1, LockLines.quoted(target))
        lines.add(2, run)
      }
    }
    if !sources.isEmpty {
      lines.open(0, "sources")
      for (key, source) in sources.sorted(by: { $0.key < $1.key }) {
        lines.open(1, key.description)
        lines.add(2, source)
      }
    }
    return Self.header + lines.text
  }

  /// Reads the text of a lock.
  ///
  /// The order of the entries does not matter, as after a merge.
  ///
  /// - Parameter displayPath: the path that messages show.
  /// - Throws: `Problems` with all mistakes, each with its place.
  package init(parsing text: String, displayPath: String) throws {
    let mistakes = Mistakes()
    let source = SourceText(text, displayPath: displayPath)
    self.init()
    var reader = LockReader(source: source, mistakes: mistakes)
    if let lock = reader.lock() { self = lock }
    guard mistakes.isEmpty else { throw Problems(mistakes.inSourceOrder(recipe: displayPath)) }
  }
}

/// Lines of a lock in the making.
private struct LockLines {
  var text = ""

  mutating func open(_ level: Int, _ name: String) {
    text += "\(Self.indent(level))\(name):\n"
  }

  /// A field with a value that is YAML already.
  mutating func add(_ level: Int, _ name: String, _ value: String) {
    text += "\(Self.indent(level))\(name): \(value)\n"
  }

  mutating func add(_ level: Int, _ source: Lock.Source) {
    add(level, "request", value: source.request)
    if let revision = source.revision { add(level, "revision", Self.quoted(revision)) }
    add(level, "sha256", Self.quoted(source.sha256.description))
    add(level, "size", String(source.size))
    if let type = source.mediaType { add(level, "media-type", Self.quoted(type)) }
    if let licence = source.licence { add(level, "licence", Self.quoted(licence)) }
  }

  mutating func add(_ level: Int, _ run: Lock.Run) {
    add(level, "run", Self.quoted(run.run))
    add(level, run.isFolder ? "folder" : "file", Self.quoted(run.digest.description))
    add(level, "size", String(run.size))
  }

  mutating func add(_ level: Int, _ environment: Lock.Environment) {
    add(level, "name", Self.quoted(environment.name))
    add(level, "python", Self.quoted(environment.python))
    add(level, "requirements", value: .array(environment.requirements.map(JSON.string)))
    if environment.files.isEmpty {
      add(level, "files", "[]")
      return
    }
    open(level, "files")
    for file in environment.files.sorted(by: { ($0.name, $0.file) < ($1.name, $1.file) }) {
      text += "\(Self.indent(level + 1))- name: \(Self.quoted(file.name))\n"
      add(level + 2, "version", Self.quoted(file.version))
      add(level + 2, "file", Self.quoted(file.file))
      add(level + 2, "sha256", Self.quoted(file.sha256.description))
    }
  }

  mutating func add(_ level: Int, _ name: String, value: JSON) {
    switch value {
    case .object(let members) where !members.isEmpty:
      open(level, name)
      for name in JSON.canonicalOrder(members.keys) {
        add(level + 1, Self.key(name), value: members[name] ?? .null)
      }
    case .array(let items) where !items.isEmpty:
      open(level, name)
      for item in items { text += "\(Self.indent(level + 1))- \(Self.flow(item))\n" }
    default: add(level, name, Self.flow(value))
    }
  }

  private static func indent(_ level: Int) -> String { String(repeating: "  ", count: level) }

  /// A value in one line.
  private static func flow(_ value: JSON) -> String {
    switch value {
    case .string(let text): quoted(text)
    case .array(let items): "[\(items.map(flow).joined(separator: ", "))]"
    case .object(let members):
      "{"
        + JSON.canonicalOrder(members.keys)
        .map { "\(quoted($0)): \(flow(members[$0] ?? .null))" }.joined(separator: ", ") + "}"
    default: value.canonicalText
    }
  }

  private static func key(_ name: String) -> String {
    let isPlain =
      !CoreSchema.isNull(name) && CoreSchema.boolean(name) == nil && Substitution.isName(name)
    return isPlain ? name : quoted(name)
  }

  /// A text between double quotes as YAML has it; what YAML does not allow as it is, is escaped.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
          0x10000...:
          result.unicodeScalars.append(scalar)
        default:
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
      }
    }
    return result + "\""
  }
}
