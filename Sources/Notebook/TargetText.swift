package import Problems

/// An output of a past run, as text names it: `REF:STEP[.OUTPUT][/PATH]`.
package struct TargetText: Hashable, Sendable {
  package var reference: String
  package var step: String
  /// Nil where the step's main output is meant.
  package var output: String?
  /// Inside a folder.
  package var path: String?

  /// - Throws: a user problem that shows the form.
  package init(_ text: String) throws(Problem) {
    let form = "write REF:STEP[.OUTPUT][/PATH], as in quickstart:clean.report or @last:score"
    guard let colon = text.firstIndex(of: ":") else {
      throw Problem(.user, "target", "`\(text)` names no output: it has no `:`", hint: form)
    }
    reference = String(text[..<colon])
    var rest = text[text.index(after: colon)...]
    if let slash = rest.firstIndex(of: "/") {
      path = String(rest[rest.index(after: slash)...])
      rest = rest[..<slash]
    }
    if rest.contains("@") {
      throw Problem(
        .user, "target",
        "`\(text)` names an instance of a matrix, which this version does not have",
        hint: form)
    }
    if let dot = rest.firstIndex(of: ".") {
      output = String(rest[rest.index(after: dot)...])
      rest = rest[..<dot]
    }
    step = String(rest)
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
}
