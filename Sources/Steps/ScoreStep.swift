internal import Comparison
internal import Documents
internal import Files
internal import Glibc
internal import Notebook
internal import Problems
internal import Rows

/// `score`: what answers are worth, question by question by a program, in total here.
///
/// The program leaves `questions.jsonl`, a line a question: `{"id":…,"base":{METRIC:NUMBER,…},
/// "tuned":{…}}` with `tuned` in all lines or in none. `metrics.json` is
/// `{"n":N,"base":{METRIC:{"value","low","high"}},"tuned":{…},"difference":{METRIC:{"value","low",
/// "high","reading"}}}`: means over questions with bootstrap intervals, the difference being tuned
/// minus base over the same questions. `loss` is the mean of the questions' losses, `perplexity` its
/// exponential; of both lower is better.
package enum ScoreStep {
  static let step = LibraryStep(
    declaration,
    .python(
      .init(main: "score.py", files: ["step.py", "words.py"], environment: "metrics"),
      completion: { context in try complete(context) }))

  /// What a metric that falls when answers get better is called.
  package static let lowerIsBetter: Set<String> = ["loss", "perplexity"]

  static let metricNames = [
    "exact_match", "quasi_exact_match", "f1", "precision", "recall", "rouge_1", "rouge_2",
    "rouge_l",
    "loss",
  ]

  private static let declaration = StepDeclaration(
    "score", version: 1,
    summary: "Compares answers with their references, with intervals and the paired difference",
    inputs: [.init("answers", "the answers of a generate step")],
    outputs: [
      .file("metrics", "metrics.json"), .file("questions", "questions.jsonl"), .report,
    ],
    parameters: [
      .init(
        "metrics", .list(.choice(metricNames)),
        default: .array(
          ["exact_match", "quasi_exact_match", "f1", "precision", "recall", "rouge_l", "loss"]),
        "which to compute: word metrics as FMEval's, rouge_* by rouge-score with stemming, loss of "
          + "the reference in nats a token"),
      .init("resamples", .integer(100...1_000_000), default: 2000, "of the bootstrap"),
      .init("confidence", .number(0.5...0.999), default: .number(0.95), "of the intervals"),
      .init("seed", .integer(Int64.min...Int64.max), default: 0, "of the bootstrap"),
    ])

  /// Makes `metrics.json` and `report.json` of the program's `questions.jsonl`.
  static func complete(_ context: StepContext) throws {
    let bootstrap = Bootstrap(
      resamples: Int(try context.integer("resamples")),
      confidence: try context.number("confidence"), seed: try context.integer("seed"))
    let scores = try Scores(
      reading: try RowReader(context.output("questions.jsonl"), name: "questions.jsonl"))
    try context.checkCancelled()

    var metrics: [String: JSON] = ["n": .integer(Int64(scores.count))]
    metrics["base"] = scores.base.map { totals($0, bootstrap) }
    metrics["tuned"] = scores.tuned.map { totals($0, bootstrap) }
    if let base = scores.base, let tuned = scores.tuned {
      metrics["difference"] = differences(base, tuned, bootstrap)
    }
    try Files.write(
      JSON.object(metrics).canonicalBytes + [0x0A], to: context.output("metrics.json"))
    let names = (scores.base ?? scores.tuned ?? [:]).keys.sorted()
    try StepReport.write(
      [
        "n": .integer(Int64(scores.count)), "metrics": .array(names.map { .string($0) }),
        "resamples": .integer(Int64(bootstrap.resamples)),
        "confidence": .number(bootstrap.confidence), "seed": .integer(bootstrap.seed),
      ], context)
  }

  private static func totals(_ values: [String: [Double]], _ bootstrap: Bootstrap) -> JSON {
    var totals: [String: JSON] = [:]
    for (name, list) in values {
      let interval = bootstrap.mean(of: list)
      totals[name] = json(interval)
      if name == "loss" { totals["perplexity"] = json(interval.mapped(exp)) }
    }
    return .object(totals)
  }

  private static func differences(
    _ base: [String: [Double]], _ tuned: [String: [Double]], _ bootstrap: Bootstrap
  ) -> JSON {
    var differences: [String: JSON] = [:]
    for (name, before) in base {
      guard let after = tuned[name], after.count == before.count else { continue }
      differences[name] = json(
        bootstrap.meanDifference(from: before, to: after), name, before.count, bootstrap)
      guard name == "loss" else { continue }
      // Both are resampled at the same positions, so each resample is a paired one.
      let resampled = zip(bootstrap.means(of: before), bootstrap.means(of: after))
      let value = exp(Sample.mean(after)) - exp(Sample.mean(before))
      let interval = bootstrap.interval(value, resampled.map { exp($1) - exp($0) })
      differences["perplexity"] = json(interval, "perplexity", before.count, bootstrap)
    }
    return .object(differences)
  }

  private static func json(_ interval: Interval) -> JSON { .object(members(interval)) }

  private static func json(
    _ interval: Interval, _ name: String, _ pairs: Int, _ bootstrap: Bootstrap
  ) -> JSON {
    let reading = Reading(
      of: interval, pairs: pairs, confidence: bootstrap.confidence,
      lowerIsBetter: lowerIsBetter.contains(name))
    var all = members(interval)
    all["reading"] = .string(reading.rawValue)
    return .object(all)
  }

  private static func members(_ interval: Interval) -> [String: JSON] {
    [
      "value": .finite(Sample.rounded(interval.value)),
      "low": .finite(Sample.rounded(interval.low)),
      "high": .finite(Sample.rounded(interval.high)),
    ]
  }
}
