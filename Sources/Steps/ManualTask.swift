package import SystemPackage

/// Something that a person does outside of Larder: what to do is written down, and evidence of what
/// came of it is brought in by `larder supply`.
package protocol ManualTask: Sendable {
  /// The evidence that is asked for.
  var evidence: [Evidence] { get }

  /// Writes everything that the person needs into an empty folder, `INSTRUCTIONS.md` first of all.
  func instruct(_ context: StepContext, recipe: String, step: String, into folder: FilePath) throws

  /// Checks the evidence and writes the step's outputs, the same bytes each time.
  ///
  /// - Parameter evidence: each piece as a file, by its name.
  /// - Throws: a user problem where a piece is not of the right shape.
  func accept(_ evidence: [String: FilePath], _ context: StepContext) throws
}

/// One piece of evidence that a manual step asks for.
package struct Evidence: Hashable, Sendable {
  /// As in `larder supply RECIPE STEP NAME=…`.
  package var name: String
  package var isRequired: Bool
  /// Whether a file is expected; otherwise a short text.
  package var isFile: Bool
  package var doc: String

  package init(_ name: String, isFile: Bool, required: Bool = true, _ doc: String) {
    self.name = name
    self.isFile = isFile
    self.isRequired = required
    self.doc = doc
  }
}
