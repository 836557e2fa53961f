internal import Documents

/// Which rows are kept, by their position.
struct Selection {
  var isKept: [Bool]
  /// Why the others are not, in words.
  var reason: String
  var report: [String: JSON] = [:]

  /// The `count` greatest; of equals the earlier.
  static func greatest(_ count: Int, _ values: [Int]) -> Selection {
    let order = values.indices.sorted {
      values[$0] == values[$1] ? $0 < $1 : values[$0] > values[$1]
    }
    var selection = Selection(of: order.prefix(count), among: values.count)
    selection.reason = "shorter than the \(count) longest"
    if let last = order.prefix(count).last {
      let tied = values.indices.count { values[$0] == values[last] && !selection.isKept[$0] }
      selection.report = [
        "shortest_kept": .integer(Int64(values[last])), "tied_but_dropped": .integer(Int64(tied)),
      ]
    }
    return selection
  }

  /// The `count` least; of equals the earlier.
  static func least(_ count: Int, _ values: [UInt64]) -> Selection {
    let order = values.indices.sorted {
      values[$0] == values[$1] ? $0 < $1 : values[$0] < values[$1]
    }
    var selection = Selection(of: order.prefix(count), among: values.count)
    selection.reason = "not drawn"
    return selection
  }

  /// Rows of each group in turn, the groups in the order of their values' bytes and the rows of
  /// each in the order of their draws, until there are enough.
  static func balanced(
    _ count: Int, _ groups: [[UInt8]: [(draw: UInt64, row: Int)]], of total: Int
  ) -> Selection {
    let names = groups.keys.sorted { $0.lexicographicallyPrecedes($1) }
    let ordered = names.map { name in
      (groups[name] ?? []).sorted { $0.draw == $1.draw ? $0.row < $1.row : $0.draw < $1.draw }
    }
    var taken = [Int](repeating: 0, count: names.count)
    var rows: [Int] = []
    var round = 0
    while rows.count < min(count, total) {
      for (group, members) in ordered.enumerated() where round < members.count && rows.count < count
      {
        rows.append(members[round].row)
        taken[group] += 1
      }
      round += 1
    }
    var selection = Selection(of: rows, among: total)
    selection.reason = "not drawn"
    selection.report["groups"] = .object(
      Dictionary(
        zip(
          names.map { String(decoding: $0, as: UTF8.self) }, taken.map { JSON.integer(Int64($0)) })
      ) { first, _ in first })
    return selection
  }

  init(isKept: [Bool], reason: String) {
    self.isKept = isKept
    self.reason = reason
  }

  private init(of kept: some Sequence<Int>, among total: Int) {
    isKept = [Bool](repeating: false, count: total)
    reason = ""
    for row in kept { isKept[row] = true }
  }
}
