import Comparison
import Testing

@Suite struct WinnersCurseTests {
  /// Experiments that answer the same questions: what a question is worth to all of them, and what
  /// each makes of it.
  struct World: Sendable, CustomTestStringConvertible {
    var experiments: Int
    var questions: Int
    /// How much of the spread of values is the questions' own.
    var shared: Double
    /// What the first is better by.
    var advantage = 0.0
    var isRightOrWrong = false

    var testDescription: String {
      "\(experiments) on \(questions), \(shared) shared"
        + (advantage > 0 ? ", one better by \(advantage)" : "") + (isRightOrWrong ? ", 0 or 1" : "")
    }

    func draw(_ generator: inout SplitMix64) -> [[Double]] {
      let common = (0..<questions).map { _ in shared.squareRoot() * generator.normal() }
      return (0..<experiments).map { experiment in
        common.map { common in
          let value =
            common + (1 - shared).squareRoot() * generator.normal()
            + (experiment == 0 ? advantage : 0)
          return isRightOrWrong ? (value > 0 ? 1 : 0) : value
        }
      }
    }
  }

  static let equals = [
    World(experiments: 2, questions: 20, shared: 0),
    World(experiments: 12, questions: 44, shared: 0.5),
    World(experiments: 5, questions: 10, shared: 0.8),
    World(experiments: 8, questions: 30, shared: 0.5, isRightOrWrong: true),
  ]

  /// Where all are equal, the lead that is foretold is on average the one that happens, and the
  /// corrected score is on average the true one.
  @Test(arguments: equals)
  func foretellsTheLeadOfEquals(_ world: World) throws {
    let worlds = 300
    var generator = SplitMix64(seed: UInt64(7))
    var surprises: [Double] = []
    var errors: [Double] = []
    var leads: [Double] = []
    for seed in 0..<worlds {
      let values = world.draw(&generator)
      let found = try #require(WinnersCurse(of: values, resamples: 200, seed: Int64(seed)))
      surprises.append(found.lead - found.expectedLead)
      leads.append(found.lead)
      errors.append(try #require(found.corrected) - (world.isRightOrWrong ? 0.5 : 0))
    }
    // The resamples estimate the spread from few questions: that bends the foretold lead by
    // about 1 / 4n of itself, which is not chance.
    let bend = Sample.mean(leads) / Double(2 * world.questions)
    #expect(abs(Sample.mean(surprises)) < 4 * standardError(surprises) + bend)
    #expect(abs(Sample.mean(errors)) < 4 * standardError(errors))
  }

  /// P-values of equals are below 5 % in 5 % of all cases, and below a half in half.
  @Test(arguments: equals)
  func equalsAreRarelyCalledBetter(_ world: World) throws {
    let worlds = 400
    var generator = SplitMix64(seed: UInt64(8))
    var pValues: [Double] = []
    for seed in 0..<worlds {
      let values = world.draw(&generator)
      pValues.append(
        try #require(WinnersCurse(of: values, resamples: 199, seed: Int64(seed))).pValue)
    }
    for level in [0.05, 0.2, 0.5] {
      let share = Double(pValues.count { $0 <= level }) / Double(worlds)
      let error = (level * (1 - level) / Double(worlds)).squareRoot()
      #expect(share <= level + 4 * error, "at \(level)")
      // Ties make p-values of zeros and ones too large, never too small.
      if !world.isRightOrWrong { #expect(share >= level - 4 * error, "at \(level)") }
    }
  }

  @Test func findsWhatIsReallyBetter() throws {
    var generator = SplitMix64(seed: UInt64(9))
    let world = World(experiments: 6, questions: 80, shared: 0.5, advantage: 1)
    for seed in 0..<20 {
      let found = try #require(
        WinnersCurse(of: world.draw(&generator), resamples: 500, seed: Int64(seed)))
      #expect(found.best == 0)
      #expect(found.isMoreThanChance())
      #expect(found.lead > 2 * found.expectedLead)
      #expect(abs(try #require(found.corrected) - found.score) < 0.05)
    }
  }

  /// What all share is no luck of the best.
  @Test func whatExperimentsShareMakesNoLead() throws {
    var generator = SplitMix64(seed: UInt64(10))
    let alone = World(experiments: 8, questions: 40, shared: 0).draw(&generator)
    let together = World(experiments: 8, questions: 40, shared: 0.96).draw(&generator)
    let (wide, narrow) = (
      try #require(WinnersCurse(of: alone)), try #require(WinnersCurse(of: together))
    )
    #expect(narrow.expectedLead < wide.expectedLead / 3)
  }

  @Test func copiesHaveNoLead() throws {
    let list: [Double] = [0.25, 1, 0, 0.5, 0.75]
    let found = try #require(WinnersCurse(of: [list, list, list]))
    #expect(found.lead == 0)
    #expect(found.expectedLead < 1e-15)
    #expect(found.pValue == 1)
    #expect(found.leadOverSecond == 0)
  }

  @Test func dependsOnTheSeedAlone() throws {
    var generator = SplitMix64(seed: UInt64(11))
    let values = World(experiments: 4, questions: 30, shared: 0.3).draw(&generator)
    #expect(WinnersCurse(of: values, seed: 1) == WinnersCurse(of: values, seed: 1))
    #expect(WinnersCurse(of: values, seed: 1) != WinnersCurse(of: values, seed: 2))
  }

  @Test(arguments: [
    [], [[0.5, 1]], [[0.5], [1]], [[], []], [[0.5, 1], [0.5]], [[0.5, .nan], [0.5, 1]],
    [[0.5, .infinity], [0.5, 1]],
  ])
  func saysNothingOfTooLittle(_ values: [[Double]]) {
    #expect(WinnersCurse(of: values) == nil)
  }

  @Test(
    arguments: [
      ([], []), ([1], [0.1]), ([1, 2], [0.1]), ([1, .nan], [0.1, 0.1]), ([1, 2], [0.1, -1]),
    ] as [([Double], [Double])])
  func saysNothingOfTooFewMeans(means: [Double], errors: [Double]) {
    #expect(WinnersCurse(means: means, standardErrors: errors) == nil)
  }

  /// The mean of the greatest of k standard normal numbers (Harter, *Expected values of normal order
  /// statistics*, 1961).
  @Test(arguments: [(2, 0.56419), (3, 0.84628), (5, 1.16296), (10, 1.53875), (20, 1.86748)])
  func leadsOfIndependentMeans(count: Int, expected: Double) throws {
    let resamples = 20_000
    let found = try #require(
      WinnersCurse(
        means: (0..<count).map { Double($0) / 1000 },
        standardErrors: Array(repeating: 0.5, count: count), resamples: resamples))
    // The greatest varies by less than one standard error of a mean.
    #expect(abs(found.expectedLead - 0.5 * expected) < 5 * 0.5 / Double(resamples).squareRoot())
    #expect(found.questions == nil)
    #expect(found.best == count - 1)
    #expect(found.pValue > 0.5)
  }

  @Test func fallsBackToTheSameFigures() throws {
    var generator = SplitMix64(seed: UInt64(12))
    let values = World(experiments: 10, questions: 200, shared: 0).draw(&generator)
    let errors = values.map { list in
      let mean = Sample.mean(list)
      return (list.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 199 / 200).squareRoot()
    }
    let full = try #require(WinnersCurse(of: values, resamples: 5000))
    let short = try #require(
      WinnersCurse(means: values.map(Sample.mean), standardErrors: errors, resamples: 5000))
    #expect(short.best == full.best && abs(short.lead - full.lead) < 1e-12)
    #expect(abs(short.expectedLead - full.expectedLead) < 0.15 * full.expectedLead)
    let corrected = try #require(short.corrected)
    #expect(corrected < short.score && corrected >= Sample.mean(values.map(Sample.mean)))
  }

  @Test func lessIsBetterWhereItIs() throws {
    let means = [0.4, 0.1, 0.3, 0.35]
    let errors = [0.01, 0.01, 0.01, 0.01]
    let found = try #require(
      WinnersCurse(means: means, standardErrors: errors, lowerIsBetter: true))
    #expect(found.best == 1 && found.score == 0.1)
    #expect(found.pValue < 0.01 && found.lead > 0)
    #expect(try #require(found.corrected) > 0.1)
    #expect(WinnersCurse(means: [1, 1], standardErrors: [0, 0])?.pValue == 1)
  }

  private func standardError(_ values: [Double]) -> Double {
    let mean = Sample.mean(values)
    let variance =
      values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    return (variance / Double(values.count)).squareRoot()
  }
}
