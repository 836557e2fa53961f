internal import Comparison
package import Experiments
internal import Rows

extension RunComparison {
  /// One sentence: how many things changed, and what became of the result. As in `1 parameter and 37
  /// rows changed; f1 +0.021, within noise`.
  package var sentence: String {
    if isEmpty { return "nothing differs" }
    if sharesNothing { return "the two runs have no step in common" }
    let causes = causes
    let first =
      if causes.isEmpty {
        if !prose.isEmpty, cells.isEmpty {
          "only prose changed"
        } else if !cells.isEmpty,
          steps.allSatisfy({ $0.status == .same })
        {
          "only the text of \(Words.count(cells.count, "cell")) changed, and no step by it"
        } else if steps.isEmpty {
          "nothing that a step reads changed"
        } else {
          "no cell, parameter or row changed"
        }
      } else { "\(listed(causes)) changed" }
    return "\(first); \(outcome)"
  }

  private var causes: [String] {
    var causes: [String] = []
    func add(_ number: Int, _ noun: String) {
      if number > 0 { causes.append(Words.count(number, noun)) }
    }
    add(parameters.count, "parameter")
    add(workingCells.count, "cell")
    add(environment.packages.reduce(0) { $0 + $1.changes.count }, "package")
    add(sources.count, "source")
    let sets = causingRows.compactMap(\.counts)
    let changed = sets.reduce(0) { $0 + $1.changed + $1.added + $1.removed }
    if changed > 0 {
      // A set of rows that comes into two trainings is told by the first.
      let isTraining = causingRows.contains(where: \.isTraining)
      if let only = sets.first, sets.count == 1 {
        causes.append(
          "\(only.changed + only.added + only.removed) of "
            + Words.count(max(only.old, only.new), isTraining ? "training row" : "row"))
      } else {
        causes.append(Words.count(changed, isTraining ? "training row" : "row"))
      }
    } else if sets.contains(where: { $0.moved > 0 }) {
      causes.append("the order of rows")
    }
    return causes
  }

  private var outcome: String {
    guard a.run != nil, b.run != nil else { return "compared without a run" }
    let missing = steps.filter { $0.missing != nil }
    if let headline, let delta = headline.delta {
      let reading = headline.reading.map { ", \($0.rawValue)" } ?? ""
      return "\(name(of: headline)) \(Words.signed(delta))\(reading)"
    }
    if let first = missing.first, let why = first.missing {
      return "`\(first.step)` \(why)"
    }
    if !metrics.isEmpty { return "no metric can be compared" }
    let changed = steps.filter { $0.status == .changed && !$0.hasSameResult }
    if changed.isEmpty, steps.allSatisfy({ $0.status != .added && $0.status != .removed }) {
      return "no result changed"
    }
    return
      "\(Words.count(steps.filter { !$0.hasSameResult && $0.status != .same }.count, "step")) came out differently"
  }

  /// What a reader must know before he believes the metrics: on how few questions they rest.
  package var warning: String? {
    guard let headline, let noise = headline.noise, headline.pairs > 0,
      headline.pairs < MetricDifference.fewQuestions
    else { return nil }
    return
      "\(Words.count(headline.pairs, "question")): a difference of \(name(of: headline)) below about "
      + "\(Words.fixed(noise, 3)) is noise"
  }

  private func name(of metric: MetricDifference) -> String { MetricNames(metrics).name(of: metric) }

  private func listed(_ texts: [String]) -> String {
    guard let last = texts.last, texts.count > 1 else { return texts.joined() }
    return texts.dropLast().joined(separator: ", ") + " and " + last
  }
}
