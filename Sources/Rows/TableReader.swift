internal import Files
package import Problems
package import SystemPackage

/// The records of a CSV or TSV file (RFC 4180), one after the other, in bounded memory.
///
/// Fields may stand in double quotes, in which a quote is written twice and line breaks and
/// delimiters are content. Records end with LF or CRLF; a byte order mark is left out; empty lines
/// are no records.
package final class TableReader {
  /// One record, or what stands where none can be read.
  package enum Record: Hashable, Sendable {
    case cells([String])
    /// The reason as a rejection's code, and the record's text as far as it can be shown.
    case unreadable(reason: String, text: String)
  }

  /// A longer record is refused: a quote is missing somewhere.
  package static let longestRecord = 64 << 20

  /// How messages call the file.
  package let name: String
  /// The line on which the record given last begins, from 1.
  package private(set) var line = 0

  private let delimiter: UInt8
  private let path: FilePath
  private let file: FileDescriptor
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)
  private var position = 0
  private var end = 0
  private var isAtEnd = false
  private var nextLine = 1
  private var isFirst = true

  /// - Parameters:
  ///   - delimiter: a comma or a tabulator.
  ///   - name: how messages call the file; its path where nil.
  package init(_ path: FilePath, delimiter: UInt8, name: String? = nil) throws(Problem) {
    self.path = path
    self.delimiter = delimiter
    self.name = name ?? path.string
    do {
      file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    } catch { throw .file("cannot read", path, error) }
  }

  deinit { try? file.close() }

  /// The next record, or nil at the end.
  package func next() throws(Problem) -> Record? {
    if isFirst {
      isFirst = false
      try skipMark()
    }
    while let record = try record() {
      if case .cells(let cells) = record, cells == [""] { continue }
      return record
    }
    return nil
  }

  private func skipMark() throws(Problem) {
    _ = try peek()
    if end - position >= 3, buffer[position..<position + 3].elementsEqual([0xEF, 0xBB, 0xBF]) {
      position += 3
    }
  }

  private func record() throws(Problem) -> Record? {
    guard try peek() != nil else { return nil }
    line = nextLine
    var cells: [[UInt8]] = []
    var cell: [UInt8] = []
    var size = 0
    var isQuoted = false
    while let byte = try take() {
      size += 1
      guard size <= TableReader.longestRecord else { throw tooLong() }
      if byte == 0x0A { nextLine += 1 }
      if isQuoted {
        if byte != UInt8(ascii: "\"") {
          cell.append(byte)
        } else if try peek() == UInt8(ascii: "\"") {
          _ = try take()
          cell.append(byte)
        } else {
          isQuoted = false
        }
      } else if byte == UInt8(ascii: "\""), cell.isEmpty {
        isQuoted = true
      } else if byte == delimiter {
        cells.append(cell)
        cell.removeAll(keepingCapacity: true)
      } else if byte == 0x0A {
        break
      } else if byte == 0x0D, try isBeforeLineEnd() {
        continue
      } else {
        cell.append(byte)
      }
    }
    cells.append(cell)
    return isQuoted ? unreadable("unterminated_quote", cells) : decoded(cells)
  }

  private func isBeforeLineEnd() throws(Problem) -> Bool {
    let next = try peek()
    return next == nil || next == 0x0A
  }

  private func decoded(_ cells: [[UInt8]]) -> Record {
    let texts = cells.compactMap { String(validating: $0, as: UTF8.self) }
    return texts.count == cells.count ? .cells(texts) : unreadable("not_utf8", cells)
  }

  private func unreadable(_ reason: String, _ cells: [[UInt8]]) -> Record {
    let separator = String(decoding: [delimiter], as: UTF8.self)
    let texts = cells.map { String(decoding: $0, as: UTF8.self) }
    return .unreadable(reason: reason, text: texts.joined(separator: separator))
  }

  private func tooLong() -> Problem {
    Problem(
      .step, "record-too-long",
      "cannot read \(name): the record that begins on line \(line) is longer than "
        + "\(TableReader.longestRecord) bytes",
      hint: "look for a double quote that is not closed")
  }

  private func peek() throws(Problem) -> UInt8? {
    if position == end {
      if isAtEnd { return nil }
      do {
        let file = file
        end = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
      } catch { throw .file("cannot read", path, error) }
      position = 0
      isAtEnd = end == 0
      if isAtEnd { return nil }
    }
    return buffer[position]
  }

  private func take() throws(Problem) -> UInt8? {
    let byte = try peek()
    if byte != nil { position += 1 }
    return byte
  }
}
