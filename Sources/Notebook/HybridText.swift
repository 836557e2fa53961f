internal import Problems
internal import SystemPackage

/// The text of a recipe with some of its parts taken from another text of it: the bodies of data
/// cells from one, what a step's environment and numerics are from one, everything else from a
/// third.
///
/// What cannot be taken over, since it is written as one with something else, stays as it is in the
/// first text. Whoever reads the result sees what came of it.
package struct HybridText {
  /// The options of a cell that say where it runs rather than what it does.
  static let environmentOptions = ["environment", "numerics", "resources"]

  private let base: Parts
  private var edits: [Edit] = []

  /// Lines that take the place of others.
  private struct Edit {
    /// Counted from 1; empty to insert before a line.
    var lines: Range<Int>
    var text: [String]
  }

  /// - Parameter code: the text that everything comes from unless it is taken from another.
  package init(code: String) { base = Parts(code) }

  /// The text with what was taken over.
  package var text: String {
    if edits.isEmpty { return String(decoding: base.source.bytes, as: UTF8.self) }
    var lines = (1...base.source.lineCount).map { base.line($0) }
    let fromTheEnd = edits.enumerated().sorted { a, b in
      (a.element.lines.lowerBound, a.offset) > (b.element.lines.lowerBound, b.offset)
    }
    for (_, edit) in fromTheEnd {
      lines.replaceSubrange(edit.lines.lowerBound - 1..<edit.lines.upperBound - 1, with: edit.text)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Takes the bodies of `json`, `jsonl` and `csv` cells that both texts have from another text.
  package mutating func takeData(from text: String) {
    let other = Parts(text)
    for (id, cell) in base.cells {
      guard cell.language != "text", CellReader.dataEndings[cell.language] != nil,
        let new = other.cells[id], new.language == cell.language
      else { continue }
      let body = other.body(new)
      guard body != base.body(cell) else { continue }
      let indent = String(repeating: " ", count: cell.indent)
      edits.append(Edit(lines: cell.body, text: body.map { indent + $0 }))
    }
  }

  /// Takes the declared environments, and which of them and which numerics and resources the cells
  /// of both texts have, from another text.
  package mutating func takeEnvironment(from text: String) {
    let other = Parts(text)
    take(["environments"], from: other.frontMatter, of: other, into: base.frontMatter)
    for (id, cell) in base.cells {
      guard CellReader.dataEndings[cell.language] == nil, let new = other.cells[id],
        (new.language == "yaml") == (cell.language == "yaml")
      else { continue }
      take(
        Self.environmentOptions, from: other.options(new), of: other, into: base.options(cell))
    }
  }

  private mutating func take(
    _ names: [String], from new: Block?, of other: Parts, into old: Block?
  ) {
    guard let old, let new else { return }
    for name in names {
      let (ours, theirs) = (old.members[name], new.members[name])
      let text = theirs.map { other.lines($0, without: new) } ?? []
      guard ours.map({ base.lines($0, without: old) }) ?? [] != text else { continue }
      edits.append(
        Edit(
          lines: ours ?? old.end..<old.end, text: text.map { old.prefix + $0 }))
    }
  }
}

/// Some lines of YAML whose members stand one below the other.
private struct Block {
  /// The lines of each member.
  var members: [String: Range<Int>]
  /// The line after the last.
  var end: Int
  /// What stands before the YAML in each line.
  var prefix: String
  /// How many bytes of each line that is, from the first line on.
  var indents: [Int]
  var start: Int
}

/// A text taken apart, as far as hybrids need it.
private struct Parts {
  let source: SourceText
  let cells: [String: Cell]
  let frontMatter: Block?
  private let reader: CellReader

  init(_ text: String) {
    let source = SourceText(text, displayPath: "")
    // What is wrong with a text is found when it is read as a recipe.
    let mistakes = Mistakes()
    let front = FrontMatter(
      of: source, files: KitchenFiles(recipe: "/recipe.md", kitchen: "/"), seenFrom: "/",
      isJoined: true, noting: mistakes)
    self.source = source
    cells = Dictionary(
      CellFinder.cells(in: source, from: front.nextLine).map { ($0.id, $0) },
      uniquingKeysWith: { first, _ in first })
    let lines = front.nextLine > 2 ? 2..<front.nextLine - 1 : 2..<2
    frontMatter = Parts.block(
      lines, indents: lines.map { _ in 0 }, prefix: "", isOpen: front.nextLine > 2, in: source)
    reader = CellReader(
      source: source, library: [:], frontMatter: front, substitution: front.substitution,
      overrides: OverrideTable(Overrides(), noting: mistakes), mistakes: mistakes)
  }

  func line(_ number: Int) -> String { String(decoding: source.line(number), as: UTF8.self) }

  /// The lines of a cell's body as the step sees them.
  func body(_ cell: Cell) -> [String] {
    cell.body.map { line in
      String(
        decoding: source.line(line).dropFirst(cell.indent(ofLine: line, in: source)),
        as: UTF8.self)
    }
  }

  /// Some lines of a block without what stands before the YAML.
  func lines(_ lines: Range<Int>, without block: Block) -> [String] {
    lines.map { line in
      String(
        decoding: source.line(line).dropFirst(block.indents[line - block.start]), as: UTF8.self)
    }
  }

  /// The options of a library step or a script.
  func options(_ cell: Cell) -> Block? {
    if cell.language == "yaml" {
      return Parts.block(
        cell.body, indents: cell.body.map { cell.indent(ofLine: $0, in: source) },
        prefix: String(repeating: " ", count: cell.indent), isOpen: true, in: source)
    }
    let lines = reader.parts(of: cell).options
    let indents = lines.map { reader.optionIndent(ofLine: $0, in: cell) }
    guard let first = lines.first, let indent = indents.first else { return nil }
    let prefix = String(decoding: source.line(first).prefix(indent), as: UTF8.self)
    return Parts.block(lines, indents: indents, prefix: prefix, isOpen: true, in: source)
  }

  /// - Parameter isOpen: false where there is no such block.
  private static func block(
    _ lines: Range<Int>, indents: [Int], prefix: String, isOpen: Bool, in source: SourceText
  ) -> Block? {
    let part = YAMLPart(source: source, lines: lines, indents: indents)
    guard isOpen, let node = part.read("", noting: Mistakes()) else { return nil }
    var block = Block(
      members: [:], end: lines.upperBound, prefix: prefix, indents: indents,
      start: lines.lowerBound)
    if node.isEmpty { return block }
    guard case .mapping(let members) = node.content else { return nil }
    let starts = members.map(\.key.line)
    // `{ uses: clean, numerics: native }` in one line cannot be taken apart.
    guard zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }),
      members.allSatisfy({ $0.key.column == members[0].key.column }),
      members.count > 1 || !source.line(starts[0]).contains(UInt8(ascii: "{"))
        || members[0].key.column == 1 + indents[starts[0] - lines.lowerBound]
    else { return nil }
    for (index, member) in members.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : lines.upperBound
      block.members[member.name] = starts[index]..<end
    }
    return block
  }
}
