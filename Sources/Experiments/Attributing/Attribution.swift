package import Comparison
package import Notebook

/// How much of the difference between two runs each change is worth.
package struct Attribution: Sendable {
  /// What is reported as one: a factor, or several that could not be told apart.
  package struct Group: Hashable, Sendable {
    package let factors: [Factor]
    package let changes: [FactorChange]

    /// As in `data` or `parameters and code`.
    package var name: String { Group.name(factors) }

    package static func name(_ factors: [Factor]) -> String {
      let names = factors.map(\.rawValue)
      guard names.count > 2, let last = names.last else { return names.joined(separator: " and ") }
      return names.dropLast().joined(separator: ", ") + " and " + last
    }
  }

  /// The shares of one metric's difference, in the order of the groups.
  package struct Metric: Hashable, Sendable {
    package let name: String
    package let lowerIsBetter: Bool
    /// The means over the questions that all runs have.
    package let a: Double
    package let b: Double
    package let shares: ShapleyShares
    package let confidence: Double

    package func reading(of difference: Interval) -> Reading {
      Reading(
        of: difference, pairs: shares.questions, confidence: confidence,
        lowerIsBetter: lowerIsBetter)
    }
  }

  /// One combination, and what came of it.
  package struct Corner: Sendable {
    package enum Status: String, Sendable {
      /// Nothing had to run.
      case cached
      case ran
      case failed
      /// There can be no such recipe, or it needs what is not here.
      case impossible
    }
    /// The factors that come from the second run.
    package let fromB: [Factor]
    package var status: Status
    package var experiment: String
    /// The run's commit, where there is one.
    package var run: String?
    package var ran = 0
    package var cached = 0
    package var seconds = 0.0
    /// Why it failed or is impossible.
    package var why: String?
  }

  package let recipe: String
  package let a: String
  package let b: String
  /// The step whose metrics are told apart.
  package let step: StepID
  /// What answered: `tuned` where both runs have it.
  package let answerer: QuestionScores.Answerer
  /// The name of the metric that was asked for.
  package let metric: String
  package let groups: [Group]
  /// All metrics that every run has; empty where nothing differs.
  package let metrics: [Metric]
  /// Without the two runs themselves, unless they were made again.
  package let corners: [Corner]
  /// What a reader has to know besides.
  package let notes: [String]
  /// Whether the shares are of one order of changes only.
  package let isSequential: Bool

  package var main: Metric? { metrics.first { $0.name == metric } }

  /// Whether a combination failed that should have run.
  package var hasFailure: Bool { corners.contains { $0.status == .failed } }
}

/// Which factors can be told apart with the combinations that there are.
package struct FactorPartition: Hashable, Sendable {
  /// In order; the factors of one group come from the same run.
  package let groups: [[Factor]]

  package init(_ groups: [[Factor]]) { self.groups = groups }

  /// The factors that come from the second run where these groups do.
  package func factors(_ set: Int) -> Set<Factor> {
    Set(groups.enumerated().filter { set >> $0.offset & 1 == 1 }.flatMap(\.element))
  }

  /// The combinations that are needed.
  package func corners(order: [Int]? = nil) -> [Int: Set<Factor>] {
    Dictionary(
      uniqueKeysWithValues: ShapleyShares.corners(changes: groups.count, order: order)
        .map { ($0, factors($0)) })
  }

  /// Every way to join groups of these, the finest first; the last one joins all.
  package var coarser: [FactorPartition] {
    var found: [[[Factor]]] = [[]]
    for group in groups {
      found = found.flatMap { partition in
        [partition + [group]]
          + partition.indices.map { index in
            var joined = partition
            joined[index] = (joined[index] + group).sorted()
            return joined
          }
      }
    }
    return found.enumerated().sorted { a, b in
      a.element.count == b.element.count
        ? a.offset < b.offset : a.element.count > b.element.count
    }.map { FactorPartition($0.element) }
  }
}
