/// Pairs elements of two lists by their hashes, equal ones in the order in which they stand.
struct HashJoin {
  /// Positions in both lists, in the order of the second.
  private(set) var pairs: [(old: Int, new: Int)] = []
  /// Positions that have no partner, in ascending order.
  private(set) var oldLeft: [Int] = []
  private(set) var newLeft: [Int] = []

  /// - Parameters:
  ///   - old: the hash of each element; nil for one that has no partner in any case.
  ///   - new: the other side's.
  init(oldCount: Int, newCount: Int, old: (Int) -> LineHash?, new: (Int) -> LineHash?) {
    // Open addressing over the first element of each hash; `next` leads to the others.
    var bits = 4
    while 1 << bits < 2 * oldCount { bits += 1 }
    let mask = UInt64(1 << bits - 1)
    var heads = [Int32](repeating: -1, count: 1 << bits)
    var next = [Int32](repeating: -1, count: oldCount)
    var isTaken = [Bool](repeating: false, count: oldCount)
    // A slot keeps its first element as the mark of its hash after that is taken.
    var rest = [Int32](repeating: -1, count: 1 << bits)
    for index in stride(from: oldCount - 1, through: 0, by: -1) {
      guard let hash = old(index) else { continue }
      var slot = Int(hash.first & mask)
      while heads[slot] >= 0, old(Int(heads[slot])) != hash { slot = (slot + 1) & Int(mask) }
      next[index] = heads[slot]
      heads[slot] = Int32(index)
      rest[slot] = Int32(index)
    }
    for index in 0..<newCount {
      var partner: Int32 = -1
      if let hash = new(index) {
        var slot = Int(hash.first & mask)
        while heads[slot] >= 0, old(Int(heads[slot])) != hash { slot = (slot + 1) & Int(mask) }
        partner = rest[slot]
        if partner >= 0 { rest[slot] = next[Int(partner)] }
      }
      if partner >= 0 {
        pairs.append((Int(partner), index))
        isTaken[Int(partner)] = true
      } else {
        newLeft.append(index)
      }
    }
    oldLeft = isTaken.indices.filter { !isTaken[$0] }
  }
}
