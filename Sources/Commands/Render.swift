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

struct Render: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a past run as a notebook with its outputs in place.",
    discussion: """
      The file's ending decides what is written: .html, one page that needs nothing
      else and runs nothing; .ipynb, which Jupyter opens; .md, which any Git host
      shows.

      EXAMPLES
        larder render quickstart -o quickstart.html
        larder render submission/first -o first.ipynb
        larder render first.tar.zst -o first.md           a bundle
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "REF: a run, a branch, submission/NAME; or a bundle's path.") var reference:
    String
  @Option(
    name: .customShort("o"), help: "The file to write: .html, .ipynb or .md.",
    completion: .file(extensions: ["html", "ipynb", "md"]))
  var output: String

  func run() async throws {
    let format = try Format(of: output)
    let target = Files.absolute(options.workingFolder.pushing(FilePath(output)))
    if let kind = Files.kind(target), case .file = kind {
    } else if Files.exists(target) {
      throw Problem(
        .user, "exists", "cannot write \(output): something that is no file is there",
        hint: "choose another path with -o")
    }
    guard
      Files.kind(target.removingLastComponent()) == .folder
        || Files.resolved(target.removingLastComponent()).flatMap(Files.kind) == .folder
    else {
      throw Problem(
        .user, "no-folder", "cannot write \(output): its folder is not there", hint: "make it first"
      )
    }
    try await options.withOpenedRun(reference) { run in
      let size = try await BlockingWork.run {
        let notebook = try NotebookReader.read(run)
        let text = format.text(notebook)
        try Files.writeDurably(Array(text.utf8), to: target)
        return text.utf8.count
      }
      if options.json {
        Console.out([
          "run": .string(run.record.run.id.hex), "file": .string(target.string),
          "format": .string(format.rawValue), "size": .integer(Int64(size)),
        ])
      } else {
        Console.note(
          "run \(run.record.run.id.short) in \(output), \(Words.bytes(Int64(size)))\n")
      }
    }
  }

  /// What is written, by the file's ending.
  enum Format: String {
    case html, ipynb, md

    /// - Throws: a user problem that names the three.
    init(of path: String) throws(Problem) {
      let ending = FilePath(path).extension?.lowercased() ?? ""
      guard let format = Format(rawValue: ending) else {
        throw Problem(
          .user, "format",
          ending.isEmpty
            ? "cannot tell what to write: \(path) has no ending"
            : "cannot write .\(ending): a run is rendered as .html, .ipynb or .md",
          hint: "end the file's name in .html (a page), .ipynb (Jupyter) or .md (Markdown)")
      }
      self = format
    }

    func text(_ notebook: ExecutedNotebook) -> String {
      switch self {
      case .html: RunPage(notebook).page().text(.file)
      case .ipynb: JupyterNotebook(notebook).text
      case .md: MarkdownNotebook(notebook).text
      }
    }
  }
}
