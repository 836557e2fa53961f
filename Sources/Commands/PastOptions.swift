internal import ArgumentParser
internal import BlockingWork
internal import Bundles
internal import Experiments
internal import Files
internal import History
internal import Problems
internal import Replay
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

extension GlobalOptions {
  /// Opens a past run of the kitchen, or that of a bundle, which is laid out as a small kitchen for as
  /// long as the body runs.
  ///
  /// - Parameter reference: REF as in `larder show`, or the path of a bundle.
  func withOpenedRun<Result>(
    _ reference: String, _ body: (OpenedRun) async throws -> Result
  ) async throws -> Result {
    let path = workingFolder.pushing(FilePath(reference))
    var isFile = false
    if case .file = Files.resolved(path).flatMap(Files.kind) { isFile = true }
    guard reference.hasSuffix(".zst") || isFile else {
      let (history, store) = try await openPast()
      return try await body(OpenedRun(history.resolve(reference), in: history, store: store))
    }
    let folder = try ReplayOptions.temporaryFolder(prefix: "larder-bundle-")
    defer { try? Files.remove(folder) }
    let opened = try await Interruption.cancelling {
      try await Bundles.Bundle.open(Files.absolute(path), into: folder, allowedSigners: nil)
    }
    let kitchen = Kitchen(root: opened.kitchen)
    let history = try HistoryRepository(at: kitchen.history)
    guard let run = try history.run(opened.run) else {
      throw Problem(.damage, "bundle-damaged", "the bundle \(reference) holds no run")
    }
    return try await body(OpenedRun(run, in: history, store: try await openStore(kitchen)))
  }
}
