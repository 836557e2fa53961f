/// Which elements of two sequences have no partner in the other one: a shortest way from one to the
/// other (Myers 1986, from both ends in linear space), in time that never grows with the square.
///
/// Elements that only one side has are set aside first. Where a stretch needs more than `patience`
/// steps from both ends, it is cut at the point that was reached furthest, so that its result may
/// be longer than the shortest.
struct SequenceDifference {
  /// The steps after which a shortest way is no longer searched for.
  static let patience = 256

  /// Ranges that stand in each other's place; one of them may be empty. Between two changes, before
  /// the first and after the last, both sides are equal.
  struct Change: Hashable {
    var old: Range<Int>
    var new: Range<Int>
  }

  /// In ascending order, never adjacent on both sides.
  let changes: [Change]

  /// - Parameters:
  ///   - old: numbers that are equal where the elements are.
  ///   - new: the other side's.
  init(_ old: [Int32], _ new: [Int32], patience: Int = SequenceDifference.patience) {
    let prefix = zip(old, new).prefix { $0 == $1 }.count
    let shorter = min(old.count, new.count)
    var suffix = 0
    while suffix < shorter - prefix, old[old.count - 1 - suffix] == new[new.count - 1 - suffix] {
      suffix += 1
    }
    let oldMiddle = prefix..<(old.count - suffix)
    let newMiddle = prefix..<(new.count - suffix)
    var search = Search(
      old: SequenceDifference.common(old, oldMiddle, with: new[newMiddle]),
      new: SequenceDifference.common(new, newMiddle, with: old[oldMiddle]), patience: patience)
    search.run()
    var oldStays = [Bool](repeating: true, count: old.count)
    var newStays = [Bool](repeating: true, count: new.count)
    for index in oldMiddle { oldStays[index] = false }
    for index in newMiddle { newStays[index] = false }
    for (index, goes) in zip(search.old.positions, search.oldGoes) { oldStays[index] = !goes }
    for (index, goes) in zip(search.new.positions, search.newGoes) { newStays[index] = !goes }
    changes = SequenceDifference.changes(oldStays, newStays)
  }

  /// The elements that the other side has too, and where they stand.
  fileprivate struct Kept {
    var values: [Int32] = []
    var positions: [Int] = []
  }

  private static func common(
    _ own: [Int32], _ range: Range<Int>, with other: ArraySlice<Int32>
  ) -> Kept {
    let there = Set(other)
    var kept = Kept()
    for index in range where there.contains(own[index]) {
      kept.values.append(own[index])
      kept.positions.append(index)
    }
    return kept
  }

  private static func changes(_ oldStays: [Bool], _ newStays: [Bool]) -> [Change] {
    var changes: [Change] = []
    var i = 0
    var j = 0
    while i < oldStays.count || j < newStays.count {
      let start = (i, j)
      while i < oldStays.count, !oldStays[i] { i += 1 }
      while j < newStays.count, !newStays[j] { j += 1 }
      if start != (i, j) { changes.append(Change(old: start.0..<i, new: start.1..<j)) }
      while i < oldStays.count, j < newStays.count, oldStays[i], newStays[j] {
        i += 1
        j += 1
      }
    }
    return changes
  }
}

/// The search from both ends, as GNU diff does it.
private struct Search {
  let old: SequenceDifference.Kept
  let new: SequenceDifference.Kept
  var oldGoes: [Bool]
  var newGoes: [Bool]
  private let patience: Int
  /// How far along the old side each diagonal was followed from the beginning and from the end.
  private var forward: [Int]
  private var backward: [Int]
  /// Added to the number of a diagonal, which may be negative.
  private let offset: Int

  init(old: SequenceDifference.Kept, new: SequenceDifference.Kept, patience: Int) {
    self.old = old
    self.new = new
    self.patience = max(1, patience)
    oldGoes = [Bool](repeating: false, count: old.values.count)
    newGoes = [Bool](repeating: false, count: new.values.count)
    offset = new.values.count + 1
    forward = [Int](repeating: 0, count: old.values.count + new.values.count + 3)
    backward = forward
  }

  mutating func run() {
    var open = [(old: 0..<old.values.count, new: 0..<new.values.count)]
    while let (oldRange, newRange) = open.popLast() {
      var (a, b) = (oldRange, newRange)
      while let x = a.first, let y = b.first, old.values[x] == new.values[y] {
        (a, b) = (a.dropFirst(), b.dropFirst())
      }
      while let x = a.last, let y = b.last, old.values[x] == new.values[y] {
        (a, b) = (a.dropLast(), b.dropLast())
      }
      if a.isEmpty || b.isEmpty {
        for index in a { oldGoes[index] = true }
        for index in b { newGoes[index] = true }
        continue
      }
      let (x, y) = middle(a, b)
      open.append((a.lowerBound..<x, b.lowerBound..<y))
      open.append((x..<a.upperBound, y..<b.upperBound))
    }
  }

  /// A point on a shortest way, or a far one where that takes too long.
  private mutating func middle(_ a: Range<Int>, _ b: Range<Int>) -> (Int, Int) {
    let least = a.lowerBound - b.upperBound
    let greatest = a.upperBound - b.lowerBound
    let start = a.lowerBound - b.lowerBound
    let end = a.upperBound - b.upperBound
    let isOdd = (start - end) & 1 != 0
    var (first, last) = (start, start)
    var (firstBack, lastBack) = (end, end)
    forward[offset + start] = a.lowerBound
    backward[offset + end] = a.upperBound
    var cost = 0
    while true {
      cost += 1
      if first > least {
        first -= 1
        forward[offset + first - 1] = -1
      } else {
        first += 1
      }
      if last < greatest {
        last += 1
        forward[offset + last + 1] = -1
      } else {
        last -= 1
      }
      for diagonal in stride(from: last, through: first, by: -2) {
        let (below, above) = (forward[offset + diagonal - 1], forward[offset + diagonal + 1])
        var x = below >= above ? below + 1 : above
        while x < a.upperBound, x - diagonal < b.upperBound,
          old.values[x] == new.values[x - diagonal]
        { x += 1 }
        forward[offset + diagonal] = x
        if isOdd, firstBack <= diagonal, diagonal <= lastBack, backward[offset + diagonal] <= x {
          return (x, x - diagonal)
        }
      }
      if firstBack > least {
        firstBack -= 1
        backward[offset + firstBack - 1] = .max
      } else {
        firstBack += 1
      }
      if lastBack < greatest {
        lastBack += 1
        backward[offset + lastBack + 1] = .max
      } else {
        lastBack -= 1
      }
      for diagonal in stride(from: lastBack, through: firstBack, by: -2) {
        let (below, above) = (backward[offset + diagonal - 1], backward[offset + diagonal + 1])
        var x = below < above ? below : above - 1
        while x > a.lowerBound, x - diagonal > b.lowerBound,
          old.values[x - 1] == new.values[x - 1 - diagonal]
        { x -= 1 }
        backward[offset + diagonal] = x
        if !isOdd, first <= diagonal, diagonal <= last, x <= forward[offset + diagonal] {
          return (x, x - diagonal)
        }
      }
      if cost >= patience {
        return furthest(a, b, first...last, firstBack...lastBack)
      }
    }
  }

  private func furthest(
    _ a: Range<Int>, _ b: Range<Int>, _ ahead: ClosedRange<Int>, _ back: ClosedRange<Int>
  ) -> (Int, Int) {
    var far = (x: a.lowerBound, y: b.lowerBound)
    for diagonal in stride(from: ahead.upperBound, through: ahead.lowerBound, by: -2) {
      var x = min(forward[offset + diagonal], a.upperBound)
      if x - diagonal > b.upperBound { x = b.upperBound + diagonal }
      if x + x - diagonal > far.x + far.y { far = (x, x - diagonal) }
    }
    var near = (x: a.upperBound, y: b.upperBound)
    for diagonal in stride(from: back.upperBound, through: back.lowerBound, by: -2) {
      var x = max(backward[offset + diagonal], a.lowerBound)
      if x - diagonal < b.lowerBound { x = b.lowerBound + diagonal }
      if x + x - diagonal < near.x + near.y { near = (x, x - diagonal) }
    }
    let gone = far.x + far.y - a.lowerBound - b.lowerBound
    let left = a.upperBound + b.upperBound - near.x - near.y
    return gone > left ? far : near
  }
}
