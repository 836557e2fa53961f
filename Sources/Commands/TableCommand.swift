internal import ArgumentParser
internal import BlockingWork
internal import Documents
internal import Experiments
internal import Files
internal import History
internal import Problems
internal import Reporting
internal import Running
internal import Store
internal import SystemPackage
internal import WebPage

struct TableCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Show experiments side by side: what differs between them, and what came of it.",
    discussion: """
      Without REF the newest succeeded run of each experiment of each recipe. A
      recipe's name, or a pattern such as 'desk/epoch=*', means all its experiments;
      any other REF one run.

      The best comes first. Those that cannot be told from it on the same questions
      are marked with =.

      EXAMPLES
        larder table
        larder table quickstart --sort -rouge_l
        larder table quickstart quickstart/slower submission/first
        larder table --csv > experiments.csv
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "Recipes, patterns or runs.") var references: [String] = []
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The column to sort by, with - before it from high to low; a metric ranks the table.",
      valueName: "column"))
  var sort: String?
  @Flag(help: "Print CSV with every column, in full precision.") var csv = false

  @Option(
    help: ArgumentHelp("Write the table as a page that needs nothing else.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var html: String?

  func run() async throws {
    guard !(csv && options.json) else {
      throw Problem(
        .user, "two-forms", "--csv and --json cannot both be printed", hint: "give one of them")
    }
    let (history, store) = try await options.openPast()
    let (references, sort) = (references, sort)
    let tables = try await BlockingWork.run {
      try ExperimentTable.all(references, sort: sort, history, store)
    }
    if let html {
      let page = try await BlockingWork.run {
        ExperimentsPage(tables, curves: ExperimentReader.lossCurves(of: tables), sorted: sort)
          .page().text(.file)
      }
      try Files.write(Array(page.utf8), to: options.workingFolder.pushing(FilePath(html)))
    }
    if options.json {
      Console.out(ExperimentJSON.document(tables))
    } else if csv {
      Console.out(ExperimentCSV.text(tables))
    } else if html != nil {
      // The page is what was asked for.
    } else if tables.isEmpty {
      Console.note("no experiments yet: larder run RECIPE makes the first\n")
    } else {
      let text = ExperimentText(
        style: options.style(forTerminal: Console.outputIsTerminal),
        width: Console.outputIsTerminal ? Console.width() : 80)
      let parts = tables.map { text.lines($0).joined(separator: "\n") }
      Console.out(parts.joined(separator: "\n\n") + "\n")
    }
  }
}
