/// What differs between two texts, line by line, as for scripts.
package struct LineDifference: Hashable, Sendable {
  /// One line of a hunk.
  package struct Line: Hashable, Sendable {
    /// `equal`, `removed` or `added`.
    package var kind: WordDifference.Kind
    /// Without its line feed.
    package var text: String
    /// From 1; nil for a line that is added.
    package var oldNumber: Int?
    /// From 1; nil for a line that is removed.
    package var newNumber: Int?
    /// Whether a line feed ends it; only the last line of a text may lack one.
    package var hasFeed: Bool
  }

  /// Changed lines that lie close together, with the lines around them.
  package struct Hunk: Hashable, Sendable {
    package var lines: [Line]
    /// The lines from 1 that the hunk covers; of an empty one, the bound is the line before which
    /// it lies.
    package var old: Range<Int>
    package var new: Range<Int>

    /// The lines as they are shown: those that replace as many others beside these.
    package var rows: [Row] {
      var rows: [Row] = []
      var rest = lines[...]
      while let line = rest.first {
        guard line.kind != .equal else {
          rows.append(.equal(line.text))
          rest = rest.dropFirst()
          continue
        }
        let removed = rest.prefix { $0.kind == .removed }
        let added = rest.dropFirst(removed.count).prefix { $0.kind == .added }
        rest = rest.dropFirst(removed.count + added.count)
        if removed.count == added.count {
          rows += zip(removed, added).map { .replaced($0.text, by: $1.text) }
        } else {
          rows += removed.map { .removed($0.text) } + added.map { .added($0.text) }
        }
      }
      return rows
    }
  }

  /// A line of a hunk, or two.
  package enum Row: Hashable, Sendable {
    case equal(String)
    case removed(String)
    case added(String)
    case replaced(String, by: String)
  }

  package let hunks: [Hunk]
  /// How many lines are removed and added in all.
  package let removed: Int
  package let added: Int

  /// - Parameter context: how many equal lines stand around each change.
  package init(_ old: String, _ new: String, context: Int = 3) {
    let a = LineDifference.lines(of: old)
    let b = LineDifference.lines(of: new)
    var numbers = TokenNumbers()
    let changes = SequenceDifference(numbers.numbers(of: a), numbers.numbers(of: b)).changes
    removed = changes.reduce(0) { $0 + $1.old.count }
    added = changes.reduce(0) { $0 + $1.new.count }
    let context = max(0, context)
    var groups: [[SequenceDifference.Change]] = []
    for change in changes {
      if let last = groups.last?.last,
        change.old.lowerBound - last.old.upperBound <= 2 * context
      {
        groups[groups.count - 1].append(change)
      } else {
        groups.append([change])
      }
    }
    hunks = groups.compactMap { LineDifference.hunk($0, a, b, context) }
  }

  /// The lines of a text with their line feeds.
  static func lines(of text: String) -> [Substring] {
    var lines: [Substring] = []
    var start = text.startIndex
    while start < text.endIndex {
      let feed = text.utf8[start...].firstIndex(of: 0x0A)
      let end = feed.map { text.utf8.index(after: $0) } ?? text.endIndex
      lines.append(text[start..<end])
      start = end
    }
    return lines
  }

  private static func hunk(
    _ changes: [SequenceDifference.Change], _ a: [Substring], _ b: [Substring], _ context: Int
  ) -> Hunk? {
    guard let first = changes.first, let last = changes.last else { return nil }
    let before = min(context, first.old.lowerBound)
    let after = min(context, a.count - last.old.upperBound)
    var i = first.old.lowerBound - before
    var j = first.new.lowerBound - before
    let (oldStart, newStart) = (i, j)
    var lines: [Line] = []
    func addEqual(upTo end: Int) {
      while i < end {
        lines.append(Line(.equal, a[i], i + 1, j + 1))
        i += 1
        j += 1
      }
    }
    for change in changes {
      addEqual(upTo: change.old.lowerBound)
      lines += change.old.map { Line(.removed, a[$0], $0 + 1, nil) }
      lines += change.new.map { Line(.added, b[$0], nil, $0 + 1) }
      i = change.old.upperBound
      j = change.new.upperBound
    }
    addEqual(upTo: last.old.upperBound + after)
    return Hunk(lines: lines, old: oldStart + 1..<i + 1, new: newStart + 1..<j + 1)
  }
}

extension LineDifference.Line {
  fileprivate init(
    _ kind: WordDifference.Kind, _ line: Substring, _ oldNumber: Int?, _ newNumber: Int?
  ) {
    let hasFeed = line.utf8.last == 0x0A
    self.init(
      kind: kind, text: String(hasFeed ? Substring(line.utf8.dropLast()) : line),
      oldNumber: oldNumber, newNumber: newNumber, hasFeed: hasFeed)
  }
}
