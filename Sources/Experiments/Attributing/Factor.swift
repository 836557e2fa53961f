/// One of the four things in which two runs of a recipe can differ.
package enum Factor: String, Hashable, Sendable, CaseIterable, Comparable {
  /// Sources, `file:` inputs, past results and the rows of data cells.
  case data
  /// The recipe's parameters and those of its steps.
  case parameters
  /// Python environments, numerics, threads.
  case environment
  /// Scripts, prompts, kinds of steps, and what is connected to what.
  case code

  package static func < (a: Factor, b: Factor) -> Bool {
    let all = Factor.allCases
    return (all.firstIndex(of: a) ?? 0) < (all.firstIndex(of: b) ?? 0)
  }
}

/// One thing in which two runs differ.
package struct FactorChange: Hashable, Sendable {
  package let factor: Factor
  /// In words, as in `learning_rate 0.001 → 0.0005`.
  package let text: String

  package init(_ factor: Factor, _ text: String) {
    self.factor = factor
    self.text = text
  }
}
