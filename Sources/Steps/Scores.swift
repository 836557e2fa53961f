internal import Documents
internal import Problems
internal import Rows

/// The values of each metric, question by question, as the program of `score` leaves them.
struct Scores {
  /// How many questions there are.
  private(set) var count = 0
  /// By metric, in the order of the questions; nil where nobody of that name answered.
  private(set) var base: [String: [Double]]?
  private(set) var tuned: [String: [Double]]?

  /// Reads `questions.jsonl`.
  ///
  /// - Throws: a problem where a question lacks an answerer or a metric that the first one has, since
  ///   means over different questions cannot be compared.
  init(reading reader: RowReader) throws(Problem) {
    while let row = try reader.next() {
      count += 1
      base = try Scores.add(row, "base", to: base, isFirst: count == 1)
      tuned = try Scores.add(row, "tuned", to: tuned, isFirst: count == 1)
    }
    guard count > 0, base != nil || tuned != nil else {
      throw Problem(
        .step, "score-empty", "cannot score questions.jsonl: it has no scored question",
        hint: "give `score` the answers of a generate step")
    }
  }

  private static func add(
    _ row: Row, _ answerer: String, to lists: [String: [Double]]?, isFirst: Bool
  ) throws(Problem) -> [String: [Double]]? {
    guard let values = row.fields[answerer]?.object else {
      if lists == nil { return nil }
      throw uneven(row, answerer)
    }
    guard isFirst || lists.map({ Set($0.keys) == Set(values.keys) }) ?? false else {
      throw uneven(row, answerer)
    }
    var result = lists ?? [:]
    for (name, value) in values {
      guard let number = value.number else {
        throw Problem(
          .step, "score-value",
          "cannot score question \(row.number): `\(name)` of \(answerer) is \(value.kindName)")
      }
      result[name, default: []].append(number)
    }
    return result
  }

  private static func uneven(_ row: Row, _ answerer: String) -> Problem {
    Problem(
      .step, "score-uneven",
      "cannot score question \(row.number): its values of \(answerer) are not those of the first",
      hint: "every question needs the same metrics for the same answerers")
  }
}
