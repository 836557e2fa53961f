package import Documents
package import Notebook
package import Problems

/// Whether a recipe's list of licences lets a source in.
package enum LicenceCheck {
  /// What a source's licence is held to be: what the step declares, otherwise what was found when
  /// it was pinned.
  package static func licence(
    of pin: Lock.Source, _ parameters: [String: JSON]
  ) throws(Problem) -> String? {
    if let declared = try Licence.declared(parameters) { return declared }
    return pin.licence
  }

  /// - Parameters:
  ///   - step: the source's step, for the message.
  ///   - parameters: the step's, resolved.
  ///   - allowed: the recipe's `licences`; nil where it sets no limit.
  /// - Throws: a user problem where the licence is not among the allowed ones, or not known.
  package static func check(
    _ step: StepID, pin: Lock.Source, parameters: [String: JSON], allowed: [String]?
  ) throws(Problem) {
    guard let allowed else { return }
    let list = allowed.isEmpty ? "none" : allowed.joined(separator: ", ")
    guard let found = try licence(of: pin, parameters) else {
      throw Problem(
        .user, "licence",
        "cannot use the source `\(step)`: its licence is not known, and the recipe allows only \(list)",
        hint: "find out which it is and declare it on the step: licence: SPDX-ID")
    }
    if Licence(found)?.isAllowed(by: allowed) == true { return }
    throw Problem(
      .user, "licence",
      "cannot use the source `\(step)`: its licence is \(found), and the recipe allows only \(list)",
      hint: "add it to `licences:` if you may use it, or declare `licence:` on the step if the one "
        + "found is wrong")
  }
}
