internal import Documents
internal import Problems

/// Reads one cell after the other into drafts of steps; a mistake in one does not reach the next.
struct CellReader {
  let source: SourceText
  let library: [String: StepDeclaration]
  let frontMatter: FrontMatter
  var substitution: Substitution
  let overrides: OverrideTable
  let mistakes: Mistakes

  /// The languages whose cells are data, with the ending of the file that they become.
  static let dataEndings = ["text": "txt", "json": "json", "jsonl": "jsonl", "csv": "csv"]

  /// The interpreters of the languages that need no `run`.
  static let interpreters = ["python": ["python"], "bash": ["bash", "-euo", "pipefail"]]

  /// Reads what a cell is and its options as YAML; a mistake leaves it incomplete.
  func open(_ cell: Cell, id: StepID) -> OpenCell {
    guard cell.isClosed else {
      mistakes.add(
        "unclosed-cell", "the cell `\(id)` does not end",
        hint: "close it by a line of as many fence characters as it begins with",
        place: cell.place(in: source))
      return OpenCell(broken(cell, id))
    }
    if let ending = Self.dataEndings[cell.language] { return OpenCell(data(cell, id, ending)) }
    return cell.language == "yaml" ? library(cell, id) : script(cell, id)
  }

  /// What the matrix of a cell says; nil where it has none.
  func matrix(of open: OpenCell) -> MatrixReader.Reading? {
    guard let options = open.options, let node = options.matrix else { return nil }
    return MatrixReader(substitution: substitution, mistakes: mistakes)
      .read(node, of: open.draft.step.id, options: options.members)
  }

  /// The draft of a cell without a matrix, or with one that is broken, whose axes are not known then.
  func draft(of open: OpenCell, hasBrokenMatrix: Bool = false) -> Draft {
    guard let options = open.options else { return open.draft }
    var reader = self
    if hasBrokenMatrix { reader.substitution.isComplete = false }
    var draft = open.draft
    OptionReader(reader: reader, cell: draft.cell, options: options).read(into: &draft)
    return draft
  }

  /// The drafts of a cell's instances.
  func drafts(of open: OpenCell, matrix: Matrix) -> [Draft] {
    guard let options = open.options else { return [] }
    noteOverriddenAxes(options, matrix, open.draft.step.id)
    let id = open.draft.step.id
    return matrix.instances.indices.map { index in
      var reader = self
      for (name, value) in matrix.values(of: index) {
        reader.substitution.values[name] = .some(value)
      }
      var draft = open.draft
      OptionReader(
        reader: reader, cell: draft.cell, options: options, axes: matrix.axes.map(\.name)
      ).read(into: &draft)
      let instance = matrix.instances[index]
      draft.step.id = id.instance(instance.label)
      draft.step.instance = instance
      return draft
    }
  }

  /// A parameter that an axis varies cannot be set: the labels would not say what is so.
  private func noteOverriddenAxes(_ options: OpenCell.Options, _ matrix: Matrix, _ id: StepID) {
    guard let changes = overrides.steps[id.text],
      case .mapping(let members)? = options.members.first(where: { $0.name == "with" })?.value
        .content
    else { return }
    for member in members {
      guard let entry = changes[member.name],
        let axis = matrix.axes.first(where: { MatrixReader.names($0.name, member.value) })
      else { continue }
      mistakes.add(
        "overridden-axis",
        "`\(id).\(member.name)` follows the axis `\(axis.name)` of a matrix",
        hint: "change the values of the axis in the recipe", at: entry.key)
    }
  }

  private func broken(_ cell: Cell, _ id: StepID) -> Draft {
    var draft = Draft(step: Step(id: id, line: cell.line, work: .data("")), cell: cell)
    draft.knowsOutputs = false
    return draft
  }

  private func body(_ cell: Cell) -> String {
    source.text(lines: cell.body) { cell.indent(ofLine: $0, in: source) }
  }
}

// MARK: - Data cells

extension CellReader {
  private func data(_ cell: Cell, _ id: StepID, _ ending: String) -> Draft {
    let text = body(cell)
    var step = Step(id: id, line: cell.line, work: .data(text))
    step.outputs = [Step.Output(name: "data", path: "data.\(ending)", isFolder: false)]
    step.mainOutput = "data"
    if cell.language == "json" {
      if text.allSatisfy(\.isWhitespace) {
        mistakes.add("bad-json", "the json cell `\(id)` is empty", place: cell.place(in: source))
      } else {
        check(Array(text.utf8), of: cell, "the JSON of `\(id)`", from: cell.body.lowerBound)
      }
    } else if cell.language == "jsonl" {
      for line in cell.body {
        let drop = cell.indent(ofLine: line, in: source)
        guard !isBlank(line) else {
          mistakes.add(
            "bad-json", "a blank line among the rows of `\(id)`", hint: "remove it",
            place: source.place(line: line, column: 1))
          continue
        }
        check(Array(source.line(line).dropFirst(drop)), of: cell, "the row of `\(id)`", from: line)
      }
    }
    for (name, entry) in (overrides.steps[id.text] ?? [:]).sorted(by: { $0.key < $1.key }) {
      mistakes.add(
        "unknown-parameter", "the data cell `\(id)` has no parameter `\(name)`", at: entry.key)
    }
    return Draft(step: step, cell: cell)
  }

  private func check(_ bytes: [UInt8], of cell: Cell, _ what: String, from line: Int) {
    do { _ = try JSON(parsing: bytes) } catch {
      let before = bytes.prefix(error.offset)
      let newlines = before.count { $0 == UInt8(ascii: "\n") }
      let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      var place: (line: Int, column: Int) = (
        line + newlines,
        String(decoding: before[lineStart...], as: UTF8.self).unicodeScalars.count + 1
      )
      if place.line >= cell.body.upperBound, place.line > line {
        // The text ended too early: after its last line.
        place.line = max(line, cell.body.upperBound - 1)
        place.column = source.line(place.line).count + 1
      } else {
        place.column += cell.indent(ofLine: place.line, in: source)
      }
      mistakes.add(
        "bad-json", "\(what) is not valid: \(error.message)",
        hint: isAfterComma(error.offset, in: bytes) ? "remove the `,` before it" : nil,
        place: source.place(line: place.line, column: place.column))
    }
  }
}

extension CellReader {
  /// Whether a bracket closes right after a comma, which JSON does not allow.
  private func isAfterComma(_ offset: Int, in bytes: [UInt8]) -> Bool {
    guard offset < bytes.count, [UInt8(ascii: "}"), UInt8(ascii: "]")].contains(bytes[offset])
    else { return false }
    return bytes[..<offset].last { $0 > 0x20 } == UInt8(ascii: ",")
  }
}

// MARK: - Library steps

extension CellReader {
  private func library(_ cell: Cell, _ id: StepID) -> OpenCell {
    let part = YAMLPart(
      source: source, lines: cell.body,
      indents: cell.body.map { cell.indent(ofLine: $0, in: source) })
    var draft = broken(cell, id)
    guard let node = part.read("the cell `\(id)`", noting: mistakes) else { return OpenCell(draft) }
    let hint = "name a library step, as in `uses: clean`; `larder steps` lists them"
    guard case .mapping(let members) = node.content else {
      if node.isEmpty {
        mistakes.add(
          "no-uses", "the yaml cell `\(id)` has no `uses`", hint: hint,
          place: cell.place(in: source))
      } else {
        mistakes.add(
          "wrong-type", "the yaml cell `\(id)` is a mapping: found \(node.found)", hint: hint,
          at: node)
      }
      return OpenCell(draft)
    }
    guard let uses = members.first(where: { $0.name == "uses" }) else {
      mistakes.add(
        "no-uses", "the yaml cell `\(id)` has no `uses`", hint: hint, place: cell.place(in: source))
      return OpenCell(draft, OpenCell.Options(kind: .unknown, members: members))
    }
    guard let declaration = declaration(uses.value, of: id) else {
      return OpenCell(draft, OpenCell.Options(kind: .unknown, members: members))
    }
    draft.step.work = .library(declaration.name)
    draft.step.outputs = declaration.outputs
    draft.step.mainOutput = declaration.outputs.first?.name
    draft.knowsOutputs = true
    return OpenCell(
      draft, OpenCell.Options(kind: .library(declaration, uses.value), members: members))
  }

  private func declaration(_ node: YAMLNode, of id: StepID) -> StepDeclaration? {
    guard case .scalar(let name, _) = node.content, !name.isEmpty else {
      mistakes.add(
        "wrong-type", "`uses` takes the name of a library step: found \(node.found)",
        hint: "`larder steps` lists them", at: node)
      return nil
    }
    if let declaration = library[name] { return declaration }
    mistakes.add(
      "unknown-step-kind", "there is no library step `\(YAMLNode.short(name))`",
      hint: mistakes.suggestion(for: name, among: library.keys)
        ?? ending(name) ?? "`larder steps` lists them", at: node)
    return nil
  }

  /// `lora` is near to `train/lora` in another way than by its letters.
  private func ending(_ name: String) -> String? {
    library.keys.filter { $0.hasSuffix("/\(name)") }.min().map { "did you mean `\($0)`?" }
  }
}

// MARK: - Scripts

extension CellReader {
  private func script(_ cell: Cell, _ id: StepID) -> OpenCell {
    let (options, code) = parts(of: cell)
    var draft = broken(cell, id)
    let gap = optionLine(after: options, in: code)
    if let gap {
      mistakes.add(
        "scattered-options", "an option line of `\(id)` stands apart from the first ones",
        hint: "let all option lines stand together at the top of the cell",
        place: source.place(
          line: gap, column: 1 + source.line(gap).prefix(while: isSpace).count, length: 2))
    }
    let part = YAMLPart(
      source: source, lines: options,
      indents: options.map { optionIndent(ofLine: $0, in: cell) })
    let node = part.read("the options of `\(id)`", noting: mistakes)
    guard let node else { return OpenCell(draft) }
    let members: [YAMLNode.Member]
    switch node.content {
    case .mapping(let found): members = found
    case .scalar("", isPlain: true): members = []
    default:
      mistakes.add(
        "wrong-type", "the options of `\(id)` are a mapping: found \(node.found)",
        hint: "write one option a line, as in `#| out: rows.jsonl`", at: node)
      return OpenCell(draft)
    }
    let text = self.code(code, of: cell)
    if text.allSatisfy(\.isWhitespace) {
      mistakes.add(
        "no-code", "the \(cell.language) cell `\(id)` has no code", place: cell.place(in: source))
    }
    draft.step.work = .script(
      language: cell.language, interpreter: Self.interpreters[cell.language] ?? [], code: text)
    draft.knowsOutputs = true
    return OpenCell(
      draft, OpenCell.Options(kind: .script, members: members, isWhole: gap == nil))
  }

  /// The option lines at the top of a cell, blank lines before them left out, and the code's lines.
  func parts(of cell: Cell) -> (options: Range<Int>, code: Range<Int>) {
    var first = cell.body.lowerBound
    while first < cell.body.upperBound, isBlank(first) { first += 1 }
    var next = first
    while next < cell.body.upperBound, isOption(next, in: cell) { next += 1 }
    if next == first { return (first..<first, cell.body) }
    return (first..<next, next..<cell.body.upperBound)
  }

  private func isBlank(_ line: Int) -> Bool {
    source.line(line).allSatisfy(isSpace)
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private func isOption(_ line: Int, in cell: Cell) -> Bool {
    optionMark(ofLine: line, in: cell) > 0
  }

  /// The length of `#|` or `//|` at a line's beginning, or 0.
  private func optionMark(ofLine line: Int, in cell: Cell) -> Int {
    let content = source.line(line).dropFirst(cell.indent(ofLine: line, in: source))
    if content.starts(with: "#|".utf8) { return 2 }
    return content.starts(with: "//|".utf8) ? 3 : 0
  }

  func optionIndent(ofLine line: Int, in cell: Cell) -> Int {
    let start = cell.indent(ofLine: line, in: source) + optionMark(ofLine: line, in: cell)
    let hasSpace = source.line(line).dropFirst(start).first == UInt8(ascii: " ")
    return start + (hasSpace ? 1 : 0)
  }

  /// The first line of the code, past blank ones, if it looks like an option that would be lost.
  private func optionLine(after options: Range<Int>, in code: Range<Int>) -> Int? {
    guard let first = code.first(where: { !isBlank($0) }) else { return nil }
    let content = source.line(first).drop(while: isSpace)
    let isOption = content.starts(with: "#|".utf8) || content.starts(with: "//|".utf8)
    return isOption ? first : nil
  }

  /// The code with one final newline.
  private func code(_ lines: Range<Int>, of cell: Cell) -> String {
    var end = lines.upperBound
    while end > lines.lowerBound, source.line(end - 1).isEmpty { end -= 1 }
    return source.text(lines: lines.lowerBound..<end) { cell.indent(ofLine: $0, in: source) }
  }
}
