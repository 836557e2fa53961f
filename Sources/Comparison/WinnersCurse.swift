/// How much of the lead of the best of several experiments chance alone explains: it was picked
/// because it came out best, on the very questions that its score is then quoted for.
///
/// **The expected lead.** Each experiment's distance from the mean of all is centred, so that none is
/// better, and the questions are resampled: the mean of the greatest distance is what the best would
/// lead by if all were equal (White, *A Reality Check for Data Snooping*, 2000). All experiments are
/// resampled at the same questions, so that what they share is respected. Distances are widened by
/// √(n/(n−1)), since resampling n questions varies less than drawing new ones.
///
/// **The p-value.** Signs of whole questions are flipped, for all experiments together, and the greatest
/// mean distance is compared with the observed one (the max-T of Westfall and Young, *Resampling-Based
/// Multiple Testing*, 1993, and Romano and Wolf, *Stepwise Multiple Testing as Formalized Data
/// Snooping*, 2005). It tests that none is better than the mean of all.
///
/// **The corrected score.** The best is picked on resampled questions and scored on those that were
/// left out, over and over (Tsamardinos, Greasidou and Borboudakis, *Bootstrapping the out-of-sample
/// predictions*, 2018). Where all are equal this is unbiased; where they are not it errs to the
/// careful side, since fewer questions pick less well.
package struct WinnersCurse: Hashable, Sendable {
  /// How many experiments there are.
  package let count: Int
  /// Nil where only means and standard errors are known.
  package let questions: Int?
  /// The position of the best.
  package let best: Int
  /// What the best scored.
  package let score: Double
  /// What it can be expected to score on new questions; nil where that cannot be said.
  package let corrected: Double?
  /// The distance of the best from the mean of all, and what chance alone gives; never negative.
  package let lead: Double
  package let expectedLead: Double
  /// The same for its distance from the second.
  package let leadOverSecond: Double
  package let expectedLeadOverSecond: Double
  /// That a best of equals leads the mean of all by as much.
  package let pValue: Double

  /// Whether the best is better than the mean of all by more than chance explains.
  package func isMoreThanChance(at level: Double = 0.05) -> Bool { pValue <= level }

  // MARK: From values of questions

  /// - Parameters:
  ///   - values: for each experiment the values of the same questions, in one order.
  ///   - resamples: of the questions, and of the signs where not all are tried.
  /// - Returns: nil for less than two experiments or questions, lists of different lengths, or
  ///   values that are no finite numbers.
  package init?(
    of values: [[Double]], lowerIsBetter: Bool = false, resamples: Int = 2000, seed: Int64 = 0
  ) {
    guard let sheet = Sheet(values, sign: lowerIsBetter ? -1 : 1) else { return nil }
    let observed = Leads(sheet.means)
    count = sheet.count
    questions = sheet.questions
    best = observed.best
    score = Sample.mean(values[observed.best])
    lead = observed.lead
    leadOverSecond = observed.leadOverSecond

    var generator = SplitMix64(seed: seed)
    var leads: [Double] = []
    var leadsOverSecond: [Double] = []
    var scores: [Double] = []
    for _ in 0..<resamples {
      let resample = sheet.resample(&generator)
      let found = Leads(zip(resample.means, sheet.means).map { $0 - $1 })
      leads.append(found.lead)
      leadsOverSecond.append(found.leadOverSecond)
      if let score = resample.scoreOfBestElsewhere { scores.append(score) }
    }
    let widening = (Double(sheet.questions) / Double(sheet.questions - 1)).squareRoot()
    expectedLead = widening * Sample.mean(leads)
    expectedLeadOverSecond = widening * Sample.mean(leadsOverSecond)
    corrected = scores.isEmpty ? nil : sheet.sign * Sample.mean(scores)
    pValue = sheet.pValue(flips: resamples, &generator)
  }

  // MARK: From means alone

  /// Where the questions' values are not known: every mean is drawn from a normal distribution of
  /// its standard error, independently of the others. Experiments that answered the same questions
  /// share their luck, so the expected lead is too large rather than too small.
  ///
  /// The corrected score moves towards the mean of all by the positive-part rule of James and Stein
  /// with Lindley's centre (Efron and Morris, *Data Analysis Using Stein's Estimator*, 1975), which needs
  /// four experiments.
  ///
  /// - Returns: nil for less than two experiments, lists of different lengths, or numbers that are
  ///   not finite or, as standard errors, negative.
  package init?(
    means: [Double], standardErrors: [Double], lowerIsBetter: Bool = false, resamples: Int = 2000,
    seed: Int64 = 0
  ) {
    guard means.count > 1, means.count == standardErrors.count, means.allSatisfy(\.isFinite),
      standardErrors.allSatisfy({ $0.isFinite && $0 >= 0 })
    else { return nil }
    let observed = Leads(means.map { lowerIsBetter ? -$0 : $0 })
    count = means.count
    questions = nil
    best = observed.best
    score = means[observed.best]
    lead = observed.lead
    leadOverSecond = observed.leadOverSecond
    var generator = SplitMix64(seed: seed)
    let drawn = (0..<resamples).map { _ in
      Leads(standardErrors.map { $0 * generator.normal() })
    }
    expectedLead = Sample.mean(drawn.map(\.lead))
    expectedLeadOverSecond = Sample.mean(drawn.map(\.leadOverSecond))
    let limit = observed.lead * (1 - 1e-12)
    pValue = Double(1 + drawn.count { $0.lead >= limit }) / Double(resamples + 1)

    let mean = Sample.mean(means)
    let spread = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let noise = Sample.mean(standardErrors.map { $0 * $0 })
    if means.count < 4 {
      corrected = nil
    } else {
      let kept = spread > 0 ? max(0, 1 - Double(means.count - 3) * noise / spread) : 0
      corrected = mean + kept * (means[observed.best] - mean)
    }
  }
}

/// The best of some figures, and by how much it leads; greater is better.
private struct Leads {
  var best = 0
  var lead = 0.0
  var leadOverSecond = 0.0

  init(_ figures: [Double]) {
    var second = -Double.infinity
    for index in figures.indices.dropFirst() {
      if figures[index] > figures[best] {
        second = figures[best]
        best = index
      } else {
        second = max(second, figures[index])
      }
    }
    lead = max(0, figures[best] - Sample.mean(figures))
    leadOverSecond = figures[best] - second
  }
}

/// The values of all experiments, question by question; greater is better.
private struct Sheet {
  struct Resample {
    var means: [Double]
    /// How the best of the resampled questions did on the others; nil where none is left.
    var scoreOfBestElsewhere: Double?
  }

  let count: Int
  let questions: Int
  let sign: Double
  /// All experiments of the first question, then of the second.
  let values: [Double]
  let means: [Double]

  init?(_ lists: [[Double]], sign: Double) {
    guard lists.count > 1, let questions = lists.first?.count, questions > 1,
      lists.allSatisfy({ $0.count == questions && $0.allSatisfy(\.isFinite) })
    else { return nil }
    count = lists.count
    self.questions = questions
    self.sign = sign
    values = (0..<questions).flatMap { question in lists.map { sign * $0[question] } }
    means = lists.map { sign * Sample.mean($0) }
  }

  func resample(_ generator: inout SplitMix64) -> Resample {
    var drawn = [Int](repeating: 0, count: questions)
    for _ in 0..<questions { drawn[generator.below(questions)] += 1 }
    var inside = [Double](repeating: 0, count: count)
    var outside = [Double](repeating: 0, count: count)
    var left = 0
    for question in 0..<questions {
      let times = Double(drawn[question])
      if drawn[question] == 0 {
        left += 1
        for index in 0..<count { outside[index] += values[question * count + index] }
      } else {
        for index in 0..<count { inside[index] += times * values[question * count + index] }
      }
    }
    let means = inside.map { $0 / Double(questions) }
    guard left > 0, let greatest = inside.max() else { return Resample(means: means) }
    // Metrics such as an exact match tie often: each of the tied could have been picked.
    let picked = inside.indices.filter { inside[$0] == greatest }
    let score = Sample.mean(picked.map { outside[$0] }) / Double(left)
    return Resample(means: means, scoreOfBestElsewhere: score)
  }

  /// The max-T p-value of sign flips; all combinations where they are few.
  func pValue(flips: Int, _ generator: inout SplitMix64) -> Double {
    var distances = values
    for question in 0..<questions {
      let range = question * count..<(question + 1) * count
      let mean = Sample.mean(Array(values[range]))
      for place in range { distances[place] -= mean }
    }
    func greatest(_ isFlipped: (Int) -> Bool) -> Double {
      var totals = [Double](repeating: 0, count: count)
      for question in 0..<questions {
        let factor = isFlipped(question) ? -1.0 : 1
        for index in 0..<count { totals[index] += factor * distances[question * count + index] }
      }
      return totals.max() ?? 0
    }
    // Sums of the same numbers in another order differ in their last bits.
    let scale = (0..<count).map { index in
      (0..<questions).reduce(0) { $0 + abs(distances[$1 * count + index]) }
    }.max()
    let limit = greatest { _ in false } - 1e-12 * (scale ?? 0)
    if questions <= SignFlipTest.exactLimit {
      let combinations = 1 << questions
      let extreme = (0..<combinations).count { signs in greatest { signs >> $0 & 1 == 1 } >= limit }
      return Double(extreme) / Double(combinations)
    }
    var extreme = 1
    for _ in 0..<flips {
      let bits = (0...questions / 64).map { _ in generator.next() }
      if greatest({ bits[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }) >= limit { extreme += 1 }
    }
    return Double(extreme) / Double(flips + 1)
  }
}
