internal import BlockingWork
internal import Comparison
internal import Documents
internal import Problems
internal import Synchronization

/// Pairs removed with added rows that are most likely the same row, changed.
///
/// First rows that ask the same (instruction with context, prompt, the turns before the answer),
/// where few rows do. Then rows whose texts are alike: the estimated Jaccard similarity of their
/// pairs of words is at least 0.4, the most alike first. Many rows are not compared each with each:
/// only those that agree in three consecutive numbers of their signatures, which rows at the
/// threshold do with a probability of 0.94 and at 0.6 of more than 0.9999.
struct RowPairing {
  struct Pair: Hashable, Sendable {
    var old: Int
    var new: Int
    var similarity: Double?
  }

  /// Rows less alike than this are another row.
  static let threshold = 0.4
  /// Of more rows than this only those that ask the same are paired: a row costs 256 bytes.
  static let most = 1_000_000
  /// Up to so many pairs are all compared.
  private static let allPairs = 1_000_000
  /// Rows that ask the same are paired for it where there are no more pairs than this: a prompt that
  /// many rows share says nothing.
  private static let fewPairs = 16
  /// Rows that agree with more others than this agree in nothing that matters.
  private static let bucket = 32
  /// How many of the rows most alike are remembered for each.
  private static let remembered = 8
  private static let signatureLength = 128
  private static let bandLength = 3

  private let old: Side
  private let new: Side

  /// - Parameters:
  ///   - oldRows: positions in the records, ascending.
  ///   - newRows: the other side's.
  init(
    _ old: ComparedRows, _ oldRecords: [LineRecord], _ oldRows: [Int], _ new: ComparedRows,
    _ newRecords: [LineRecord], _ newRows: [Int], hasher: LineHasher
  ) throws {
    let isEnough = oldRows.isEmpty || newRows.isEmpty
    let hasSignatures = oldRows.count + newRows.count <= RowPairing.most
    self.old = isEnough ? Side() : try Side(old, oldRecords, oldRows, hasSignatures, hasher)
    self.new = isEnough ? Side() : try Side(new, newRecords, newRows, hasSignatures, hasher)
  }

  /// Pairs of positions in the records; each position at most once.
  func pairs() -> [Pair] {
    var candidates = Candidates(old.count, new.count)
    var groups: [LineHash: (old: [Int], new: [Int])] = [:]
    for (row, question) in old.questions.enumerated() {
      if let question { groups[question, default: ([], [])].old.append(row) }
    }
    for (row, question) in new.questions.enumerated() {
      if let question { groups[question]?.new.append(row) }
    }
    for group in groups.values where group.old.count * group.new.count <= RowPairing.fewPairs {
      for x in group.old {
        for y in group.new { candidates.add(x, y, similarity(x, y)) }
      }
    }
    candidates.choose()
    if old.hasSignatures {
      findAlike(&candidates)
      candidates.choose()
    }
    return candidates.chosen.map {
      Pair(old: old.rows[$0.old], new: new.rows[$0.new], similarity: $0.similarity)
    }
  }

  /// Pairs that were found, and those that were chosen of them.
  private struct Candidates {
    typealias Found = (old: Int, new: Int, similarity: Double)
    private(set) var chosen: [Found] = []
    private(set) var isOldTaken: [Bool]
    private(set) var isNewTaken: [Bool]
    private var found: [Found] = []

    init(_ old: Int, _ new: Int) {
      isOldTaken = [Bool](repeating: false, count: old)
      isNewTaken = [Bool](repeating: false, count: new)
    }

    mutating func add(_ old: Int, _ new: Int, _ similarity: Double) {
      found.append((old, new, similarity))
    }

    /// The most alike first, equals in the order of the files.
    mutating func choose() {
      found.sort {
        $0.similarity == $1.similarity
          ? ($0.old, $0.new) < ($1.old, $1.new) : $0.similarity > $1.similarity
      }
      for pair in found where !isOldTaken[pair.old] && !isNewTaken[pair.new] {
        isOldTaken[pair.old] = true
        isNewTaken[pair.new] = true
        chosen.append(pair)
      }
      found = []
    }
  }

  private func findAlike(_ candidates: inout Candidates) {
    let olds = (0..<old.count).filter { !candidates.isOldTaken[$0] && old.hasWords[$0] }
    let news = (0..<new.count).filter { !candidates.isNewTaken[$0] && new.hasWords[$0] }
    var best = [[(old: Int, similarity: Double)]](repeating: [], count: new.count)
    func consider(_ x: Int, _ y: Int) {
      if best[y].contains(where: { $0.old == x }) { return }
      let similarity = similarity(x, y)
      guard similarity >= RowPairing.threshold else { return }
      let place = best[y].firstIndex { $0.similarity < similarity } ?? best[y].count
      guard place < RowPairing.remembered else { return }
      best[y].insert((x, similarity), at: place)
      if best[y].count > RowPairing.remembered { best[y].removeLast() }
    }
    if olds.count * news.count <= RowPairing.allPairs {
      for y in news {
        for x in olds { consider(x, y) }
      }
    } else {
      for band in 0..<RowPairing.signatureLength / RowPairing.bandLength {
        var buckets: [UInt64: [Int]] = [:]
        for x in olds { buckets[old.key(x, band), default: []].append(x) }
        for y in news {
          guard let there = buckets[new.key(y, band)], there.count <= RowPairing.bucket else {
            continue
          }
          for x in there { consider(x, y) }
        }
      }
    }
    for y in news {
      for found in best[y] { candidates.add(found.old, y, found.similarity) }
    }
  }

  /// The share of numbers that two signatures have in common; 0 where there are none.
  private func similarity(_ x: Int, _ y: Int) -> Double {
    guard old.hasSignatures else { return 0 }
    let count = RowPairing.signatureLength
    let equal = old.signatures.withUnsafeBufferPointer { a in
      new.signatures.withUnsafeBufferPointer { b in
        var equal = 0
        for index in 0..<count where a[x * count + index] == b[y * count + index] { equal += 1 }
        return equal
      }
    }
    return Double(equal) / Double(count)
  }

  /// What is known of the rows of one side.
  private struct Side {
    var rows: [Int] = []
    var questions: [LineHash?] = []
    var hasWords: [Bool] = []
    /// 16 bits of each number, row after row (Li and König 2010).
    var signatures: [UInt16] = []
    var hasSignatures = false

    var count: Int { rows.count }

    init() {}

    init(
      _ file: ComparedRows, _ records: [LineRecord], _ rows: [Int], _ hasSignatures: Bool,
      _ hasher: LineHasher
    ) throws {
      self.rows = rows
      self.hasSignatures = hasSignatures
      // The same numbers for both sides and on every machine.
      var generator = SplitMix64(seed: UInt64(1))
      let hash = MinHash(count: RowPairing.signatureLength) { generator.next() }
      let size = 256
      let pieces = (rows.count + size - 1) / size
      let found = Mutex([Side](repeating: Side(), count: pieces))
      try ParallelWork.perform(pieces) { piece in
        var side = Side()
        let own = rows[piece * size..<min(rows.count, (piece + 1) * size)].map { records[$0] }
        try file.forEach(own[...]) { (_, fields) throws(Problem) in
          side.questions.append(RowPairing.question(fields).map { hasher.hash(Array($0.utf8)) })
          guard hasSignatures else { return }
          let shingles = RowPairing.shingles.hashes(of: RowPairing.text(.object(fields)))
          side.hasWords.append(!shingles.isEmpty)
          side.signatures += hash.signature(of: shingles).map { UInt16(truncatingIfNeeded: $0) }
        }
        found.withLock { $0[piece] = side }
      }
      for side in found.withLock({ $0 }) {
        questions += side.questions
        hasWords += side.hasWords
        signatures += side.signatures
      }
    }

    func key(_ row: Int, _ band: Int) -> UInt64 {
      let start = row * RowPairing.signatureLength + band * RowPairing.bandLength
      return UInt64(signatures[start]) | UInt64(signatures[start + 1]) << 16
        | UInt64(signatures[start + 2]) << 32
    }
  }

  private static let shingles = Shingles(unit: .words, size: 2)

  private static func question(_ fields: [String: JSON]) -> String? {
    guard let shape = RowShape(of: fields), let prompt = shape.prompt(of: fields), !prompt.isEmpty
    else { return nil }
    guard shape == .instruction, let context = fields["context"]?.string else { return prompt }
    return prompt + "\n\n" + context
  }

  /// Everything that a value says, without the names of members.
  private static func text(_ value: JSON) -> String {
    switch value {
    case .string(let text): text
    case .array(let values): values.map(text).joined(separator: "\n")
    case .object(let members):
      JSON.canonicalOrder(members.keys).compactMap { members[$0].map(text) }
        .joined(separator: "\n")
    default: value.canonicalText
    }
  }
}
