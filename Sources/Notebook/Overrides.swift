internal import Files
package import Problems
package import SystemPackage

/// What the command line changes in a recipe: `--set name=value`, `--set STEP.PARAM=value` and
/// `--params FILE`.
///
/// The texts are typed by the declarations that they meet, so they are checked when a recipe is
/// read. Files are taken in order, then the assignments; the last one wins.
package struct Overrides: Sendable {
  /// A YAML or JSON mapping from `name` or `STEP.PARAM` to values.
  package struct ParameterFile: Sendable {
    package var text: String
    /// The path that messages show.
    package var displayPath: String

    package init(text: String, displayPath: String) {
      self.text = text
      self.displayPath = displayPath
    }

    /// Reads the file of a `--params` option.
    package init(reading path: FilePath, displayPath: String) throws(Problem) {
      self.init(text: try Files.readText(path), displayPath: displayPath)
    }
  }

  /// As they were typed after `--set`: `name=value`.
  package var assignments: [String]
  /// The same for one run of a sweep: one value of each `--sweep`.
  package var sweep: [String]
  package var files: [ParameterFile]

  package init(
    assignments: [String] = [], sweep: [String] = [], files: [ParameterFile] = []
  ) {
    self.assignments = assignments
    self.sweep = sweep
    self.files = files
  }

  package var isEmpty: Bool { assignments.isEmpty && sweep.isEmpty && files.isEmpty }
}
