internal import BlockingWork
internal import Comparison
internal import Problems
internal import Synchronization

/// The lines of two files that are the same bytes, whatever their order, and those that are left.
struct LineMatching {
  /// Runs of equal lines, in no particular order.
  private(set) var runs: [LineRun] = []
  /// The lines without a partner, in the order of the files, numbers from 0.
  private(set) var oldLeft: [LineRecord] = []
  private(set) var newLeft: [LineRecord] = []

  /// How many rows are in the runs.
  var equal: Int { runs.reduce(0) { $0 + $1.count } }

  init(_ old: ContentFile, _ new: ContentFile, hasher: LineHasher) throws {
    let parts = try FileParts(old, new, most: 4 * ParallelWork.width, hasher: hasher).parts
    let found = Mutex([LineAlignment?](repeating: nil, count: parts.count))
    try ParallelWork.perform(parts.count) { index in
      let part = parts[index]
      let alignment = try LineAlignment(old, part.old, new, part.new, hasher: hasher)
      found.withLock { $0[index] = alignment }
    }
    var oldLines = 0
    var newLines = 0
    for alignment in found.withLock({ $0 }).compactMap(\.self) {
      let (oldBase, newBase) = (
        UInt32(truncatingIfNeeded: oldLines), UInt32(truncatingIfNeeded: newLines)
      )
      for var run in alignment.runs {
        run.old &+= oldBase
        run.new &+= newBase
        runs.append(run)
      }
      for var line in alignment.oldLeft {
        line.number &+= oldBase
        oldLeft.append(line)
      }
      for var line in alignment.newLeft {
        line.number &+= newBase
        newLeft.append(line)
      }
      oldLines += alignment.oldLines
      newLines += alignment.newLines
    }
    for (file, lines) in [(old, oldLines), (new, newLines)] where lines >= Int(Int32.max) {
      throw Problem(
        .user, "too-many-lines", "cannot compare \(file.path): it has \(lines) lines",
        hint: "cut it into files of fewer than two billion lines")
    }
    joinLeft()
  }

  /// Finds the lines that moved further than alignment looks.
  private mutating func joinLeft() {
    let (a, b) = (oldLeft, newLeft)
    let join = HashJoin(
      oldCount: a.count, newCount: b.count, old: { a[$0].hash }, new: { b[$0].hash })
    for (x, y) in join.pairs {
      runs.append(
        LineRun(
          old: a[x].number, new: b[y].number, oldOffset: a[x].offset, newOffset: b[y].offset,
          count: 1))
    }
    oldLeft = join.oldLeft.map { a[$0] }
    newLeft = join.newLeft.map { b[$0] }
  }
}
