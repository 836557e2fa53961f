internal import Documents
internal import Files
internal import Problems
internal import Rows
internal import SystemPackage

/// Typed access to what a step was given. Recipes are checked before a step runs, so that a value of
/// another type than the declaration's is a mistake in Larder.
extension StepContext {
  func text(_ name: String) throws(Problem) -> String {
    guard let value = parameters[name]?.string else { throw mistyped(name) }
    return value
  }

  func optionalText(_ name: String) throws(Problem) -> String? {
    isNone(name) ? nil : try text(name)
  }

  func integer(_ name: String) throws(Problem) -> Int64 {
    guard let value = parameters[name]?.integer else { throw mistyped(name) }
    return value
  }

  func optionalInteger(_ name: String) throws(Problem) -> Int64? {
    isNone(name) ? nil : try integer(name)
  }

  func number(_ name: String) throws(Problem) -> Double {
    guard let value = parameters[name]?.number else { throw mistyped(name) }
    return value
  }

  func boolean(_ name: String) throws(Problem) -> Bool {
    guard let value = parameters[name]?.bool else { throw mistyped(name) }
    return value
  }

  /// A list of texts; a single text is a list of one, none is nil.
  func optionalTexts(_ name: String) throws(Problem) -> [String]? {
    if isNone(name) { return nil }
    if let single = parameters[name]?.string { return [single] }
    guard let values = parameters[name]?.array else { throw mistyped(name) }
    let texts = values.compactMap(\.string)
    guard texts.count == values.count else { throw mistyped(name) }
    return texts
  }

  func choice<Choice: RawRepresentable<String>>(_ name: String) throws(Problem) -> Choice {
    guard let value = Choice(rawValue: try text(name)) else { throw mistyped(name) }
    return value
  }

  private func isNone(_ name: String) -> Bool { parameters[name]?.isNull ?? true }

  private func mistyped(_ name: String) -> Problem {
    Problem(
      .fault, "step-parameter",
      "the parameter `\(name)` came to the step as \(parameters[name]?.kindName ?? "nothing")")
  }

  /// The path of an input that the recipe must give.
  func input(_ name: String) throws(Problem) -> FilePath {
    guard let path = inputs[name] else {
      throw Problem(.fault, "step-input", "the input `\(name)` did not come to the step")
    }
    return path
  }

  /// The file of an input that holds rows: itself, or the only file of the folder that it is, as a
  /// `fetch` step leaves one.
  func rowFile(_ name: String) throws(Problem) -> FilePath {
    let path = try input(name)
    guard case .folder = Files.kind(path) else { return path }
    let files = try Folder.files(in: path)
    guard files.count == 1, let only = files.first else {
      throw Problem(
        .step, "input-folder",
        "the input `\(name)` is a folder of \(files.count) files, but the step takes rows",
        hint: "make rows of them with `ingest` first, or select one file")
    }
    return path.appending(only)
  }

  /// Reads the rows of an input, which messages call `in/NAME`.
  func rows(_ name: String) throws(Problem) -> RowReader {
    try RowReader(try rowFile(name), name: "in/\(name)")
  }

  /// Where an output goes.
  func output(_ path: String) -> FilePath { outputFolder.appending(path) }

  /// Says now and then how many rows are done, and stops where the user asked for it.
  func pulse(_ rows: Int, of total: Int? = nil) throws {
    guard rows.isMultiple(of: 1000) else { return }
    try checkCancelled()
    report(Progress(done: Double(rows), total: total.map(Double.init), unit: "rows", text: ""))
  }
}
