internal import Notebook
package import Problems

/// An output of a past run, as the command line names it: `REF:STEP[.OUTPUT][@LABEL][/PATH]`.
package struct Target: Hashable, Sendable {
  package var reference: String
  package var step: String
  /// Nil where the step's main output is meant.
  package var output: String?
  /// Of an instance of a matrix.
  package var label: String?
  /// Inside a folder.
  package var path: String?

  /// - Throws: a user problem that shows the form.
  package init(_ text: String) throws(Problem) {
    let parts = try TargetText(text)
    reference = parts.reference
    step = parts.step
    output = parts.output
    label = parts.label
    path = parts.path
  }

  /// The step with its label.
  var stepName: String { label.map { "\(step)@\($0)" } ?? step }

  /// The same text read as an output of a step that joined from another recipe, whose id has a
  /// slash itself; nil where it cannot be one.
  var ofJoinedStep: Target? {
    guard output == nil, label == nil, let path else { return nil }
    var target = self
    let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let names = TargetText.parts(of: parts[0])
    target.step = "\(step)/\(names.step)"
    target.output = names.output
    target.label = names.label
    target.path = parts.count > 1 ? String(parts[1]) : nil
    return target
  }
}
