internal import ArgumentParser
internal import BlockingWork
internal import Digests
internal import Documents
internal import Files
internal import Foundation
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import Steps
internal import Store
internal import SystemPackage

struct Supply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Bring in the evidence that a manual step waits for.",
    discussion: """
      EXAMPLES
        larder supply console adapter artifact=s3://bucket/model.tar.gz log=training.log
        larder supply console adapter --set epoch=3 artifact=model-7 log=training.log

      What a step asks for, and whether as file or as text, is in its
      INSTRUCTIONS.md and on the page of its kind (`larder steps KIND`). Give the
      --set and --params of the run that waits. Supplying again replaces the
      evidence; the earlier one stays in the history.
      """)

  /// A larger piece of evidence is refused, in bytes.
  private static let largest: Int64 = 64 << 20

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions
  @Option(
    help: ArgumentHelp("The experiment that waits, where it was named.", valueName: "experiment"))
  var name: String?
  @Option(help: "A remark, kept in the run's commit.")
  var note: String?
  @Option(help: "Progress on standard error: auto, plain or none.")
  var progress: ExecutionOptions.ProgressOption = .auto
  @Argument(help: "The manual step.") var step: String
  @Argument(help: ArgumentHelp("The evidence: NAME=FILE or NAME=TEXT.", valueName: "name=value"))
  var evidence: [String]

  func run() async throws {
    let kitchen = try options.findKitchen()
    let read = try recipe.read(options, kitchen)
    let step = try read.step(named: step)
    let store = try await options.openStore(kitchen)
    var runOptions = RunOptions(jobs: ProcessInfo.processInfo.activeProcessorCount)
    runOptions.until = [step.id]
    runOptions.experiment = try recipe.experiment(named: name)
    runOptions.recipeArguments = recipe.arguments(experiment: name)
    runOptions.note = note
    let manual = try await ManualStep(
      step, of: read, kitchen: kitchen, store: store, options: runOptions)
    let pieces = try Supply.pieces(evidence, asked: manual.task.evidence, step: step.id)

    let folder = try store.makeWorkFolder()
    defer { try? Files.remove(folder) }
    var files: [String: FilePath] = [:]
    for (piece, value) in pieces {
      files[piece.name] =
        piece.isFile
        ? try file(value, of: piece.name) : try Supply.write(value, piece.name, in: folder)
    }
    try await manual.check(files)

    let kept = files
    runOptions.evidence[step.id] = try await BlockingWork.run {
      try kept.mapValues { try store.putFile($0) }
    }
    if manual.hasResult { runOptions.forced = [step.id] }
    try await perform(read, kitchen, store, runOptions)
  }

  private func perform(
    _ read: Recipe, _ kitchen: Kitchen, _ store: DiskStore, _ runOptions: RunOptions
  ) async throws {
    let display = RunDisplay(options, progress: progress)
    defer { display.end() }
    let summary = try await display.run(
      read, in: kitchen, store: store, options: runOptions, isJSON: options.json)
    guard summary.status == .succeeded else { throw ExitCode(summary.exitCode) }
    display.end()
    for (step, items) in runOptions.evidence {
      let list = items.sorted { $0.key < $1.key }
        .map { "\($0.key) (\(Words.bytes($0.value.size)), \($0.value.digest.short))" }
      Console.note("kept as evidence of `\(step)`: \(list.joined(separator: ", "))\n")
    }
    let words = ([read.name] + runOptions.recipeArguments).joined(separator: " ")
    Console.note("go on with: larder run \(words)\n")
  }

  // MARK: Evidence

  /// What was given for each piece that the step asks for.
  private static func pieces(
    _ given: [String], asked: [Evidence], step: StepID
  ) throws -> [(Evidence, String)] {
    let names = asked.map(\.name)
    var found: [(Evidence, String)] = []
    for text in given {
      guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
        throw Problem(
          .user, "evidence", "cannot read the evidence `\(text)`: it is not NAME=VALUE",
          hint: "give \(forms(asked))")
      }
      let name = String(text[..<sign])
      guard let piece = asked.first(where: { $0.name == name }) else {
        throw Problem(
          .user, "evidence", "step `\(step)` asks for no evidence `\(name)`",
          hint: Suggestion.hint(for: name, among: names) ?? "it asks for \(forms(asked))")
      }
      guard !found.contains(where: { $0.0.name == name }) else {
        throw Problem(
          .user, "evidence", "the evidence `\(name)` is given twice", hint: "give it once")
      }
      found.append((piece, String(text[text.index(after: sign)...])))
    }
    let missing = asked.filter { piece in
      piece.isRequired && !found.contains { $0.0.name == piece.name }
    }
    guard missing.isEmpty else {
      let list = missing.map { "`\($0.name)`" }.joined(separator: ", ")
      throw Problem(
        .user, "evidence", "step `\(step)` needs the evidence \(list) as well",
        hint: "give \(missing.map { "\(form($0)): \($0.doc)" }.joined(separator: "; "))")
    }
    return found
  }

  private static func form(_ piece: Evidence) -> String {
    "\(piece.name)=\(piece.isFile ? "FILE" : "TEXT")"
  }

  private static func forms(_ asked: [Evidence]) -> String {
    asked.map { $0.isRequired ? form($0) : "[\(form($0))]" }.joined(separator: " ")
  }

  private func file(_ value: String, of name: String) throws -> FilePath {
    let path = Files.absolute(options.workingFolder.pushing(FilePath(value)))
    guard !value.isEmpty, let resolved = Files.resolved(path), case .file = Files.kind(resolved)
    else {
      throw Problem(
        .user, "no-file", "cannot read the evidence `\(name)`: there is no file `\(value)`",
        hint: "check its path")
    }
    let size = FileStamp(resolved)?.size ?? 0
    guard size <= Supply.largest else {
      throw Problem(
        .user, "evidence",
        "the evidence `\(name)` has \(Words.bytes(size)), more than \(Words.bytes(Supply.largest))",
        hint: "give only the part that matters")
    }
    return resolved
  }

  private static func write(
    _ text: String, _ name: String, in folder: FilePath
  ) throws -> FilePath {
    let path = folder.appending(name)
    try Files.write(Array(text.utf8), to: path)
    return path
  }
}
