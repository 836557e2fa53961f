/// What differs between two texts, word by word, for people to read.
///
/// Long texts are compared line by line first and word by word only where lines differ, so that time
/// and memory grow with the length of the texts. Where a few words that stayed lie between larger
/// changes, the changes are taken together: a sentence written anew is no patchwork of its small words.
package struct WordDifference: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case equal
    case removed
    case added
    /// Equal, and left out of an excerpt.
    case omitted
  }

  /// A stretch of text.
  package struct Span: Hashable, Sendable {
    package var kind: Kind
    package var text: String

    package init(_ kind: Kind, _ text: String) {
      self.kind = kind
      self.text = text
    }
  }

  /// More pieces than this are compared line by line first.
  private static let manyPieces = 20_000
  /// Texts longer than this together, in bytes, are compared by their beginnings and ends only.
  private static let longest = 4 << 20

  /// In the order of the text, what is removed before what is added; none is empty, no two
  /// neighbours are of one kind.
  package let spans: [Span]

  package init(_ old: String, _ new: String) {
    var builder = SpanBuilder()
    if old.utf8.count + new.utf8.count > WordDifference.longest {
      builder.addMiddle(old, new)
    } else {
      let a = TextTokens(old).pieces
      let b = TextTokens(new).pieces
      if a.count + b.count <= WordDifference.manyPieces {
        builder.addWords(a, b)
      } else {
        let a = LineDifference.lines(of: old)
        let b = LineDifference.lines(of: new)
        var numbers = TokenNumbers()
        let changes = SequenceDifference(numbers.numbers(of: a), numbers.numbers(of: b)).changes
        var end = 0
        for change in changes {
          builder.add(.equal, a[end..<change.old.lowerBound])
          builder.addWords(
            TextTokens(a[change.old].joined()).pieces, TextTokens(b[change.new].joined()).pieces)
          end = change.old.upperBound
        }
        builder.add(.equal, a[end...])
      }
    }
    spans = builder.spans
  }

  /// Whether both texts are the same, byte by byte.
  package var isEqual: Bool { spans.allSatisfy { $0.kind == .equal } }

  /// The spans with little of what stayed: so many characters of it around each change. What is
  /// left out is a span of its own.
  package func excerpt(context: Int) -> [Span] {
    var excerpt: [Span] = []
    for (index, span) in spans.enumerated() {
      let before = index > 0 ? max(0, context) : 0
      let after = index + 1 < spans.count ? max(0, context) : 0
      // A gap that is hardly longer than the sign for it stays.
      guard span.kind == .equal, span.text.dropFirst(before + after + 8).isEmpty == false else {
        excerpt.append(span)
        continue
      }
      var head = span.text.prefix(before)
      var tail = span.text.suffix(after)
      // No part of a word, where there is a word's end.
      if let space = head.lastIndex(where: \.isWhitespace), head.count == before {
        head = head[...space]
      }
      if let space = tail.firstIndex(where: \.isWhitespace), tail.count == after {
        tail = tail[space...]
      }
      if !head.isEmpty { excerpt.append(Span(.equal, String(head))) }
      excerpt.append(Span(.omitted, String(span.text[head.endIndex..<tail.startIndex])))
      if !tail.isEmpty { excerpt.append(Span(.equal, String(tail))) }
    }
    return excerpt
  }
}

/// Puts spans together.
private struct SpanBuilder {
  private(set) var spans: [WordDifference.Span] = []

  mutating func add(_ kind: WordDifference.Kind, _ pieces: ArraySlice<Substring>) {
    add(kind, pieces.joined())
  }

  mutating func add(_ kind: WordDifference.Kind, _ text: String) {
    if text.isEmpty { return }
    if let last = spans.last, last.kind == kind {
      spans[spans.count - 1].text += text
    } else if let last = spans.last, last.kind == .added, kind == .removed {
      // Two changes met: what is removed stands first.
      let added = spans.removeLast()
      add(.removed, text)
      spans.append(added)
    } else {
      spans.append(WordDifference.Span(kind, text))
    }
  }

  mutating func addWords(_ old: [Substring], _ new: [Substring]) {
    var numbers = TokenNumbers()
    let found = SequenceDifference(numbers.numbers(of: old), numbers.numbers(of: new)).changes
    var end = 0
    for change in WordChanges(old, new).joined(found) {
      add(.equal, old[end..<change.old.lowerBound])
      add(.removed, old[change.old])
      add(.added, new[change.new])
      end = change.old.upperBound
    }
    add(.equal, old[end...])
  }

  /// Takes everything between the common beginning and the common end as changed.
  mutating func addMiddle(_ old: String, _ new: String) {
    let (a, b) = (old.utf8, new.utf8)
    let common = zip(a, b).prefix { $0 == $1 }.count
    let start = SpanBuilder.character(in: old, at: a.index(a.startIndex, offsetBy: common))
    let head = old[..<start]
    let newStart = b.index(b.startIndex, offsetBy: head.utf8.count)
    let same = zip(a[start...].reversed(), b[newStart...].reversed()).prefix { $0 == $1 }.count
    var end = a.index(a.endIndex, offsetBy: -same)
    // On from the middle of a character, which both ends have in common.
    while end < a.endIndex, SpanBuilder.character(in: old, at: end) != end {
      end = a.index(after: end)
    }
    let newEnd = b.index(b.endIndex, offsetBy: -old[end...].utf8.count)
    add(.equal, String(head))
    add(.removed, String(old[start..<end]))
    add(.added, String(new[newStart..<newEnd]))
    add(.equal, String(old[end...]))
  }

  /// Where the code point begins that a byte belongs to.
  private static func character(in text: String, at index: String.Index) -> String.Index {
    var index = index
    while index > text.startIndex, index < text.endIndex, text.utf8[index] & 0xC0 == 0x80 {
      index = text.utf8.index(before: index)
    }
    return index
  }
}

/// Takes changes together that little lies between.
private struct WordChanges {
  /// How many characters stand before each piece.
  private let oldLengths: [Int]
  private let newLengths: [Int]
  /// How many words stand before each piece of the old text.
  private let words: [Int]

  init(_ old: [Substring], _ new: [Substring]) {
    func sums(_ values: some Sequence<Int>) -> [Int] {
      var sum = 0
      return [0]
        + values.map {
          sum += $0
          return sum
        }
    }
    oldLengths = sums(old.lazy.map(\.utf8.count))
    newLengths = sums(new.lazy.map(\.utf8.count))
    words = sums(old.lazy.map { TextTokens.isWord($0) ? 1 : 0 })
  }

  /// What lies between two changes goes into them where it holds no word, or is no longer than the
  /// longer side of each of them.
  func joined(_ changes: [SequenceDifference.Change]) -> [SequenceDifference.Change] {
    var joined: [SequenceDifference.Change] = []
    for change in changes {
      var change = change
      while let last = joined.last, isWeak(last, change) {
        joined.removeLast()
        change = SequenceDifference.Change(
          old: last.old.lowerBound..<change.old.upperBound,
          new: last.new.lowerBound..<change.new.upperBound)
      }
      joined.append(change)
    }
    return joined
  }

  private func isWeak(
    _ first: SequenceDifference.Change, _ second: SequenceDifference.Change
  ) -> Bool {
    let gap = first.old.upperBound..<second.old.lowerBound
    let length = oldLengths[gap.upperBound] - oldLengths[gap.lowerBound]
    let isWordless = words[gap.upperBound] == words[gap.lowerBound]
    return isWordless && length <= 3 && size(first) > 0
      || length <= size(first) && length <= size(second)
  }

  private func size(_ change: SequenceDifference.Change) -> Int {
    max(
      oldLengths[change.old.upperBound] - oldLengths[change.old.lowerBound],
      newLengths[change.new.upperBound] - newLengths[change.new.lowerBound])
  }
}
