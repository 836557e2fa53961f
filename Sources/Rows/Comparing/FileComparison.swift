package import Comparison
internal import Files
internal import Problems
package import SystemPackage

/// What differs between two files, said by what they are: rows or text.
package enum FileComparison: Sendable {
  case rows(RowComparison)
  /// Neither file holds rows.
  case text(LineDifference)
  /// Binary files, or texts too long to be compared, of the same bytes.
  case identical

  /// Longer texts are compared no further than whether they are the same, in bytes.
  package static let longestText: Int64 = 64 << 20

  /// - Throws: a user problem where a file is no file, one holds rows and the other does not, or they
  ///   differ and are no text.
  package init(
    _ old: FilePath, _ new: FilePath, _ options: RowComparison.Options = RowComparison.Options()
  ) throws {
    let a = try FileComparison.open(old)
    let b = try FileComparison.open(new)
    switch (try FileForm(a), try FileForm(b)) {
    case (.rows, .rows), (.rows, .blank), (.blank, .rows):
      self = .rows(try RowComparison(a, b, options))
    case (.rows, let form): throw FileComparison.mixed(rows: old, other: new, form)
    case (let form, .rows): throw FileComparison.mixed(rows: new, other: old, form)
    case (let x, let y):
      if a.size == b.size, try options.areEqual || ContentFile.firstDifference(a, b) == nil {
        self = .identical
        return
      }
      for (form, path) in [(x, old), (y, new)] where form == .binary {
        throw Problem(
          .user, "binary", "cannot compare \(old) with \(new): they differ, and \(path) is binary",
          hint: "only JSON Lines and text are compared; `cmp` says where bytes differ")
      }
      if options.key != nil {
        throw Problem(
          .user, "no-rows", "cannot pair rows by a key: neither \(old) nor \(new) is JSON Lines",
          hint: "leave --key out to compare them line by line")
      }
      self = .text(
        LineDifference(try FileComparison.text(of: a), try FileComparison.text(of: b)))
    }
  }

  private static func open(_ path: FilePath) throws(Problem) -> ContentFile {
    switch Files.resolved(path).flatMap({ Files.kind($0) }) {
    case .file: return try ContentFile(path)
    case .folder:
      throw Problem(
        .user, "folder", "cannot compare \(path): it is a folder",
        hint: "name two files; files of folders are compared one by one")
    case nil:
      throw Problem(
        .user, "no-file", "cannot compare \(path): there is no such file", hint: "check its path")
    default:
      throw Problem(
        .user, "no-file", "cannot compare \(path): it is no regular file",
        hint: "write what comes from it into a file first")
    }
  }

  private static func mixed(rows: FilePath, other: FilePath, _ form: FileForm) -> Problem {
    Problem(
      .user, "no-rows",
      "cannot compare \(rows) with \(other): the first is JSON Lines, line \(form.line) of the "
        + "other is no JSON object" + (form == .binary ? ": it is binary" : ""),
      hint: "rows are JSON Lines: UTF-8, one JSON object a line; `ingest` makes them of other data")
  }

  private static func text(of file: ContentFile) throws(Problem) -> String {
    guard file.size <= longestText else {
      throw Problem(
        .user, "text-too-long",
        "cannot compare \(file.path) line by line: it is text of \(file.size) bytes, more than "
          + "\(longestText)",
        hint: "`cmp` or `diff` say where they differ")
    }
    let bytes = try file.bytes(at: 0, count: Int(file.size))
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(
        .user, "not-utf8", "cannot compare \(file.path): it is not UTF-8",
        hint: "save it as UTF-8, or compare the bytes with `cmp`")
    }
    return text
  }
}
