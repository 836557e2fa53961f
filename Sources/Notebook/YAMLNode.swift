internal import Documents
internal import Problems

/// A YAML value as it is written, with the place where it stands.
struct YAMLNode: Sendable {
  indirect enum Content: Sendable {
    /// A scalar's source text; what it means is decided by who asks for it.
    case scalar(String, isPlain: Bool)
    case list([YAMLNode])
    case mapping([Member])
    /// What a `${name}` stood for, with the text that the value was written as.
    case parameter(ParameterValue)
  }

  struct Member: Sendable {
    var key: YAMLNode
    var name: String
    var value: YAMLNode
  }

  /// Where a value came from.
  enum Origin: Sendable {
    case file(SourceText)
    /// The command line, as in `--set epoch=3`.
    case commandLine(String)
  }

  var content: Content
  var origin: Origin
  /// Counted from 1.
  var line: Int
  /// Counted from 1, in Unicode scalars.
  var column: Int

  /// Whether nothing was written, as after a bare `name:`.
  var isEmpty: Bool {
    if case .scalar("", isPlain: true) = content { true } else { false }
  }

  /// Whether the value is one of the spellings of null in the core schema of YAML 1.2.
  var isNull: Bool {
    switch content {
    case .scalar(let text, isPlain: true): ["", "null", "Null", "NULL", "~"].contains(text)
    case .parameter(let value): value.json.isNull
    default: false
    }
  }

  /// The value in a few words, for messages.
  var found: String {
    switch content {
    case .scalar("", isPlain: true): "nothing"
    case .scalar(let text, isPlain: true): "`\(YAMLNode.short(text))`"
    case .scalar(let text, isPlain: false): "the text \"\(YAMLNode.short(text))\""
    case .list: "a list"
    case .mapping: "a mapping"
    case .parameter(let value): "`\(YAMLNode.short(value.text))`"
    }
  }

  /// A text cut to what a message can carry.
  static func short(_ text: String) -> String {
    let line = text.prefix { !$0.isNewline }
    return line.count > 60 ? "\(line.prefix(57))..." : line.count < text.count ? "\(line)..." : text
  }

  /// The node's place, as long as what it says; nil for what came from the command line.
  var place: Problem.Place? {
    guard case .file(let source) = origin else { return nil }
    return source.place(line: line, column: column, length: length(in: source))
  }

  /// The length of a scalar in its source line, in characters.
  private func length(in source: SourceText) -> Int {
    guard line <= source.lineCount else { return 1 }
    let scalars = String(decoding: source.line(line), as: UTF8.self).unicodeScalars
    let rest = scalars.dropFirst(column - 1)
    guard let first = rest.first else { return 1 }
    let isScalar: Bool
    switch content {
    case .scalar, .parameter: isScalar = true
    case .list, .mapping: isScalar = false
    }
    guard isScalar else { return 1 }
    switch first {
    case "\"", "'":
      return quotedLength(Array(rest), quote: first)
    case "|", ">":
      return 1
    default:
      if case .scalar(let text, isPlain: true) = content {
        if rest.starts(with: text.unicodeScalars) { return max(1, text.count) }
        // A plain scalar may go on in the next line.
        return String(String.UnicodeScalarView(rest)).reversed().drop(while: \.isWhitespace).count
      }
      return String(String.UnicodeScalarView(rest.prefix { $0 != " " })).count
    }
  }

  private func quotedLength(_ scalars: [Unicode.Scalar], quote: Unicode.Scalar) -> Int {
    var index = 1
    while index < scalars.count {
      if quote == "\"", scalars[index] == "\\" {
        index += 2
        continue
      }
      if scalars[index] == quote {
        guard quote == "'", index + 1 < scalars.count, scalars[index + 1] == "'" else {
          index += 1
          break
        }
        index += 1
      }
      index += 1
    }
    return String(String.UnicodeScalarView(scalars.prefix(index))).count
  }
}

/// A recipe parameter's value together with the text that it was written as.
struct ParameterValue: Sendable {
  var json: JSON
  var text: String
}
