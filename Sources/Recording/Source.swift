package import Documents
package import Notebook
package import Problems
package import SystemPackage

/// A kind of step that brings something from outside: how it is asked for, pinned, kept, found
/// again and unpacked. All calls block.
///
/// What a kind implements is the asking (`request`, `fetch`) and the meaning (`unpacking`,
/// `facts`); pinning, verifying, recording and the distdirs are the same for all.
package protocol Source: Sendable {
  /// Parameters and outputs, as recipes are checked against and `larder steps` prints.
  var declaration: StepDeclaration { get }

  /// The canonical request: what is asked for, never where. Its digest is the lock's key.
  func request(_ parameters: [String: JSON]) throws(Problem) -> JSON

  /// What is fetched, in a few words for messages.
  func title(_ parameters: [String: JSON]) -> String

  /// Brings the file from outside into a folder, the very bytes of the pin where there is one.
  func fetch(
    _ parameters: [String: JSON], pin: Lock.Source?, into folder: FilePath,
    in context: SourceContext
  ) throws -> FetchedFile

  /// The SPDX expression of the file's licence, declared or found in it, or nil.
  func licence(
    _ parameters: [String: JSON], file: FilePath, in context: SourceContext
  ) throws -> String?

  func unpacking(_ parameters: [String: JSON], pin: Lock.Source) throws(Problem) -> Unpacking

  /// What the report says of the file besides counts; follows from the bytes and the identity
  /// alone, since a cached report must be right for everybody who has the same key.
  func facts(
    _ parameters: [String: JSON], file: FilePath, in context: SourceContext
  ) throws -> [String: JSON]
}
