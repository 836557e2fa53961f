internal import Documents
package import Problems
package import SystemPackage

/// The rows of a JSON Lines file, one after the other, in bounded memory.
///
/// Each line holds one JSON object. Lines of nothing but white space hold no row and are passed
/// over; a carriage return before the line feed is white space.
package final class RowReader {
  private let lines: LineReader
  private var rows = 0

  /// - Parameter name: how messages call the file, as in `in/rows`; its path where nil.
  package init(_ path: FilePath, name: String? = nil) throws(Problem) {
    lines = try LineReader(path, name: name)
  }

  /// The line of the row given last, from 1.
  package var line: Int { lines.number }

  /// The next row, or nil at the end.
  ///
  /// - Throws: a problem that names file, line and column where a line is no JSON object.
  package func next() throws(Problem) -> Row? {
    while let line = try lines.next() {
      if RowReader.isBlank(line) { continue }
      rows += 1
      return Row(
        number: rows, fields: try RowReader.fields(line, of: lines.name, number: lines.number))
    }
    return nil
  }

  /// The members of the object that a line holds.
  ///
  /// - Parameters:
  ///   - name: how messages call the file.
  ///   - number: the line's, from 1.
  static func fields(
    _ line: [UInt8], of name: String, number: Int
  ) throws(Problem) -> [String: JSON] {
    let value: JSON
    do throws(JSONError) { value = try JSON(parsing: line) } catch {
      throw RowReader.problem(error, in: line, of: name, number: number)
    }
    guard case .object(let fields) = value else {
      throw Problem(
        .step, "row-shape",
        "cannot read \(name), line \(number): a row is a JSON object, found "
          + "\(value.kindName) `\(value.canonicalText.excerpt())`",
        hint: "use `ingest` to make rows of other forms of data")
    }
    return fields
  }

  /// Whether a line holds nothing but white space.
  package static func isBlank(_ line: some Sequence<UInt8>) -> Bool {
    line.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
  }

  private static func problem(
    _ error: JSONError, in line: [UInt8], of name: String, number: Int
  ) -> Problem {
    Problem(
      .step, "row-syntax",
      "cannot read \(name), line \(number), column \(column(error.offset, in: line)): "
        + "\(error.message), near `\(piece(error.offset, of: line))`",
      hint: "rows are JSON Lines: UTF-8, one JSON object a line")
  }

  /// The column of a byte, in characters from 1.
  package static func column(_ offset: Int, in line: [UInt8]) -> Int {
    String(decoding: line.prefix(offset), as: UTF8.self).codePoints + 1
  }

  /// The text around a byte.
  package static func piece(_ offset: Int, of line: [UInt8]) -> String {
    let from = max(0, offset - 20)
    let to = min(line.count, offset + 20)
    let text = String(decoding: line[from..<to], as: UTF8.self).excerpt(40)
    let inner = text.drop { $0 == "\u{FFFD}" }
    return (from > 0 ? "…" : "") + inner + (to < line.count ? "…" : "")
  }
}
