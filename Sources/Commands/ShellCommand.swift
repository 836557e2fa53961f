internal import ArgumentParser
internal import Documents
internal import Files
internal import Foundation
internal import Glibc
internal import Notebook
internal import Problems
internal import Reporting
internal import Running
internal import SystemPackage

struct ShellCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell",
    abstract: "Open a shell in the sandbox of a step, with its inputs.",
    discussion: """
      EXAMPLES
        larder shell quickstart clean
        larder shell ranks adapter@lora_r=4      one instance of a matrix
        larder shell quickstart stats --keep tried
        echo 'run && wc -l out/*' | larder shell quickstart stats

      The shell finds what the step would find: in/, params.json, its program, its
      environment and variables, no network unless the step has it. `run` runs the
      step's program. Limits of time, memory and disk do not hold. What is written
      is thrown away; --keep keeps out/. The step's result and the cache stay as
      they are. The exit code is the shell's.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var recipe: RecipeOptions
  @Argument(help: "The step.") var step: String
  @Option(
    help: ArgumentHelp("Where out/ goes when the shell ends.", valueName: "dir"),
    completion: .directory)
  var keep: String?

  func run() async throws {
    let kitchen = try options.findKitchen()
    let read = try recipe.read(options, kitchen)
    let step = try read.step(named: step)
    let store = try await options.openStore(kitchen)
    var runOptions = RunOptions(jobs: ProcessInfo.processInfo.activeProcessorCount)
    runOptions.recipeArguments = recipe.arguments(experiment: nil)
    let isTerminal = isatty(0) == 1 && isatty(1) == 1
    let style = options.style(forTerminal: Console.errorIsTerminal)
    let shell = try await StepShell(
      step, of: read, kitchen: kitchen, store: store, options: runOptions
    ) { progress in
      if isTerminal, !progress.text.isEmpty { Console.note("  \(progress.text)\n") }
    }
    let folder = options.workingFolder
    let target = keep.map { Files.absolute(folder.pushing(FilePath($0))) }
    let term = ProcessInfo.processInfo.environment["TERM"] ?? "dumb"
    let code = try await shell.open(terminal: isTerminal ? term : nil, keeping: target) { command in
      guard isTerminal else { return }
      Console.note(introduction(to: step, of: read, command, style))
    }
    if let target { Console.note("kept: \(Kitchen.shown(target, from: folder))\n") }
    if code != 0 { throw ExitCode(code) }
  }

  private func introduction(
    to step: Step, of recipe: Recipe, _ command: String?, _ style: Style
  ) -> String {
    let inputs = step.inputs.keys.sorted().joined(separator: ", ")
    let outputs = step.outputs.map { $0.isFolder ? "\($0.path)/" : $0.path }.joined(separator: ", ")
    let network = step.network ? "with the network" : "without network"
    return """
      a shell in the sandbox of \(style("\(recipe.name):\(step.id)", .strong)), \(network)
      in/   has \(inputs.isEmpty ? "nothing" : inputs)
      out/  is empty; the step writes \(outputs)
      \(command.map { "run   runs the step: \($0)" } ?? "The step has no program: Larder itself runs it.")
      What is written is thrown away\(keep == nil ? "" : ", all but out/") when the shell ends (Ctrl-D).

      """
  }
}
