import Comparison
import Documents
import Foundation
import Testing

/// Statistics against SciPy's on the same numbers: `Reference/statistics.py` makes the figures and
/// says how the tolerances are derived.
@Suite struct ReferenceTests {
  /// One case of a part of `Reference/statistics.json`.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var figures: JSON

    var testDescription: String { name }
    func number(_ name: String) throws -> Double { try #require(figures[name]?.number) }
    func numbers(_ name: String) throws -> [Double] {
      try #require(figures[name]?.array).map { try #require($0.number) }
    }
  }

  static let document: JSON = {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Reference/statistics.json")
    guard let data = try? Data(contentsOf: path), let document = try? JSON(parsing: [UInt8](data))
    else { preconditionFailure("Reference/statistics.json cannot be read") }
    return document
  }()

  static func cases(_ part: String) -> [Case] {
    (document[part]?.object ?? [:]).map { Case(name: $0.key, figures: $0.value) }
      .sorted { $0.name < $1.name }
  }

  static let resamples = Int(document["resamples"]?.integer ?? 0)
  static let sigmas = document["sigmas"]?.number ?? 0

  @Test func everyPartHasCases() {
    for part in ["bootstrap", "paired", "sign_flips", "drawn_sign_flips", "winners"] {
      #expect(Self.cases(part).count >= 3, "\(part)")
    }
    #expect(Self.resamples == 20_000)
    #expect(Self.sigmas == 5)
  }

  @Test(arguments: cases("bootstrap"))
  func percentileIntervals(_ known: Case) throws {
    let values = try known.numbers("values")
    let bootstrap = Bootstrap(
      resamples: Self.resamples, confidence: try known.number("confidence"), seed: 11)
    try expect(bootstrap.mean(of: values), isWithin: known)
  }

  @Test(arguments: cases("paired"))
  func pairedIntervals(_ known: Case) throws {
    let bootstrap = Bootstrap(resamples: Self.resamples, seed: 12)
    let difference = bootstrap.meanDifference(
      from: try known.numbers("a"), to: try known.numbers("b"))
    try expect(difference, isWithin: known)
  }

  private func expect(_ interval: Interval, isWithin known: Case) throws {
    let (low, high) = (try known.numbers("low"), try known.numbers("high"))
    // Sums in another order differ in their last bits.
    let slack = 1e-12 * max(abs(low[0]), abs(high[1]))
    #expect(interval.low >= low[0] - slack && interval.low <= low[1] + slack)
    #expect(interval.high >= high[0] - slack && interval.high <= high[1] + slack)
  }

  @Test(arguments: [-3, 0, 0.5, 1e300])
  func oneValueHasNoWidth(_ value: Double) {
    #expect(
      Bootstrap(resamples: 50).mean(of: [value])
        == Interval(value: value, low: value, high: value))
  }

  @Test(arguments: cases("sign_flips"))
  func exactSignFlips(_ known: Case) throws {
    let pValue = SignFlipTest().pValue(of: try known.numbers("values"))
    #expect(abs(pValue - (try known.number("p"))) <= 1e-12)
  }

  @Test(arguments: cases("drawn_sign_flips"))
  func drawnSignFlips(_ known: Case) throws {
    let pValue = SignFlipTest(flips: Self.resamples, seed: 13).pValue(
      of: try known.numbers("values"))
    let tolerance = Self.sigmas * (try known.number("p_error")) + 1 / Double(Self.resamples)
    #expect(abs(pValue - (try known.number("p"))) <= tolerance)
  }

  @Test(arguments: cases("winners"), [false, true])
  func winners(_ known: Case, lowerIsBetter: Bool) throws {
    let sign: Double = lowerIsBetter ? -1 : 1
    let values = try #require(known.figures["values"]?.array).map { list in
      try #require(list.array).map { sign * (try #require($0.number)) }
    }
    let found = try #require(
      WinnersCurse(
        of: values, lowerIsBetter: lowerIsBetter, resamples: Self.resamples, seed: 14))
    #expect(found.count == values.count)
    #expect(found.questions == values[0].count)
    #expect(found.best == known.figures["best"]?.integer.map(Int.init))
    #expect(abs(found.score - sign * (try known.number("score"))) <= 1e-12)
    #expect(abs(found.lead - (try known.number("lead"))) <= 1e-12)
    func expect(_ value: Double?, is name: String, sign: Double = 1) throws {
      let tolerance = Self.sigmas * (try known.number("\(name)_error")) + 1e-12
      #expect(abs(try #require(value) - sign * (try known.number(name))) <= tolerance, "\(name)")
    }
    try expect(found.expectedLead, is: "expected_lead")
    try expect(found.expectedLeadOverSecond, is: "expected_lead_over_second")
    try expect(found.pValue, is: "p")
    try expect(found.corrected, is: "corrected", sign: sign)
  }
}
