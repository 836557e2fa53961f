package import Digests
package import Documents
package import Notebook
package import SystemPackage
package struct EnvironmentBuilder: Sendable {
  package init(folder: FilePath) {}
  package static func digest(of: Lock.Environment, python: String, platform: String) -> Digest { Digest(of: "x") }
  package func build(_ pin: Lock.Environment, offline: Bool, distdirs: [FilePath], report: @escaping @Sendable (Progress) -> Void) async throws -> FilePath { "/" }
}
package struct EnvironmentResolver: Sendable {
  package init() {}
  package func lock(_ r: EnvironmentRequest, report: @escaping @Sendable (Progress) -> Void) async throws -> Lock.Environment { fatalError() }
}
package enum Host { package static let platformTag = "" ; package static let architecture = "", libc = "", system = "" }
extension Lock.Environment { package init(shipped: String, name: String) throws { fatalError() } }
