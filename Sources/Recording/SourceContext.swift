package import Documents
internal import Foundation
package import Store
package import SystemPackage
package import Transfer

/// Where a source step works, and with what.
package struct SourceContext: Sendable {
  package var store: any Store
  /// Folders that are searched by SHA-256 before the network.
  package var distdirs: [FilePath]
  package var offline: Bool
  /// On the store's file system; kept from run to run, since parts of downloads wait there.
  package var workFolder: FilePath
  /// Reads archives and runs pip.
  package var python: FilePath
  /// The variables of Larder's own process; those that configure pip, proxies and certificates
  /// reach pip.
  package var variables: [String: String]
  package var policy: Download.Policy
  package var report: @Sendable (Documents.Progress) -> Void
  /// Throws where the user stopped the run.
  package var checkCancelled: @Sendable () throws -> Void

  package init(
    store: any Store, workFolder: FilePath, distdirs: [FilePath] = [], offline: Bool = false,
    python: FilePath = "/usr/bin/python3",
    variables: [String: String] = ProcessInfo.processInfo.environment,
    policy: Download.Policy = Download.Policy(),
    report: @escaping @Sendable (Documents.Progress) -> Void = { _ in },
    checkCancelled: @escaping @Sendable () throws -> Void = {}
  ) {
    self.store = store
    self.workFolder = workFolder
    self.distdirs = distdirs
    self.offline = offline
    self.python = python
    self.variables = variables
    self.policy = policy
    self.report = report
    self.checkCancelled = checkCancelled
  }
}
