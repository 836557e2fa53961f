package import SystemPackage

/// A program to start: what, with which arguments, and in which surroundings.
package struct Command: Hashable, Sendable {
  package var executable: FilePath
  package var arguments: [String]
  /// The whole environment of the program; nothing is inherited.
  package var environment: [String: String]
  package var workingFolder: FilePath?

  package init(
    _ executable: FilePath, _ arguments: [String] = [], environment: [String: String] = [:],
    workingFolder: FilePath? = nil
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingFolder = workingFolder
  }
}
