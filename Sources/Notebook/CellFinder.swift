internal import CCmark

/// Finds the cells of a document: its top-level fenced blocks whose info string is `LANG {#ID}`.
enum CellFinder {
  /// The cells in document order.
  ///
  /// CommonMark decides what a top-level fenced block is; where its lines begin and end is read
  /// from the source, so that every byte keeps its place.
  ///
  /// - Parameter firstLine: the first line after the front matter.
  static func cells(in source: SourceText, from firstLine: Int) -> [Cell] {
    guard firstLine <= source.lineCount else { return [] }
    let offset = source.range(ofLine: firstLine).lowerBound
    return fencedBlocks(in: source, from: offset).compactMap { line in
      cell(atLine: line + firstLine - 1, in: source)
    }
  }

  /// The first lines of the top-level fenced blocks, counted from 1 at the offset.
  private static func fencedBlocks(in source: SourceText, from offset: Int) -> [Int] {
    let document = source.bytes[offset...].withUnsafeBytes { bytes in
      cmark_parse_document(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, CMARK_OPT_DEFAULT)
    }
    guard let document else { return [] }
    defer { cmark_node_free(document) }
    var lines: [Int] = []
    var length: CInt = 0
    var indent: CInt = 0
    var mark: CChar = 0
    var block = cmark_node_first_child(document)
    while let current = block {
      if cmark_node_get_type(current) == CMARK_NODE_CODE_BLOCK,
        cmark_node_get_fenced(current, &length, &indent, &mark) != 0
      {
        lines.append(Int(cmark_node_get_start_line(current)))
      }
      block = cmark_node_next(current)
    }
    return lines
  }

  private static func cell(atLine line: Int, in source: SourceText) -> Cell? {
    let bytes = source.line(line)
    let indent = bytes.prefix { $0 == UInt8(ascii: " ") }.count
    guard let mark = bytes.dropFirst(indent).first else { return nil }
    let fence = bytes.dropFirst(indent).prefix { $0 == mark }.count
    let info = bytes.dropFirst(indent + fence)
    let leading = info.prefix(while: isSpace).count
    let content = info.dropFirst(leading)
    guard let end = content.lastIndex(where: { !isSpace($0) }) else { return nil }
    let text = String(decoding: content[...end], as: UTF8.self)
    guard let (language, id) = parts(of: text) else { return nil }
    let before = String(decoding: bytes[..<content.startIndex], as: UTF8.self)
    var cell = Cell(
      language: language, id: id, line: line,
      idColumn: before.unicodeScalars.count + language.unicodeScalars.count + 4,
      body: line + 1..<line + 1, indent: indent, isClosed: false)
    var next = line + 1
    while next <= source.lineCount {
      if isClosingFence(source.line(next), mark: mark, atLeast: fence) {
        cell.isClosed = true
        break
      }
      next += 1
    }
    cell.body = line + 1..<next
    return cell
  }

  /// `LANG {#ID}` taken apart, or nil where the text is something else.
  private static func parts(of info: String) -> (language: String, id: String)? {
    guard info.hasSuffix("}"), let space = info.firstIndex(of: " ") else { return nil }
    let rest = info[space...].dropFirst()
    guard rest.hasPrefix("{#") else { return nil }
    let language = info[..<space]
    let id = rest.dropFirst(2).dropLast()
    guard !language.contains(where: { $0 == "{" || $0.isWhitespace }),
      !id.contains(where: { $0.isWhitespace || "{}#=".contains($0) })
    else { return nil }
    return (String(language), String(id))
  }

  private static func isClosingFence(
    _ line: ArraySlice<UInt8>, mark: UInt8, atLeast length: Int
  ) -> Bool {
    let indent = line.prefix { $0 == UInt8(ascii: " ") }.count
    guard indent <= 3 else { return false }
    let rest = line.dropFirst(indent)
    let count = rest.prefix { $0 == mark }.count
    return count >= length && rest.dropFirst(count).allSatisfy(isSpace)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
