extension Recipe {
  /// Why a text cannot name a recipe, or nil where it can.
  ///
  /// `submission` and hexadecimal digits are taken: references name submissions and runs by them.
  package static func wrongName(_ name: String) -> String? {
    if !StepID.isValid(name) { return "names are small letters, digits and `-`, a letter first" }
    if name == "submission" { return "references use that word for submissions" }
    if name.allSatisfy(\.isHexDigit) { return "it could be the hexadecimal number of a run" }
    return nil
  }
}
