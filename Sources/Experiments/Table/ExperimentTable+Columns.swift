package import Documents
internal import History
package import Problems

extension ExperimentTable {
  /// What a column of the table shows.
  package enum Column: Hashable, Sendable {
    /// The experiment's name; with the recipe's where there are several.
    case experiment
    case parameter(String)
    /// The cells that differ.
    case cells
    case metric(Experiment.Measure)
    case submissions
    /// The mean of what leaderboards said.
    case leaderboard
    case note
    case took
    case time
    case status
    case run
  }

  /// The columns that have something to say, in the order in which they stand.
  package var columns: [Column] {
    func has(_ column: Column) -> Bool { rows.contains { !value(of: column, $0).isNull } }
    let isMixed = rows.contains { $0.experiment.run.status != .succeeded }
    return [.experiment] + parameters.map { .parameter($0) } + (hasCells ? [.cells] : [])
      + measures.map { .metric($0) }
      + [.submissions, .leaderboard, .note].filter(has) + [.took, .time]
      + (isMixed ? [.status] : []) + [.run]
  }

  /// What a column is called, in headers and for `--sort`.
  package func name(of column: Column) -> String {
    switch column {
    case .experiment: "experiment"
    case .parameter(let name): name
    case .cells: "cells"
    case .metric(let measure): names.name(measure)
    case .submissions: "submission"
    case .leaderboard: "leaderboard"
    case .note: "note"
    case .took: "took"
    case .time: "time"
    case .status: "status"
    case .run: "run"
    }
  }

  /// The column of a name. Metrics come before parameters of the same name, and both before the rest.
  ///
  /// - Throws: a user problem with a suggestion.
  package func column(named name: String) throws(Problem) -> Column {
    let all =
      measures.map { Column.metric($0) } + parameters.map { .parameter($0) }
      + [
        .experiment, .cells, .submissions, .leaderboard, .note, .took, .time, .status, .run,
      ]
    if let found = all.first(where: { self.name(of: $0) == name }) { return found }
    let known = all.map(self.name)
    throw Problem(
      .user, "no-column", "cannot sort by `\(name)`: there is no such column",
      hint: Suggestion.hint(for: name, among: known) ?? "columns: \(known.joined(separator: ", "))")
  }

  /// What stands in a column: a text or a number, null for nothing.
  package func value(of column: Column, _ row: Row) -> JSON {
    let experiment = row.experiment
    func text(_ text: String) -> JSON { text.isEmpty ? .null : .string(text) }
    switch column {
    case .experiment:
      let branch = experiment.run.branch
      return .string(recipe == nil ? branch.description : branch.experiment)
    case .parameter(let name): return experiment.parameter(name) ?? .null
    case .cells: return text((row.cells ?? []).joined(separator: " "))
    case .metric(let measure):
      return experiment.metrics[measure]?.value.map { .finite($0) } ?? .null
    case .submissions: return text(experiment.submissions.map(\.name).joined(separator: " "))
    case .leaderboard: return experiment.leaderboardScore.map { .finite($0) } ?? .null
    case .note: return text(experiment.run.note ?? "")
    case .took: return experiment.seconds.map { .finite($0) } ?? .null
    case .time: return .string(Moment(seconds: experiment.run.time).description)
    case .status: return .string(experiment.run.status.rawValue)
    case .run: return .string(String(experiment.run.id.hex.prefix(8)))
    }
  }
}
