internal import Comparison
internal import Problems

/// Cuts two files into parts that several threads can go through, where possible at lines that both
/// have: the cuts decide how fast a comparison is, never what it finds.
struct FileParts {
  /// A part is at least this long, in bytes.
  private static let least: Int64 = 4 << 20
  /// How far around its expected place a line is looked for in the other file.
  private static let reach: Int64 = 128 << 10

  /// In ascending order; together they are the files.
  let parts: [(old: Range<Int64>, new: Range<Int64>)]

  /// - Parameter most: how many parts there are at most.
  init(_ old: ContentFile, _ new: ContentFile, most: Int, hasher: LineHasher) throws(Problem) {
    let count = Int64(max(1, min(Int64(most), old.size / FileParts.least)))
    var cuts: [(old: Int64, new: Int64)] = [(0, 0)]
    for number in 1..<max(1, count) {
      let place = old.size / count * number
      let expected = new.size / count * number
      let (a, b) = try FileParts.cut(old, place, new, expected, hasher)
      if let last = cuts.last, a > last.old, b >= last.new, a < old.size, b <= new.size {
        cuts.append((a, b))
      }
    }
    cuts.append((old.size, new.size))
    parts = zip(cuts, cuts.dropFirst()).map { ($0.old..<$1.old, $0.new..<$1.new) }
  }

  /// A line of the old file after a place that stands once near the same place in the new one; the
  /// next lines of both where there is none.
  private static func cut(
    _ old: ContentFile, _ place: Int64, _ new: ContentFile, _ expected: Int64, _ hasher: LineHasher
  ) throws(Problem) -> (Int64, Int64) {
    let start = try lineStart(old, after: place)
    let from = try lineStart(new, after: max(0, expected - reach))
    // The last occurrence of each line, and whether it is the only one.
    var there: [LineHash: (offset: Int64, isOnly: Bool)] = [:]
    var lines = LineCursor(new, from..<max(from, min(new.size, expected + reach)))
    while let line = try lines.line() {
      let hash = hasher.hash(line.bytes)
      there[hash] = (line.offset, there[hash] == nil)
    }
    var candidates = LineCursor(old, start..<max(start, min(old.size, start + reach / 4)))
    while let line = try candidates.line() {
      if let found = there[hasher.hash(line.bytes)], found.isOnly {
        return (line.offset, found.offset)
      }
    }
    return (start, try lineStart(new, after: expected))
  }

  /// Where the first line begins that begins at the offset or later.
  private static func lineStart(_ file: ContentFile, after offset: Int64) throws(Problem) -> Int64 {
    if offset == 0 { return 0 }
    var place = offset - 1
    while place < file.size {
      let piece = try file.bytes(at: place, count: 64 << 10)
      if let feed = piece.firstIndex(of: 0x0A) { return place + Int64(feed) + 1 }
      if piece.isEmpty { break }
      place += Int64(piece.count)
    }
    return file.size
  }
}
