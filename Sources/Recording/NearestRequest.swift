internal import Comparison
internal import Digests
internal import Documents

/// The recorded request that is least far from one that is not recorded: the fewest fields differ,
/// then the first text that differs is the most alike.
struct NearestRequest {
  /// Longer texts are compared by their first characters: the distance takes time by its square.
  static let comparedCharacters = 1000
  /// How many differences are shown.
  static let shown = 6

  private let request: JSON
  private var best: (digest: Digest, differences: [ValueDifference], distance: Int)?

  init(to request: JSON) { self.request = request }

  mutating func consider(_ other: JSON, digest: Digest) {
    let differences = ValueDifference.all(other, request)
    if let best, differences.count > best.differences.count { return }
    let distance = NearestRequest.distance(differences)
    if let best, differences.count == best.differences.count, distance >= best.distance { return }
    best = (digest, differences, distance)
  }

  /// What is nearest and how it differs, in one line.
  var text: String {
    guard let best else { return "the recording is empty" }
    var parts = best.differences.prefix(NearestRequest.shown).map {
      $0.text(name: $0.field.isEmpty ? "the request" : $0.field)
    }
    if best.differences.count > parts.count {
      parts.append("and \(best.differences.count - parts.count) more")
    }
    return "in the nearest one (\(best.digest.short)) " + parts.joined(separator: "; ")
  }

  private static func distance(_ differences: [ValueDifference]) -> Int {
    for difference in differences {
      if let a = difference.old?.string, let b = difference.new?.string {
        return distance(
          Array(a.unicodeScalars.prefix(comparedCharacters)),
          Array(b.unicodeScalars.prefix(comparedCharacters)))
      }
    }
    return 0
  }

  /// Levenshtein's distance (1966), by Wagner and Fischer's rows.
  static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
        diagonal = above
      }
    }
    return row[b.count]
  }
}
