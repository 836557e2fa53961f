package import Problems

/// An output of a past run, as text names it: `REF:STEP[.OUTPUT][@LABEL][/PATH]`.
package struct TargetText: Hashable, Sendable {
  package var reference: String
  package var step: String
  /// Nil where the step's main output is meant.
  package var output: String?
  /// Of an instance of a matrix; it may leave out axes that need not be named.
  package var label: String?
  /// Inside a folder.
  package var path: String?

  /// - Throws: a user problem that shows the form.
  package init(_ text: String) throws(Problem) {
    let form =
      "write REF:STEP[.OUTPUT][@LABEL][/PATH], as in quickstart:clean.report or @last:score"
    guard let colon = text.firstIndex(of: ":") else {
      throw Problem(.user, "target", "`\(text)` names no output: it has no `:`", hint: form)
    }
    reference = String(text[..<colon])
    var rest = text[text.index(after: colon)...]
    if let slash = rest.firstIndex(of: "/") {
      path = String(rest[rest.index(after: slash)...])
      rest = rest[..<slash]
    }
    let parts = TargetText.parts(of: rest)
    step = parts.step
    output = parts.output
    label = parts.label
    if let label, InstanceLabel(label) == nil {
      throw Problem(
        .user, "target", "`@\(label)` in `\(text)` is no label of an instance",
        hint: "write it as in @lora_r=4 or @lora_r=4+epoch=1, behind the output's name")
    }
    guard !reference.isEmpty, !step.isEmpty, output != "", path != "" else {
      throw Problem(.user, "target", "`\(text)` names no output: a part of it is empty", hint: form)
    }
    if let path,
      path.split(separator: "/", omittingEmptySubsequences: false).contains(where: {
        $0 == ".." || $0.isEmpty
      })
    {
      throw Problem(
        .user, "target", "the path in `\(text)` leaves its folder or has an empty part", hint: form)
    }
  }

  /// `STEP[.OUTPUT][@LABEL]` taken apart.
  package static func parts(
    of text: some StringProtocol
  ) -> (step: String, output: String?, label: String?) {
    let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let names = halves[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    return (
      String(names[0]), names.count > 1 ? String(names[1]) : nil,
      halves.count > 1 ? String(halves[1]) : nil
    )
  }
}
