internal import ArgumentParser
internal import BlockingWork
internal import History
internal import Running
internal import Store
internal import SystemPackage

extension GlobalOptions {
  /// Opens the history and the store of the kitchen for looking at the past.
  func openPast() async throws -> (HistoryRepository, DiskStore) {
    let kitchen = try findKitchen()
    let store = try await openStore(kitchen)
    return (try HistoryRepository(at: kitchen.history), store)
  }

  /// Opens one output of a past run.
  func openOutput(_ text: String) async throws -> PastOutput {
    let target = try Target(text)
    let (repository, store) = try await openPast()
    return try PastOutput(target, repository: repository, store: store)
  }
}
