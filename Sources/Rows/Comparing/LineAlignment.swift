internal import Comparison
internal import Glibc
internal import Problems

/// Goes through the same part of two files at once: lines that are equal side by side make runs, and
/// where they are not, the place at which both agree again is looked for a few lines ahead.
struct LineAlignment {
  /// How many lines ahead both sides are looked through. A part that moved further, or is longer,
  /// is found by the hashes of its lines afterwards.
  private static let reach = 64

  private(set) var runs: [LineRun] = []
  /// The lines that are in no run.
  private(set) var oldLeft: [LineRecord] = []
  private(set) var newLeft: [LineRecord] = []
  /// All lines of each side, blank ones too.
  private(set) var oldLines = 0
  private(set) var newLines = 0

  private let hasher: LineHasher
  private var old = Queue()
  private var new = Queue()
  /// Whether nothing lies between the last run and what comes next.
  private var isRunOpen = false

  /// Lines that were read ahead.
  private struct Queue {
    private(set) var records: [LineRecord] = []
    private var first = 0

    var count: Int { records.count - first }
    subscript(index: Int) -> LineRecord { records[first + index] }

    mutating func append(_ record: LineRecord) { records.append(record) }

    mutating func remove(_ count: Int, to left: inout [LineRecord]) {
      left.append(contentsOf: records[first..<first + count])
      drop(count)
    }

    mutating func drop(_ count: Int) {
      first += count
      if first == records.count {
        records.removeAll(keepingCapacity: true)
        first = 0
      }
    }
  }

  init(
    _ oldFile: ContentFile, _ oldPart: Range<Int64>, _ newFile: ContentFile,
    _ newPart: Range<Int64>, hasher: LineHasher
  ) throws(Problem) {
    self.hasher = hasher
    var a = LineCursor(oldFile, oldPart)
    var b = LineCursor(newFile, newPart)
    while true {
      if old.count == 0, new.count == 0 {
        if try !goOn(&a, &b) { break }
      } else {
        guard try Self.reads(to: 0, &a, &old, hasher), try Self.reads(to: 0, &b, &new, hasher)
        else {
          break
        }
        if old[0].hash == new[0].hash {
          addRun(
            Int(old[0].number), Int(new[0].number), old[0].offset, new[0].offset, count: 1)
          old.drop(1)
          new.drop(1)
        } else {
          try meetAgain(&a, &b)
        }
      }
    }
    // One side has ended.
    old.remove(old.count, to: &oldLeft)
    new.remove(new.count, to: &newLeft)
    while try Self.reads(to: 0, &a, &old, hasher) { old.remove(1, to: &oldLeft) }
    while try Self.reads(to: 0, &b, &new, hasher) { new.remove(1, to: &newLeft) }
    oldLines = a.count
    newLines = b.count
  }

  /// Goes on while both sides are equal, and queues the first lines that are not.
  ///
  /// - Returns: false where a side has ended.
  private mutating func goOn(_ a: inout LineCursor, _ b: inout LineCursor) throws(Problem) -> Bool {
    while true {
      let start = (a.count, b.count, a.offset, b.offset)
      let common = LineCursor.skipCommon(&a, &b)
      if common > 0 { addRun(start.0, start.1, start.2, start.3, count: common) }
      let x = try a.line()
      let y = try b.line()
      if let x, let y, x.bytes.count == y.bytes.count, ContentFile.same(x.bytes, y.bytes) {
        addRun(x.number, y.number, x.offset, y.offset, count: 1)
        continue
      }
      if let x { old.append(LineRecord(x, hasher)) }
      if let y { new.append(LineRecord(y, hasher)) }
      return x != nil && y != nil
    }
  }

  /// Looks for the next place at which both sides agree, and puts aside what lies before it.
  private mutating func meetAgain(
    _ a: inout LineCursor, _ b: inout LineCursor
  ) throws(Problem) {
    isRunOpen = false
    for ahead in 1..<LineAlignment.reach {
      let hasOld = try Self.reads(to: ahead, &a, &old, hasher)
      let hasNew = try Self.reads(to: ahead, &b, &new, hasher)
      if !hasOld, !hasNew { break }
      var found: (old: Int, new: Int)?
      if hasOld {
        let hash = old[ahead].hash
        for index in 0..<min(ahead + 1, new.count) where new[index].hash == hash {
          found = (ahead, index)
          break
        }
      }
      if hasNew {
        let hash = new[ahead].hash
        for index in 0..<min(found?.new ?? ahead, old.count) where old[index].hash == hash {
          found = (index, ahead)
          break
        }
      }
      if let found {
        old.remove(found.old, to: &oldLeft)
        new.remove(found.new, to: &newLeft)
        return
      }
    }
    old.remove(old.count, to: &oldLeft)
    new.remove(new.count, to: &newLeft)
  }

  /// Reads one line ahead where the queue does not reach so far.
  ///
  /// - Returns: whether the queue has a line of this index.
  private static func reads(
    to index: Int, _ cursor: inout LineCursor, _ queue: inout Queue, _ hasher: LineHasher
  ) throws(Problem) -> Bool {
    if queue.count > index { return true }
    guard let line = try cursor.line() else { return false }
    queue.append(LineRecord(line, hasher))
    return true
  }

  private mutating func addRun(
    _ oldNumber: Int, _ newNumber: Int, _ oldOffset: Int64, _ newOffset: Int64, count: Int
  ) {
    if isRunOpen, !runs.isEmpty {
      runs[runs.count - 1].count += count
      return
    }
    isRunOpen = true
    runs.append(
      LineRun(
        old: UInt32(truncatingIfNeeded: oldNumber), new: UInt32(truncatingIfNeeded: newNumber),
        oldOffset: oldOffset, newOffset: newOffset, count: count))
  }
}
