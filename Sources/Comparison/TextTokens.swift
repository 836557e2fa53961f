/// A text cut into the pieces that are compared: words, runs of white space, single signs.
///
/// Letters, digits and `_` make words, with apostrophes between letters and points and commas
/// between digits; where a script puts no space between words (Han, kana, Thai and the like) each
/// character is a piece. A line feed is a piece of its own.
struct TextTokens {
  private enum Sort { case letter, digit, alone, space, feed, sign }

  /// The pieces; put together they are the text.
  let pieces: [Substring]

  init(_ text: String) {
    var pieces: [Substring] = []
    var start = text.startIndex
    var sort: Sort?
    var index = text.startIndex
    while index < text.endIndex {
      let next = text.index(after: index)
      var own = TextTokens.sort(text[index])
      if own == .sign, let before = sort, next < text.endIndex,
        TextTokens.joins(text[index], before, TextTokens.sort(text[next]))
      {
        own = before
      }
      if let sort, !TextTokens.goesOn(sort, own) {
        pieces.append(text[start..<index])
        start = index
      }
      sort = own
      index = next
    }
    if start < text.endIndex { pieces.append(text[start...]) }
    self.pieces = pieces
  }

  /// Whether a piece holds a word.
  static func isWord(_ piece: Substring) -> Bool {
    piece.first.map { [.letter, .digit, .alone].contains(sort($0)) } ?? false
  }

  private static func goesOn(_ before: Sort, _ next: Sort) -> Bool {
    switch (before, next) {
    case (.letter, .letter), (.digit, .digit), (.letter, .digit), (.digit, .letter): true
    case (.space, .space): true
    default: false
    }
  }

  private static func joins(_ sign: Character, _ before: Sort, _ after: Sort) -> Bool {
    switch sign {
    case "'", "\u{2019}": before == .letter && after == .letter
    case ".", ",": before == .digit && after == .digit
    default: false
    }
  }

  private static func sort(_ character: Character) -> Sort {
    if let byte = character.asciiValue {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "_"):
        return .letter
      case UInt8(ascii: "0")...UInt8(ascii: "9"): return .digit
      case 0x20, 0x09, 0x0B, 0x0C: return .space
      case 0x0A, 0x0D: return .feed
      default: return .sign
      }
    }
    guard let scalar = character.unicodeScalars.first else { return .sign }
    if character.isNewline { return .feed }
    if character.isWhitespace { return .space }
    if hasNoSpaces(scalar) { return .alone }
    if scalar.properties.isAlphabetic { return .letter }
    return scalar.properties.numericType == nil ? .sign : .digit
  }

  private static func hasNoSpaces(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.properties.isIdeographic { return true }
    return switch scalar.value {
    case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x31F0...0x31FF,
      0xFF66...0xFF9F:
      true
    default: false
    }
  }
}

/// Numbers for texts: the same number for the same bytes.
struct TokenNumbers {
  /// A text that is compared byte by byte: to `String`, `é` in one and in two scalars are equal.
  private struct Key: Hashable {
    let text: Substring
    static func == (a: Key, b: Key) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
    func hash(into hasher: inout Hasher) {
      let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable {
        hasher.combine(bytes: UnsafeRawBufferPointer($0))
      }
      if isHashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
    }
  }

  private var numbers: [Key: Int32] = [:]

  mutating func numbers(of texts: [Substring]) -> [Int32] {
    texts.map { text in
      let key = Key(text: text)
      if let number = numbers[key] { return number }
      let number = Int32(numbers.count)
      numbers[key] = number
      return number
    }
  }
}
