/// A line that has no partner beside it: 32 bytes, whatever its length.
struct LineRecord: Sendable {
  let hash: LineHash
  let offset: Int64
  let length: UInt32
  /// Counted from 0 where the part of the file begins; in the end, where the file does.
  var number: UInt32

  init(_ line: LineCursor.Line, _ hasher: LineHasher) {
    hash = hasher.hash(line.bytes)
    offset = line.offset
    length = UInt32(truncatingIfNeeded: line.bytes.count)
    number = UInt32(truncatingIfNeeded: line.number)
  }
}

/// Rows that follow each other in both files and are the same.
struct LineRun: Hashable, Sendable {
  /// The number of the first line, from 0.
  var old: UInt32
  var new: UInt32
  var oldOffset: Int64
  var newOffset: Int64
  var count: Int
}

extension [LineRun] {
  /// The positions of the runs in the order of their first lines in one of the files, which no two
  /// share.
  func positions(by line: KeyPath<LineRun, UInt32>) -> [Int] {
    let lines = map { Int($0[keyPath: line]) }
    let end = (lines.max() ?? -1) + 1
    // Many runs are put into place, which is much faster than sorting; few would leave most empty.
    guard end <= 8 * count else { return indices.sorted { lines[$0] < lines[$1] } }
    var places = [Int32](repeating: -1, count: end)
    for (position, line) in lines.enumerated() { places[line] = Int32(position) }
    return places.compactMap { $0 < 0 ? nil : Int($0) }
  }
}
