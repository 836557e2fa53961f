internal import Documents
package import Problems
package import SystemPackage

/// The trail of a training, `trail.jsonl`: every N optimizer steps a row of `step`, the digest of
/// the rows since the last one (`rows`), the `loss` and `gradient_norm` of the step, and the digest
/// of the `adapter` after it.
package enum Trail {
  package enum Field: String, Hashable, Sendable, CaseIterable {
    case rows
    case loss
    case gradientNorm = "gradient_norm"
    case adapter
  }

  /// Where two trails part.
  package struct Parting: Hashable, Sendable {
    /// The optimizer step, from 1, of the first row that differs.
    package var step: Int64
    /// The step up to which both are known to be the same, 0 where no row is.
    package var after: Int64
    /// Empty where one trail ends before this step, or has no row for it.
    package var fields: Set<Field>
    /// One plain line.
    package var text: String
  }

  /// The first optimizer step at which two trails part.
  ///
  /// - Returns: nil where they do not.
  /// - Throws: a problem where a file cannot be read or is no trail.
  package static func firstStep(
    expected: FilePath, actual: FilePath
  ) throws(Problem) -> Parting? {
    let old = TextLines(try ContentFile(expected))
    let new = TextLines(try ContentFile(actual))
    var after: Int64 = 0
    while true {
      let a = try row(old, expected)
      let b = try row(new, actual)
      switch (a, b) {
      case (nil, nil): return nil
      case (let a?, nil):
        return Parting(
          step: a.step, after: after, fields: [],
          text: "the training ended after step \(after), where it went on to step \(a.step)")
      case (nil, let b?):
        return Parting(
          step: b.step, after: after, fields: [],
          text: "the training went on to step \(b.step), where it ended after step \(after)")
      case (let a?, let b?):
        if a.step != b.step {
          return Parting(
            step: min(a.step, b.step), after: after, fields: [],
            text: "the trail has step \(b.step) where step \(a.step) was: it was left at other "
              + "steps, so what follows step \(after) cannot be compared")
        }
        if let found = parting(a, b, after: after) { return found }
        after = a.step
      }
    }
  }

  private static func parting(
    _ a: (step: Int64, row: JSON), _ b: (step: Int64, row: JSON), after: Int64
  ) -> Parting? {
    let fields = Field.allCases.filter { a.row[$0.rawValue] != b.row[$0.rawValue] }
    if fields.isEmpty { return nil }
    let what = fields.map { field in
      let old = a.row[field.rawValue] ?? .null
      let new = b.row[field.rawValue] ?? .null
      switch field {
      case .rows: return "other rows were trained on"
      case .loss: return "the loss was \(old.canonicalText), is \(new.canonicalText)"
      case .gradientNorm:
        return "the gradient norm was \(old.canonicalText), is \(new.canonicalText)"
      case .adapter: return "the adapter after it is another"
      }
    }
    let range = after + 1 < a.step ? " (the last one known to be the same is \(after))" : ""
    return Parting(
      step: a.step, after: after, fields: Set(fields),
      text: "optimizer step \(a.step)\(range): \(what.joined(separator: ", "))")
  }

  private static func row(
    _ lines: TextLines, _ path: FilePath
  ) throws(Problem) -> (step: Int64, row: JSON)? {
    guard let line = try lines.nextRow() else { return nil }
    guard let row = try? JSON(parsing: line), let step = row["step"]?.integer else {
      throw Problem(
        .step, "trail", "cannot read \(path): line \(lines.number) is no row of a trail",
        hint: "a trail's rows have step, rows, loss, gradient_norm and adapter")
    }
    return (step, row)
  }
}
