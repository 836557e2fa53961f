/// The overlapping pieces of a text that similarity is measured on.
package struct Shingles: Hashable, Sendable {
  package enum Unit: String, Hashable, Sendable {
    /// Runs of letters and digits, in lower case; an ideograph is a word of its own.
    case words
    /// Unicode code points in lower case, runs of anything but letters and digits as one space.
    case characters
  }

  package var unit: Unit
  /// How many words or characters a piece holds, at least 1.
  package var size: Int

  package init(unit: Unit, size: Int) {
    self.unit = unit
    self.size = max(1, size)
  }

  /// The 64-bit hashes of a text's pieces, each once, in ascending order; a text shorter than one
  /// piece is one piece, an empty text none.
  package func hashes(of text: String) -> [UInt64] {
    let items = unit == .words ? words(of: text) : characters(of: text)
    if items.isEmpty { return [] }
    var hashes: [UInt64] = []
    let last = max(0, items.count - size)
    hashes.reserveCapacity(last + 1)
    for start in 0...last {
      var hash: UInt64 = 0
      for item in items[start..<min(items.count, start + size)] {
        hash = Shingles.mixed(hash &+ item)
      }
      hashes.append(hash)
    }
    hashes.sort()
    var unique = 0
    for index in hashes.indices where index == 0 || hashes[index] != hashes[unique - 1] {
      hashes[unique] = hashes[index]
      unique += 1
    }
    hashes.removeLast(hashes.count - unique)
    return hashes
  }

  /// The share of pieces that two texts have in common (Jaccard), 1 for two empty texts.
  ///
  /// - Parameters:
  ///   - a: hashes in ascending order, as `hashes(of:)` gives them.
  ///   - b: the other text's.
  package static func similarity(_ a: [UInt64], _ b: [UInt64]) -> Double {
    var i = 0
    var j = 0
    var common = 0
    while i < a.count, j < b.count {
      if a[i] == b[j] {
        common += 1
        i += 1
        j += 1
      } else if a[i] < b[j] {
        i += 1
      } else {
        j += 1
      }
    }
    let all = a.count + b.count - common
    return all == 0 ? 1 : Double(common) / Double(all)
  }

  /// ASCII texts, which most are, byte by byte: the same as `words(of:)` finds.
  private func words(ofASCII text: String) -> [UInt64] {
    var words: [UInt64] = []
    var hash = Shingles.start
    var isInside = false
    for byte in text.utf8 {
      let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
      if lower &- 0x61 < 26 || lower &- 0x30 < 10 {
        hash = (hash ^ UInt64(lower)) &* Shingles.prime
        isInside = true
      } else if isInside {
        words.append(hash)
        hash = Shingles.start
        isInside = false
      }
    }
    if isInside { words.append(hash) }
    return words
  }

  private func words(of text: String) -> [UInt64] {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return words(ofASCII: text) }
    var words: [UInt64] = []
    var hash = Shingles.start
    var isInside = false
    for scalar in Shingles.lower(text).unicodeScalars {
      if Shingles.isWordPart(scalar) {
        if isInside, scalar.properties.isIdeographic {
          words.append(hash)
          hash = Shingles.start
        }
        hash = (hash ^ UInt64(scalar.value)) &* Shingles.prime
        isInside = true
        if scalar.value > 0x7F, scalar.properties.isIdeographic {
          words.append(hash)
          hash = Shingles.start
          isInside = false
        }
      } else if isInside {
        words.append(hash)
        hash = Shingles.start
        isInside = false
      }
    }
    if isInside { words.append(hash) }
    return words
  }

  private func characters(of text: String) -> [UInt64] {
    var characters: [UInt64] = []
    for scalar in Shingles.lower(text).unicodeScalars {
      if Shingles.isWordPart(scalar) {
        characters.append(UInt64(scalar.value))
      } else if characters.last != 0x20, !characters.isEmpty {
        characters.append(0x20)
      }
    }
    if characters.last == 0x20 { characters.removeLast() }
    return characters
  }

  private static func lower(_ text: String) -> String { text.lowercased() }

  private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 {
      let byte = UInt8(truncatingIfNeeded: scalar.value)
      return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    let properties = scalar.properties
    return properties.isAlphabetic || properties.numericType != nil
  }

  // FNV-1a's offset and prime (Fowler, Noll, Vo), over code points instead of bytes.
  private static let start: UInt64 = 0xCBF2_9CE4_8422_2325
  private static let prime: UInt64 = 0x100_0000_01B3

  /// The finaliser of MurmurHash3 (Appleby): every input bit changes half of the output's.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ value >> 33
  }
}
