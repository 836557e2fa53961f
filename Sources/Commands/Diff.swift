internal import ArgumentParser
internal import BlockingWork
internal import Comparison
internal import Documents
internal import Experiments
internal import Files
internal import Problems
internal import Reporting
internal import Rows
internal import SystemPackage
internal import WebPage

struct Diff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what differs between two runs, recipes or files, and what it did.",
    discussion: """
      EXAMPLES
        larder diff quickstart quickstart/slower
        larder diff submission/first @last --html changes.html
        larder diff first.tar.zst quickstart
            a bundle against a run
        larder diff quickstart recipes/quickstart.md
            a run against the recipe of today
        larder diff old.jsonl new.jsonl
        larder diff old.jsonl new.jsonl --key meta.id --rows

      Of two runs: parameters, cells, environment, sources, steps, rows, metrics with
      paired intervals, answers with the changed training rows nearest to them,
      weights and losses. Times, hosts and what was cached are no difference.

      Rows that are equal are the same wherever they stand. The others are paired by
      --key, by `id` where each of them has one of its own, otherwise by similarity.
      The exit code is 0 whether or not they differ.
      """)

  /// How many changes are shown without --rows.
  private static let fewChanges = 20

  @OptionGroup var options: GlobalOptions
  @Argument(
    help: "What was: REF (a run, a branch, submission/NAME), a bundle, a recipe or a file.",
    completion: .file()) var old: String
  @Argument(help: "What is: the same.", completion: .file()) var new: String
  @Flag(help: "List every change, not only the first ones.") var rows = false
  @Option(
    help: ArgumentHelp(
      "The field that names a row; names between dots lead into it.", valueName: "field"))
  var key: String?
  @Option(
    help: ArgumentHelp("Write the comparison of runs as a page of its own.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var html: String?

  func run() async throws {
    let key = try key.map { text in
      guard let path = RowPath(text) else {
        throw Problem(
          .user, "key", "--key \(text) names no field",
          hint: "write the names of members between dots, as in meta.id")
      }
      return path
    }
    let (a, b) = (
      DiffArgument(old, from: options.workingFolder), DiffArgument(new, from: options.workingFolder)
    )
    if let one = a.path(beside: b), let other = b.path(beside: a) {
      guard html == nil else {
        throw Problem(
          .user, "no-page", "--html is for runs, and \(old) and \(new) are files",
          hint: "leave it out")
      }
      try await compareFiles(one, other, key: key)
    } else {
      // The file first, so that what is wrong is said of it.
      try await compareRuns(b.isFile ? [(b, new), (a, old)] : [(a, old), (b, new)], key: key)
    }
  }

  private func compareRuns(
    _ arguments: [(DiffArgument, String)], key: RowPath?
  ) async throws {
    let sides = DiffSides(options)
    let a = try await sides.open(arguments[0].0, arguments[0].1)
    let b = try await sides.open(arguments[1].0, arguments[1].1)
    let limit = RunComparison.Options(key: key, rowLimit: rows ? 5000 : Diff.fewChanges)
    let comparison = try await BlockingWork.run { RunComparison(a, b, limit) }
    if options.json {
      Console.out(DiffJSON.document(comparison))
    } else if html == nil {
      let text = DiffText(
        style: options.style(forTerminal: Console.outputIsTerminal), width: Console.width(),
        few: rows ? 5000 : 5)
      Console.out(text.lines(comparison).joined(separator: "\n") + "\n")
    }
    if let html {
      let path = Files.absolute(options.workingFolder.pushing(FilePath(html)))
      let page = DiffPage(comparison).page().text(.file)
      try Files.write(Array(page.utf8), to: path)
      Console.note("\(comparison.sentence)\nwrote \(html)\n")
    }
    withExtendedLifetime(sides) {}
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
