internal import Problems
internal import Yams

/// A place inside some YAML, both counted from 1, the column in Unicode scalars.
struct YAMLMark: Comparable {
  var line: Int
  var column: Int

  init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }

  static func < (a: YAMLMark, b: YAMLMark) -> Bool {
    (a.line, a.column) < (b.line, b.column)
  }
}

/// The lines of a file that are YAML: front matter, the body of a `yaml` cell, option lines.
struct YAMLPart {
  var source: SourceText
  /// Which lines of the file, counted from 1.
  var lines: Range<Int>
  /// How many bytes, all ASCII, stand before the YAML in each of the lines.
  var indents: [Int]

  /// Lines that are YAML as a whole.
  init(source: SourceText, lines: Range<Int>) {
    self.init(source: source, lines: lines, indents: Array(repeating: 0, count: lines.count))
  }

  init(source: SourceText, lines: Range<Int>, indents: [Int]) {
    self.source = source
    self.lines = lines
    self.indents = indents
  }

  /// Reads the lines as one YAML document.
  ///
  /// - Parameter what: what is read, for messages: ``the options of step `a` ``.
  /// - Returns: nil where the YAML is broken, which is noted; a duplicate key is noted as well, and
  ///   its first value stands.
  func read(_ what: String, noting mistakes: Mistakes) -> YAMLNode? {
    let text = source.text(lines: lines) { indents[$0 - lines.lowerBound] }
    guard allCharactersAllowed(in: text, what, mistakes) else { return nil }
    guard !mayExplode(text) else {
      note(what, "an alias is not part of the format", YAMLMark(line: 1, column: 1), nil, mistakes)
      return nil
    }
    var attempt = text
    var renamed: [Renamed] = []
    while true {
      do {
        let node = try Yams.compose(yaml: attempt, .basic, .default, .utf8)
        guard let node else { return self.node(.scalar("", isPlain: true)) }
        var conversion = YAMLConversion(
          part: self, what: what, mistakes: mistakes, renamed: renamed)
        return conversion.convert(node)
      } catch YamlError.duplicatedKeysInMapping(_, let context)
        where renamed.count < 100 && context.mark.line > 0
      {
        guard let next = rename(at: YAMLMark(context.mark), in: attempt, number: renamed.count)
        else {
          note(what, "a mapping has the same key twice", YAMLMark(context.mark), nil, mistakes)
          return nil
        }
        attempt = next.text
        renamed.append(next.renamed)
      } catch {
        note(what, error, mistakes)
        return nil
      }
    }
  }

  private func node(_ content: YAMLNode.Content) -> YAMLNode {
    let (line, column) = position(YAMLMark(line: 1, column: 1))
    return YAMLNode(content: content, origin: .file(source), line: line, column: column)
  }

  /// The place in the file of a mark in the YAML.
  func position(_ mark: YAMLMark) -> (line: Int, column: Int) {
    let index = mark.line - 1
    guard index < indents.count else {
      // libYAML marks the end of the text on a line after the last.
      let last = lines.upperBound - 1
      let end = String(decoding: source.line(max(1, last)), as: UTF8.self).unicodeScalars.count
      return (max(1, last), end + 1)
    }
    return (lines.lowerBound + index, mark.column + indents[index])
  }
}

// MARK: - Mistakes

extension YAMLPart {
  /// YAML allows no control characters; U+0085, U+2028 and U+2029 are refused as well, since
  /// YAML 1.1 and 1.2 read them differently.
  private func allCharactersAllowed(in text: String, _ what: String, _ mistakes: Mistakes) -> Bool {
    let isSimple = text.utf8.allSatisfy { $0 < 0x7F && ($0 >= 0x20 || $0 == 0x0A || $0 == 0x09) }
    if isSimple { return true }
    var line = 1
    var column = 0
    for scalar in text.unicodeScalars {
      column += 1
      switch scalar.value {
      case 0x0A:
        line += 1
        column = 0
      case 0x09, 0x20...0x7E, 0xA0...0x2027, 0x202A...0xFEFE, 0xFF00...0xFFFD, 0x10000...: continue
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        note(
          what, "the character U+\(code) is not allowed here", YAMLMark(line: line, column: column),
          "remove it, or write it as `\\u\(code.lowercased())` between double quotes", mistakes)
        return false
      }
    }
    return true
  }

  /// Whether aliases of aliases could make Yams compare an endless value: aliases are refused once
  /// the text is read, and this is for texts that would not come so far.
  private func mayExplode(_ text: String) -> Bool {
    var anchors = 0
    var aliases = 0
    var last = UInt8(ascii: " ")
    for byte in text.utf8 {
      if last == UInt8(ascii: "&"), byte > 0x20 { anchors += 1 }
      if last == UInt8(ascii: "*"), byte > 0x20 { aliases += 1 }
      last = byte
    }
    guard anchors >= 8, aliases >= 16 else { return false }
    // Texts may well contain both; only a key that is itself an alias or a collection is compared.
    return text.contains("? ") || text.contains("*") && text.contains(" :")
      || text.contains("]:") || text.contains("}:")
  }

  private func note(_ what: String, _ error: any Error, _ mistakes: Mistakes) {
    switch error {
    case YamlError.scanner(let context, let problem, let found, _),
      YamlError.parser(let context, let problem, let found, _),
      YamlError.composer(let context, let problem, let found, _):
      let mark = YAMLMark(found)
      var hint = hint(for: problem, at: mark)
      if hint == nil, let context { hint = opening(at: YAMLMark(context.mark), before: mark) }
      var shown = mark
      // libYAML marks what follows the `*` or `&`.
      if problem == Self.missingName { shown.column = max(1, shown.column - 1) }
      note(what, words(for: problem), shown, hint, mistakes)
    case YamlError.duplicatedKeysInMapping(let keys, _):
      let names = keys.map { "`\($0)`" }.joined(separator: ", ")
      note(what, "the same key twice: \(names)", YAMLMark(line: 1, column: 1), nil, mistakes)
    default:
      note(what, "it is no YAML", YAMLMark(line: 1, column: 1), nil, mistakes)
    }
  }

  private func note(
    _ what: String, _ problem: String, _ mark: YAMLMark, _ hint: String?, _ mistakes: Mistakes
  ) {
    let (line, column) = position(mark)
    mistakes.add(
      "bad-yaml", "cannot read \(what): \(problem)", hint: hint,
      place: source.place(line: line, column: column))
  }

  private static let missingName = "did not find expected alphabetic or numeric character"

  /// A hint to close what was opened, or to look where a broken value begins.
  private func opening(at mark: YAMLMark, before end: YAMLMark) -> String? {
    guard mark < end else { return nil }
    let (line, column) = position(mark)
    let rest = String(decoding: source.line(line), as: UTF8.self).unicodeScalars.dropFirst(
      column - 1)
    if let first = rest.first, ["{", "[", "\"", "'"].contains(first) {
      return "close the `\(first)` of line \(line)"
    }
    return line < position(end).line ? "look at what begins on line \(line)" : nil
  }

  /// libYAML's words where they are clear, and clearer ones where they are not.
  private func words(for problem: String) -> String {
    switch problem {
    case "did not find expected ',' or '}'": "a `,` or `}` is missing"
    case "did not find expected ',' or ']'": "a `,` or `]` is missing"
    case "did not find expected key": "a `name: value` is expected here"
    case "did not find expected '-' indicator": "a list item, `- value`, is expected here"
    case "did not find expected <document start>": "more follows after the value ends"
    case "mapping values are not allowed in this context": "a `:` is not allowed here"
    case "could not find expected ':'": "a `:` after the name is missing"
    case "found character that cannot start any token": "no value can begin with this character"
    case "found unexpected end of stream": "a quoted text does not end"
    case "found undefined alias", Self.missingName: "an alias is not part of the format"
    case "but found another document": "a second document begins here"
    default: problem
    }
  }

  private func hint(for problem: String, at mark: YAMLMark) -> String? {
    let (line, column) = position(mark)
    let content = String(decoding: source.line(line), as: UTF8.self)
    if problem == "but found another document" {
      return "write the cell as one document, without a line `---`"
    }
    if unquotedParameter(near: line) {
      return "put a value with `${…}` in quotes: \"${name}\""
    }
    let rest = content.unicodeScalars.dropFirst(column - 1)
    switch problem {
    case "mapping values are not allowed in this context":
      return "put a text that contains `: ` in quotes, and give each name a line of its own"
    case "found character that cannot start any token":
      return rest.first == "\t"
        ? "YAML is indented by spaces, never by tabs"
        : "put a text that begins with `@`, `` ` `` or `%` in quotes"
    case Self.missingName, "found undefined alias":
      return "put a text that begins with `*` or `&` in quotes"
    default:
      return nil
    }
  }

  /// Whether a `${` stands outside quotes in the line or in the one before.
  private func unquotedParameter(near line: Int) -> Bool {
    for line in Swift.max(lines.lowerBound, line - 1)...line where line <= source.lineCount {
      var quote: UInt8?
      var last: UInt8 = 0
      for byte in source.line(line) {
        if let open = quote {
          if byte == open { quote = nil }
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
          quote = byte
        } else if byte == UInt8(ascii: "{"), last == UInt8(ascii: "$") {
          return true
        }
        last = byte
      }
    }
    return false
  }
}

// MARK: - Duplicate keys

extension YAMLPart {
  /// The first of two equal keys, which was given another name so that reading can go on.
  struct Renamed {
    var mark: YAMLMark
    var replacement: Unicode.Scalar
  }

  /// Yams names the first of two equal keys only. With that one renamed (a letter of its name
  /// becomes one from the private use area, so that no column moves) the rest can be read, and the
  /// second is then found beside it.
  private func rename(
    at mark: YAMLMark, in text: String, number: Int
  ) -> (text: String, renamed: Renamed)? {
    guard let replacement = Unicode.Scalar(UInt32(0xE000 + number)) else { return nil }
    var scalars = Array(text.unicodeScalars)
    var line = 1
    var index = 0
    while line < mark.line, index < scalars.count {
      if scalars[index] == "\n" { line += 1 }
      index += 1
    }
    index += mark.column - 1
    guard index < scalars.count else { return nil }
    if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
    guard index < scalars.count, !["\"", "'", "\\", "\n", "[", "{", "?"].contains(scalars[index])
    else { return nil }
    scalars[index] = replacement
    return (
      String(String.UnicodeScalarView(scalars)), Renamed(mark: mark, replacement: replacement)
    )
  }
}
