package import History
internal import Problems
package import Store

extension ExperimentTable {
  /// The tables, each sorted as asked.
  package static func all(
    _ references: [String], sort: String?, _ history: HistoryRepository, _ store: any Store
  ) throws -> [ExperimentTable] {
    let selection = try ExperimentSelection(references, in: history)
    let reader = try ExperimentReader(history: history, store: store)
    let isDescending = sort?.hasPrefix("-") ?? false
    let name = sort.map { isDescending ? String($0.dropFirst()) : $0 }
    var tables = try selection.groups.map { group in
      ExperimentTable(
        try group.runs.map(reader.read), recipe: group.recipe, failed: group.failed, ranking: name)
    }
    guard let name else { return tables }
    // A column need not be there in every recipe's table.
    var missing: Problem?
    var isThere = false
    for index in tables.indices {
      do {
        tables[index].sort(by: try tables[index].column(named: name), descending: isDescending)
        isThere = true
      } catch { missing = error }
    }
    if let missing, !isThere { throw missing }
    return tables
  }
}
