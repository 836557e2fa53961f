internal import Digests
internal import Documents
internal import Files
internal import Problems
internal import SystemPackage

/// Where the content of two files differs first, said by what kind of file they are.
struct ContentDifference {
  /// Larger documents are compared as text.
  static let longestDocument: Int64 = 64 << 20

  let kind: FirstDifference.Kind
  let position: FirstDifference.Position
  let text: String

  /// - Parameter name: how the output calls the file, its ending says what it is.
  static func find(
    _ expected: FilePath, _ actual: FilePath, name: String
  ) throws(Problem) -> ContentDifference? {
    let old = try ContentFile(expected)
    let new = try ContentFile(actual)
    guard let offset = try ContentFile.firstDifference(old, new) else { return nil }
    let names = [name, expected.lastComponent?.string ?? "", actual.lastComponent?.string ?? ""]
    func ends(_ ending: String) -> Bool { names.contains { $0.hasSuffix(ending) } }

    if let found = try tensors(old, new) { return found }
    if ends(".json"), let found = try document(old, new) { return found }
    var areRows = ends(".jsonl")
    if !areRows, try beginsWithRow(old) { areRows = try beginsWithRow(new) }
    if areRows {
      if let found = try rows(old, new) { return found }
    }
    if let found = try document(old, new) { return found }
    if let found = try textLine(old, new) { return found }
    return try byte(old, new, offset: offset)
  }

  // MARK: Tensors

  private static func tensors(
    _ old: ContentFile, _ new: ContentFile
  ) throws(Problem) -> ContentDifference? {
    guard let a = try TensorFile(old), let b = try TensorFile(new) else { return nil }
    if let found = try TensorDifference(a, b) {
      return ContentDifference(kind: .tensors, position: .tensors(found), text: found.text)
    }
    if let found = ValueDifference(a.metadata, b.metadata) {
      return ContentDifference(
        kind: .tensors, position: .value(field: "__metadata__.\(found.field)"),
        text: "the same tensors, but " + found.text(name: "__metadata__.\(found.field)"))
    }
    return ContentDifference(
      kind: .tensors, position: .entry,
      text: "the same tensors, with the file's header written or laid out differently")
  }

  // MARK: JSON

  private static func document(
    _ old: ContentFile, _ new: ContentFile
  ) throws(Problem) -> ContentDifference? {
    guard let a = try json(old), let b = try json(new) else { return nil }
    guard let found = ValueDifference(a, b) else {
      return ContentDifference(
        kind: .json, position: .entry, text: "the same values, written differently")
    }
    return ContentDifference(
      kind: .json, position: .value(field: found.field),
      text: found.text(name: found.field.isEmpty ? "the document" : found.field))
  }

  static func json(_ file: ContentFile) throws(Problem) -> JSON? {
    guard file.size <= longestDocument,
      let first = try file.bytes(at: 0, count: 1).first,
      [UInt8(ascii: "{"), UInt8(ascii: "["), 0x20, 0x0A].contains(first)
    else { return nil }
    return try? JSON(parsing: try file.bytes(at: 0, count: Int(file.size)))
  }

  // MARK: Rows

  private static func beginsWithRow(_ file: ContentFile) throws(Problem) -> Bool {
    guard try file.bytes(at: 0, count: 1) == [UInt8(ascii: "{")] else { return false }
    guard let line = try TextLines(file).next(), let value = try? JSON(parsing: line) else {
      return false
    }
    return value.object != nil
  }

  /// Nil where a line is no JSON object.
  private static func rows(
    _ old: ContentFile, _ new: ContentFile
  ) throws(Problem) -> ContentDifference? {
    let a = TextLines(old)
    let b = TextLines(new)
    var number = 0
    var written: Int?
    while true {
      let x = try a.nextRow()
      let y = try b.nextRow()
      if a.isTooLong || b.isTooLong { return nil }
      number += 1
      switch (x, y) {
      case (nil, nil):
        return ContentDifference(
          kind: .rows, position: written.map { .row($0, id: nil, field: nil) } ?? .entry,
          text: (written.map { "row \($0): " } ?? "") + "the same values, written differently")
      case (let x?, nil): return try end(number, x, .missing, counting: a)
      case (nil, let y?): return try end(number, y, .added, counting: b)
      case (let x?, let y?):
        if x == y { continue }
        guard let p = row(x), let q = row(y) else { return nil }
        if p == q {
          written = written ?? number
          continue
        }
        if try sameRows(x, a, y, b) {
          return ContentDifference(
            kind: .rowOrder, position: .row(number, id: id(p), field: nil),
            text: "the same rows in another order, first at row \(number)")
        }
        return different(number, p, q)
      }
    }
  }

  private static func row(_ line: [UInt8]) -> JSON? {
    guard let value = try? JSON(parsing: line), value.object != nil else { return nil }
    return value
  }

  private static func id(_ row: JSON?) -> String? {
    switch row?["id"] {
    case .string(let text): String(text.prefix(Excerpt.length))
    case .integer(let number): String(number)
    default: nil
    }
  }

  private static func place(_ number: Int, _ id: String?) -> String {
    "row \(number)" + (id.map { " (id \($0))" } ?? "")
  }

  private static func different(_ number: Int, _ old: JSON, _ new: JSON) -> ContentDifference? {
    // A row with another id is another row: which one says more than what is in it.
    if let a = old["id"], let b = new["id"], let found = ValueDifference(a, b, at: ["id"]) {
      return ContentDifference(
        kind: .rows, position: .row(number, id: id(old), field: found.field),
        text: "row \(number): \(found.text(name: "\"\(found.field)\""))")
    }
    return ValueDifference(old, new).map {
      ContentDifference(
        kind: .rows, position: .row(number, id: id(old), field: $0.field),
        text: "\(place(number, id(old))): \($0.text(name: "\"\($0.field)\""))")
    }
  }

  private static func end(
    _ number: Int, _ line: [UInt8], _ kind: FirstDifference.Kind, counting rest: TextLines
  ) throws(Problem) -> ContentDifference? {
    guard let row = row(line) else { return nil }
    var count = number
    while try rest.nextRow() != nil { count += 1 }
    if rest.isTooLong { return nil }
    let counts =
      kind == .missing ? "\(number - 1) rows, were \(count)" : "\(count) rows, were \(number - 1)"
    return ContentDifference(
      kind: .rows, position: .row(number, id: id(row), field: nil),
      text: "\(place(number, id(row))) is \(kind == .missing ? "missing" : "added"): \(counts)")
  }

  /// Whether what is left of both files is the same set of lines. Sums of digests do not depend on
  /// order and need no memory.
  private static func sameRows(
    _ x: [UInt8], _ a: TextLines, _ y: [UInt8], _ b: TextLines
  ) throws(Problem) -> Bool {
    func sum(_ first: [UInt8], _ lines: TextLines) throws(Problem) -> [UInt64] {
      var sum: [UInt64] = [0, 0, 0, 0, 0]
      var line: [UInt8]? = first
      while let bytes = line {
        let digest = Digest(of: bytes).bytes
        for word in 0..<4 {
          sum[word] &+= digest[word * 8..<word * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        sum[4] += 1
        line = try lines.nextRow()
      }
      return sum
    }
    return try sum(x, a) == sum(y, b)
  }

  // MARK: Text and bytes

  /// Nil where the files are no text.
  private static func textLine(
    _ old: ContentFile, _ new: ContentFile
  ) throws(Problem) -> ContentDifference? {
    for file in [old, new] where try file.bytes(at: 0, count: 8192).contains(0) { return nil }
    let a = TextLines(old)
    let b = TextLines(new)
    while true {
      let x = try a.next()
      let y = try b.next()
      if a.isTooLong || b.isTooLong { return nil }
      if let x, x == y { continue }
      guard let oldText = text(x), let newText = text(y) else { return nil }
      let number = max(a.number, b.number)
      let what: String
      switch (x, y) {
      case (nil, nil):
        what =
          old.size > new.size
          ? "line \(number) ended with a line feed, and does not"
          : "line \(number) ends with a line feed, and did not"
      case (_?, nil): what = "line \(number) is missing: was \(Excerpt(oldText, "").old)"
      case (nil, _?): what = "line \(number) is added: is \(Excerpt("", newText).new)"
      case (_?, _?):
        let shown = Excerpt(oldText, newText)
        what = "line \(number) was \(shown.old), is \(shown.new)"
      }
      return ContentDifference(kind: .text, position: .line(number), text: what)
    }
  }

  /// The empty text where there is no line, nil where it is no UTF-8 text.
  private static func text(_ line: [UInt8]?) -> String? {
    guard let line else { return "" }
    return line.contains(0) ? nil : String(validating: line, as: UTF8.self)
  }

  private static func byte(
    _ old: ContentFile, _ new: ContentFile, offset: Int64
  ) throws(Problem) -> ContentDifference {
    let a = try old.bytes(at: offset, count: 1).first
    let b = try new.bytes(at: offset, count: 1).first
    func hex(_ byte: UInt8) -> String {
      "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    let sizes =
      old.size == new.size
      ? "both have \(old.size) bytes" : "\(new.size) bytes, were \(old.size)"
    let what: String
    switch (a, b) {
    case (let a?, let b?): what = "byte \(offset) was \(hex(a)), is \(hex(b)); \(sizes)"
    case (_?, nil): what = "it ends before byte \(offset): \(sizes)"
    default: what = "it goes on at byte \(offset), where it ended: \(sizes)"
    }
    return ContentDifference(
      kind: .bytes, position: .byte(offset, expected: a, actual: b), text: what)
  }
}
