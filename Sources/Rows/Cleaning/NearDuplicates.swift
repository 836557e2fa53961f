/// Finds rows that are nearly the same among many, in time that grows with their number and not
/// with its square.
///
/// Two rows are near-duplicates where **every** compared field is: questions that share a long
/// context, or wordings that share an answer, are not. The similarity of a field is the estimated
/// Jaccard similarity of its shingles; of two empty fields it is 1.
///
/// The signature of the whole row is the least of its fields' numbers, cut into bands; only rows
/// that agree on a whole band are compared (Leskovec, Rajaraman, Ullman, *Mining of Massive
/// Datasets*, section 3.4). The band length is the greatest at which a pair exactly at the threshold
/// is compared with a probability of at least 0.99. Of each number 16 bits are kept to compare
/// fields by (Li and König 2010): a row costs 128 bytes, and 256 for each field that holds something.
package struct NearDuplicates: Sendable {
  /// A row that goes, and the one that stays in its place.
  package struct Match: Hashable, Sendable {
    package var removed: Int
    package var kept: Int
    /// The estimated similarity of the field that differs most, from 0 to 1.
    package var similarity: Double
  }

  /// The numbers in each signature.
  package static let signatureLength = 128

  /// Rows at least this similar are near-duplicates, above 0 and at most 1.
  package let threshold: Double
  /// The numbers in a band.
  package let bandLength: Int
  /// How many pairs were compared, for the report.
  package private(set) var comparisons = 0

  private let shingles: Shingles
  private let hash: MinHash
  private let fieldCount: Int
  private var bandKeys: [UInt64] = []
  private var signatures: [UInt16] = []
  /// Where the signature of each row's each field begins in `signatures`; -1 for an empty field.
  private var starts: [Int] = []
  private var lengths: [Int32] = []

  /// - Parameters:
  ///   - fieldCount: how many fields of a row are compared, at least 1.
  ///   - bits: 64 random bits each, from a seeded generator.
  package init(threshold: Double, shingles: Shingles, fieldCount: Int, bits: () -> UInt64) {
    self.threshold = threshold
    self.shingles = shingles
    self.fieldCount = max(1, fieldCount)
    hash = MinHash(count: NearDuplicates.signatureLength, bits: bits)
    bandLength = NearDuplicates.bandLength(threshold)
  }

  /// Adds the next row.
  ///
  /// - Parameters:
  ///   - fields: the texts that are compared, as many as was said.
  ///   - length: what "longer" is judged by.
  package mutating func add(_ fields: [String], length: Int) {
    precondition(fields.count == fieldCount, "every row has the fields that are compared")
    var whole = [UInt32](repeating: .max, count: NearDuplicates.signatureLength)
    for (number, text) in fields.enumerated() {
      // A multiple of an odd constant keeps the pieces of different fields apart.
      let salt = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
      let hashes = shingles.hashes(of: text).map { $0 ^ salt }
      if hashes.isEmpty {
        starts.append(-1)
        continue
      }
      starts.append(signatures.count)
      for (index, value) in hash.signature(of: hashes).enumerated() {
        signatures.append(UInt16(truncatingIfNeeded: value))
        whole[index] = min(whole[index], value)
      }
    }
    let bands = NearDuplicates.signatureLength / bandLength
    for band in 0..<bands {
      bandKeys.append(NearDuplicates.key(whole[(band * bandLength)..<((band + 1) * bandLength)]))
    }
    lengths.append(Int32(clamping: length))
  }

  /// What is to be removed, by position, in ascending order: going from the longest row to the
  /// shortest (equals in the order of addition), a row goes if it is near one that stays. Rows
  /// without a single word are never near anything.
  package mutating func matches() -> [Match] {
    let bands = NearDuplicates.signatureLength / bandLength
    let order = lengths.indices.sorted {
      lengths[$0] == lengths[$1] ? $0 < $1 : lengths[$0] > lengths[$1]
    }
    // For each band, the last kept row of a bucket, and before each kept row the one before it.
    var heads = [[UInt64: Int32]](repeating: [:], count: bands)
    var before = [Int32](repeating: -1, count: lengths.count * bands)
    var seen = [Int32](repeating: -1, count: lengths.count)
    var found: [Match] = []
    for row in order where hasWords(row) {
      var best: Match?
      for band in 0..<bands {
        var other = heads[band][bandKeys[row * bands + band]] ?? -1
        while other >= 0 {
          let candidate = Int(other)
          if seen[candidate] != Int32(row) {
            seen[candidate] = Int32(row)
            comparisons += 1
            let match = Match(
              removed: row, kept: candidate, similarity: similarity(row, candidate))
            if match.similarity >= threshold,
              best.map({ NearDuplicates.isNearer(match, $0) }) ?? true
            {
              best = match
            }
          }
          other = before[candidate * bands + band]
        }
      }
      if let best {
        found.append(best)
        continue
      }
      for band in 0..<bands {
        let key = bandKeys[row * bands + band]
        before[row * bands + band] = heads[band].updateValue(Int32(row), forKey: key) ?? -1
      }
    }
    return found.sorted { $0.removed < $1.removed }
  }

  private static func isNearer(_ a: Match, _ b: Match) -> Bool {
    a.similarity == b.similarity ? a.kept < b.kept : a.similarity > b.similarity
  }

  private func hasWords(_ row: Int) -> Bool {
    (0..<fieldCount).contains { starts[row * fieldCount + $0] >= 0 }
  }

  private func similarity(_ a: Int, _ b: Int) -> Double {
    var least = 1.0
    for field in 0..<fieldCount {
      let first = starts[a * fieldCount + field]
      let second = starts[b * fieldCount + field]
      if first < 0, second < 0 { continue }
      if first < 0 || second < 0 { return 0 }
      let count = NearDuplicates.signatureLength
      let equal = signatures.withUnsafeBufferPointer { all in
        var equal = 0
        for index in 0..<count where all[first + index] == all[second + index] { equal += 1 }
        return equal
      }
      least = min(least, Double(equal) / Double(count))
    }
    return least
  }

  private static func key(_ values: ArraySlice<UInt32>) -> UInt64 {
    var key: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in values {
      key = (key ^ UInt64(value)) &* 0x9E37_79B9_7F4A_7C15
      key ^= key >> 29
    }
    return key
  }

  private static func bandLength(_ threshold: Double) -> Int {
    var chosen = 1
    for length in 1...32 {
      let bands = signatureLength / length
      var agreement = 1.0
      var miss = 1.0
      for _ in 0..<length { agreement *= threshold }
      for _ in 0..<bands { miss *= 1 - agreement }
      if miss <= 0.01 { chosen = length }
    }
    return chosen
  }
}
