package import Documents
internal import Notebook
package import Problems
package import Running

/// How a sweep went: what became of each of its runs.
package struct SweepSummary: Sendable {
  private struct Entry {
    var position: SweepPosition
    var status: RunSummary.Status
    /// Nil where the run was refused before its first step.
    var summary: RunSummary?
  }

  private let positions: [SweepPosition]
  private var entries: [Entry] = []
  /// Of the first run that failed, otherwise of one that waits, otherwise 0.
  package private(set) var exitCode: Int32 = 0

  package init(of positions: [SweepPosition]) { self.positions = positions }

  /// Takes the end of the next run.
  package mutating func add(_ summary: RunSummary) {
    add(summary.status, summary, exitCode: summary.exitCode)
  }

  /// Takes what kept the next run from beginning.
  package mutating func add(_ problem: Problem) {
    add(
      problem.tier == .interrupted ? .interrupted : .refused, nil, exitCode: problem.tier.exitCode)
  }

  private mutating func add(
    _ status: RunSummary.Status, _ summary: RunSummary?, exitCode code: Int32
  ) {
    entries.append(Entry(position: positions[entries.count], status: status, summary: summary))
    let waiting = Problem.Tier.waiting.exitCode
    if exitCode == 0 || exitCode == waiting && code != 0
      || code == Problem.Tier.interrupted.exitCode
    {
      exitCode = code
    }
  }

  /// The worst of the runs.
  package var status: RunSummary.Status {
    let found = Set(entries.map(\.status))
    return [.interrupted, .failed, .refused, .waiting].first(where: found.contains) ?? .succeeded
  }

  /// How each run ended: its parameters, status, commit, and metrics where it has scores.
  package func lines(_ style: Style) -> [String] {
    let metrics = entries.map { SweepSummary.metrics($0.summary) }
    var names: [String] = []
    for name in metrics.flatMap({ $0.map(\.name) }) where !names.contains(name) {
      names.append(name)
    }
    let axes = positions.first?.parameters.map(\.name) ?? []
    var table = TextTable(
      axes + ["status", "run"] + names,
      axes.map { _ in .left } + [.left, .left] + names.map { _ in .right })
    for (index, position) in positions.enumerated() {
      var row = position.parameters.map { SweepSummary.short(SweepPosition.text($0.value)) }
      if index < entries.count {
        row += [entries[index].status.rawValue, entries[index].summary?.run ?? ""]
        for name in names { row.append(metrics[index].first { $0.name == name }?.text ?? "") }
      } else {
        row.append("not run")
      }
      table.add(row)
    }
    let counts = [
      count(.succeeded).map { "\($0) succeeded" }, count(.failed).map { "\($0) failed" },
      count(.refused).map { "\($0) refused" }, count(.waiting).map { "\($0) waiting" },
      count(.interrupted).map { "\($0) interrupted" },
      positions.count > entries.count ? "\(positions.count - entries.count) not run" : nil,
    ].compactMap(\.self).joined(separator: ", ")
    return table.lines + ["\(Words.count(positions.count, "run")): \(counts)"]
  }

  private func count(_ status: RunSummary.Status) -> Int? {
    let count = entries.count { $0.status == status }
    return count > 0 ? count : nil
  }

  /// The last line of a sweep in JSON, of type `end`.
  package var document: JSON {
    func sum(_ part: (RunSummary) -> Int) -> JSON {
      .integer(Int64(entries.compactMap(\.summary).map(part).reduce(0, +)))
    }
    let runs = positions.enumerated().map { index, position -> JSON in
      guard index < entries.count else {
        return [
          "status": "skipped", "experiment": .string(position.experiment),
          "parameters": position.parameterDocument,
        ]
      }
      let entry = entries[index]
      var parts: [String: JSON] = [
        "status": .string(entry.status.rawValue), "experiment": .string(position.experiment),
        "parameters": position.parameterDocument,
      ]
      if let run = entry.summary?.run { parts["run"] = .string(run) }
      if let commit = entry.summary?.commit { parts["commit"] = .string(commit) }
      if let metrics = entry.summary?.metrics, !metrics.isEmpty {
        parts["metrics"] = .object(
          Dictionary(
            metrics.map { ($0.step.text, $0.document) }, uniquingKeysWith: { first, _ in first }))
      }
      return .object(parts)
    }
    return [
      "type": "end", "status": .string(status.rawValue), "runs": .array(runs),
      "cached": sum(\.cached), "ran": sum(\.ran), "failed": sum(\.failed),
    ]
  }

  /// The metrics of the run's answers, tuned ones where there are such.
  private static func metrics(_ summary: RunSummary?) -> [(name: String, text: String)] {
    guard let summary, summary.status == .succeeded else { return [] }
    return summary.metrics.flatMap { step, document in
      MetricsTable.values(document).map { name, value in
        (
          summary.metrics.count > 1 ? "\(step).\(name)" : name,
          value.map { Words.fixed($0, 3) } ?? "n/a"
        )
      }
    }
  }

  private static func short(_ text: String) -> String {
    let line = text.prefix { !$0.isNewline }
    return line.count > 24 || line.count < text.count ? "\(line.prefix(23))…" : text
  }
}
