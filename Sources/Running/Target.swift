internal import Notebook
package import Problems

/// An output of a past run, as the command line names it: `REF:STEP[.OUTPUT][/PATH]`.
package struct Target: Hashable, Sendable {
  package var reference: String
  package var step: String
  /// Nil where the step's main output is meant.
  package var output: String?
  /// Inside a folder.
  package var path: String?

  /// - Throws: a user problem that shows the form.
  package init(_ text: String) throws(Problem) {
    let parts = try TargetText(text)
    reference = parts.reference
    step = parts.step
    output = parts.output
    path = parts.path
  }

  /// The same text read as an output of a step that joined from another recipe, whose id has a
  /// slash itself; nil where it cannot be one.
  var ofJoinedStep: Target? {
    guard output == nil, let path else { return nil }
    var target = self
    let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    target.step = "\(step)/\(name[0])"
    target.output = name.count > 1 ? String(name[1]) : nil
    target.path = parts.count > 1 ? String(parts[1]) : nil
    return target
  }
}
