/// "Did you mean": the known name that a mistyped one most resembles.
package enum Suggestion {
  /// The name nearest to a mistyped one, by edits (insertion, deletion, substitution, swap of
  /// neighbours), or nil where nothing is near enough to be a help.
  ///
  /// - Parameters:
  ///   - typed: what the user wrote.
  ///   - known: what could have been meant.
  package static func nearest(to typed: String, among known: some Sequence<String>) -> String? {
    let limit = max(1, typed.count / 3)
    var best: (name: String, distance: Int)?
    for name in known.sorted() {
      let distance = distance(Array(typed.lowercased()), Array(name.lowercased()))
      let shares = name.lowercased().hasPrefix(typed.lowercased()) && typed.count >= 3
      guard distance <= limit || shares || sharesEnding(typed, name) else { continue }
      if best.map({ distance < $0.distance }) ?? true { best = (name, distance) }
    }
    return best?.name
  }

  /// A hint of the form ``did you mean `name`?``, or nil.
  package static func hint(for typed: String, among known: some Sequence<String>) -> String? {
    nearest(to: typed, among: known).map { "did you mean `\($0)`?" }
  }

  /// `lora_rank` and `lora_r` start alike up to the last word, which is how people misremember.
  private static func sharesEnding(_ typed: String, _ name: String) -> Bool {
    guard let stem = typed.lastIndex(of: "_"), typed[..<stem].count >= 3 else { return false }
    return name.hasPrefix(typed[...stem]) && typed.hasPrefix(name)
  }

  /// The optimal string alignment distance (Damerau 1964, without overlapping swaps).
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i] + [Int](repeating: 0, count: b.count)
      for j in 1...b.count {
        let cost = a[i - 1] == b[j - 1] ? 0 : 1
        row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          row[j] = min(row[j], beforeLast[j - 2] + 1)
        }
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
