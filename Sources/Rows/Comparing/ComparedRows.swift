internal import Comparison
package import Documents
package import Problems
internal import SystemPackage

/// One side of a comparison: a file of rows, of which single lines are read where they are needed.
package struct ComparedRows: Sendable {
  /// Records closer than this are read together, in bytes.
  private static let gap: Int64 = 4 << 10
  /// At most so many bytes are read at once, unless one line is longer.
  private static let most: Int64 = 1 << 20

  let file: ContentFile

  /// Reads the members of a row at a place that a comparison gave.
  package func row(at place: RowComparison.Place) throws(Problem) -> [String: JSON] {
    try row(try file.bytes(at: place.offset, count: place.length), number: place.line)
  }

  /// Gives the members of each row to some work, in the order of the records.
  ///
  /// - Parameter records: in the order of the file.
  func forEach(
    _ records: ArraySlice<LineRecord>, _ work: (Int, [String: JSON]) throws(Problem) -> Void
  ) throws(Problem) {
    var index = records.startIndex
    while index < records.endIndex {
      let start = records[index].offset
      var end = start + Int64(records[index].length)
      var last = index + 1
      while last < records.endIndex, records[last].offset - end <= ComparedRows.gap,
        records[last].offset + Int64(records[last].length) - start <= ComparedRows.most
      {
        end = records[last].offset + Int64(records[last].length)
        last += 1
      }
      let bytes = try file.bytes(at: start, count: Int(end - start))
      guard bytes.count == end - start else {
        throw Problem(
          .environment, "file-changed",
          "cannot compare \(file.path): it became shorter meanwhile",
          hint: "let nothing write to it, then compare again")
      }
      for position in index..<last {
        let from = Int(records[position].offset - start)
        let range = from..<from + Int(records[position].length)
        // A long line stands alone and is not copied.
        let line = range.count == bytes.count ? bytes : Array(bytes[range])
        try work(position, row(line, number: Int(records[position].number) + 1))
      }
      index = last
    }
  }

  private func row(_ line: [UInt8], number: Int) throws(Problem) -> [String: JSON] {
    do throws(Problem) {
      return try RowReader.fields(line, of: file.path.string, number: number)
    } catch {
      if let fields = ComparedRows.fields(line: line) { return fields }
      var problem = error
      problem.tier = .user
      throw problem
    }
  }

  /// The members of the object that a line holds, or nil where it holds none. What is no number is a
  /// text, so that a difference in it is seen.
  static func fields(line: [UInt8]) -> [String: JSON]? { (try? NumberWords.parse(line))?.object }
}
