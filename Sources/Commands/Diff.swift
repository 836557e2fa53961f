internal import ArgumentParser
internal import BlockingWork
internal import Comparison
internal import Documents
internal import Files
internal import Problems
internal import Reporting
internal import Rows
internal import SystemPackage

struct Diff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what differs between two files of rows, or two texts.",
    discussion: """
      EXAMPLES
        larder diff old.jsonl new.jsonl
        larder diff old.jsonl new.jsonl --key meta.id --rows

      Rows that are equal are the same wherever they stand. The others are paired by
      --key, by `id` where each of them has one of its own, otherwise by similarity.
      The exit code is 0 whether or not they differ.
      """)

  /// How many changes are shown without --rows.
  private static let fewChanges = 20

  @OptionGroup var options: GlobalOptions
  @Argument(help: "What was: a file.", completion: .file()) var old: String
  @Argument(help: "What is: a file.", completion: .file()) var new: String
  @Flag(help: "List every change, not only the first \(Diff.fewChanges).") var rows = false
  @Option(
    help: ArgumentHelp(
      "The field that names a row; names between dots lead into it.", valueName: "field"))
  var key: String?

  func run() async throws {
    let key = try key.map { text in
      guard let path = RowPath(text) else {
        throw Problem(
          .user, "key", "--key \(text) names no field",
          hint: "write the names of members between dots, as in meta.id")
      }
      return path
    }
    try await compareFiles(
      options.workingFolder.pushing(FilePath(old)), options.workingFolder.pushing(FilePath(new)),
      key: key)
  }

  private func compareFiles(_ old: FilePath, _ new: FilePath, key: RowPath?) async throws {
    let limit = rows ? Int.max : Diff.fewChanges
    let comparison = try await BlockingWork.run {
      try FileComparison(old, new, RowComparison.Options(key: key, limit: limit))
    }
    let style = options.style(forTerminal: Console.outputIsTerminal)
    switch comparison {
    case .identical:
      Console.out(options.json ? "{\"changes\":[],\"rows\":[]}\n" : "the same bytes\n")
    case .rows(let found): try options.json ? printJSON(found) : printText(found, style)
    case .text(let found):
      if options.json {
        Console.out(["rows": [], "changes": [], "text": RowDifferenceJSON.text(found)])
      } else {
        let text = LineDifferenceText(style: style)
        Console.out(text.summary(found) + "\n")
        for hunk in found.hunks { Console.out(text.lines(hunk).joined(separator: "\n") + "\n") }
      }
    }
  }

  private func printText(_ found: RowComparison, _ style: Style) throws {
    let text = RowDifferenceText(style: style, width: min(100, Console.width()))
    Console.out(text.summary(found).joined(separator: "\n") + "\n")
    let shown = rows ? found.changes[...] : found.changes.prefix(Diff.fewChanges)
    for change in shown {
      let lines = text.lines(change, try found.content(of: change))
      Console.out(lines.joined(separator: "\n") + "\n")
    }
    let left = found.counts.changes - shown.count
    if left > 0 { Console.out(style("… and \(left) more: --rows lists them", .quiet) + "\n") }
  }

  /// One document; its changes are written one by one, since there may be many.
  private func printJSON(_ found: RowComparison) throws {
    Console.out("{\"changes\":[")
    let shown = rows ? found.changes[...] : found.changes.prefix(Diff.fewChanges)
    for (index, change) in shown.enumerated() {
      let document = RowDifferenceJSON.change(change, try found.content(of: change))
      Console.out((index > 0 ? "," : "") + document.canonicalText)
    }
    let counts = RowDifferenceJSON.counts(found).canonicalText
    Console.out(
      "],\"rows\":[\(counts)],\"unlisted\":\(found.counts.changes - shown.count)}\n")
  }
}
