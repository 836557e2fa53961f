internal import Digests
internal import Documents
internal import Environments
internal import Notebook
internal import SystemPackage

/// The Python environments of a run: each is built once, however many steps ask for it at once.
actor EnvironmentShelf {
  private let builder: EnvironmentBuilder
  private let isOffline: Bool
  private let distdirs: [FilePath]
  private var folders: [Digest: Task<FilePath, any Error>] = [:]

  init(builder: EnvironmentBuilder, isOffline: Bool, distdirs: [FilePath]) {
    self.builder = builder
    self.isOffline = isOffline
    self.distdirs = distdirs
  }

  /// Those that a preparation names, in the kitchen's cache.
  init(of preparation: Preparation, preparer: Preparer) {
    let options = preparer.options
    self.init(
      builder: EnvironmentBuilder(
        folder: preparer.kitchen.cache.appending("environments"),
        pythonVersion: preparation.pythonVersion ?? "", platform: Host.current().platformTag,
        isSandboxed: options.isSandboxed),
      isOffline: options.isOffline, distdirs: options.distdirs)
  }

  /// The folder of an environment, built where it is missing.
  func folder(
    of pin: Lock.Environment, digest: Digest, report: @escaping @Sendable (Progress) -> Void
  ) async throws -> FilePath {
    if let task = folders[digest] { return try await task.value }
    let (builder, isOffline, distdirs) = (builder, isOffline, distdirs)
    let task = Task {
      // Where the folders have every file, nothing is asked of an index: without a network each
      // question would take its time to fail.
      if !isOffline, !distdirs.isEmpty,
        let path = try? await builder.build(pin, offline: true, distdirs: distdirs, report: report)
      {
        return path
      }
      return try await builder.build(pin, offline: isOffline, distdirs: distdirs, report: report)
    }
    folders[digest] = task
    return try await withTaskCancellationHandler {
      do {
        return try await task.value
      } catch {
        folders[digest] = nil
        throw error
      }
    } onCancel: {
      task.cancel()
    }
  }
}
