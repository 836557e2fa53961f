internal import Comparison
internal import Problems

/// Puts changes into the order in which they are shown.
struct ChangeList {
  private let order: RunOrder
  private let limit: Int
  /// The runs that kept their order, ascending in both files.
  private let inPlace: [LineRun]

  init(_ order: RunOrder, limit: Int) {
    self.order = order
    self.limit = limit
    inPlace = zip(order.runs, order.isInPlace).compactMap { $1 ? $0 : nil }
  }

  /// The first rows that moved, in the order of the new file.
  func moved(
    in old: ContentFile, _ new: ContentFile
  ) throws(Problem) -> [RowComparison.Change] {
    let runs = zip(order.runs, order.isInPlace).compactMap { $1 ? nil : $0 }
    var moved: [RowComparison.Change] = []
    for run in runs.positions(by: \.new).lazy.map({ runs[$0] }) where moved.count < limit {
      var a = LineCursor(old, run.oldOffset..<old.size, bufferSize: 4 << 10)
      var b = LineCursor(new, run.newOffset..<new.size, bufferSize: 4 << 10)
      for _ in 0..<min(run.count, limit - moved.count) {
        guard let x = try a.line(), let y = try b.line() else { break }
        moved.append(
          RowComparison.Change(
            kind: .moved, old: RowComparison.Place(x, in: run.old),
            new: RowComparison.Place(y, in: run.new)))
      }
    }
    return moved
  }

  /// All changes in the order of the new file, removed rows before what stands where they stood.
  func sorted(
    changed: [RowComparison.Change], removed: [RowComparison.Place],
    added: [RowComparison.Place], moved: [RowComparison.Change]
  ) -> [RowComparison.Change] {
    var placed: [(line: Int, isNew: Int, own: Int, change: RowComparison.Change)] = []
    for place in removed {
      placed.append(
        (line(for: place.line), 0, place.line, RowComparison.Change(kind: .removed, old: place)))
    }
    for change in changed + moved + added.map({ .init(kind: .added, new: $0) }) {
      let line = change.new?.line ?? 0
      placed.append((line, 1, line, change))
    }
    placed.sort { ($0.line, $0.isNew, $0.own) < ($1.line, $1.isNew, $1.own) }
    return placed.map(\.change)
  }

  /// The line of the new file before which a line of the old one would stand, from 1.
  private func line(for old: Int) -> Int {
    var low = 0
    var high = inPlace.count
    while low < high {
      let middle = (low + high) / 2
      if Int(inPlace[middle].old) < old { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 1 }
    return Int(inPlace[low - 1].new) + inPlace[low - 1].count + 1
  }
}

extension RowComparison.Place {
  /// - Parameter start: the line of the file, from 0, at which the cursor began.
  fileprivate init(_ line: LineCursor.Line, in start: UInt32) {
    self.init(line: Int(start) + line.number + 1, offset: line.offset, length: line.bytes.count)
  }
}
