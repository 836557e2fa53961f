internal import Environments
internal import Notebook
internal import Problems
internal import Steps

/// The hash-locked environments that library steps bring along.
enum ShippedEnvironments {
  /// - Throws: a fault where there is none of that name.
  static func pin(_ name: String) throws -> Lock.Environment {
    guard let text = ShippedFiles.environments[name] else {
      throw Problem(.fault, "no-environment", "the library has no environment `\(name)`")
    }
    return try Lock.Environment(shipped: text, name: name)
  }
}
