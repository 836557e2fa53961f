internal import ArgumentParser
internal import Documents
internal import Glibc
internal import Problems
internal import Reporting
internal import Running

/// The `larder` program: parses the command line, performs the verb, and gives the exit code.
package enum LarderProgram {
  /// Performs the command line of the process and ends it.
  package static func run() async -> Never {
    signal(SIGPIPE, SIG_IGN)
    exit(await perform(Array(CommandLine.arguments.dropFirst())))
  }

  private static func perform(_ arguments: [String]) async -> Int32 {
    do {
      var command = try LarderCommand.parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return 0
    } catch let code as ExitCode {
      return code.rawValue
    } catch let problems as Problems {
      return report(problems.all, arguments)
    } catch let problem as Problem {
      return report([problem], arguments)
    } catch is CancellationError {
      return report([.interrupted], arguments)
    } catch {
      let code = LarderCommand.exitCode(for: error)
      if code == .success {
        Console.out(LarderCommand.fullMessage(for: error) + "\n")
        return 0
      }
      if code == .validationFailure {
        Console.note(LarderCommand.fullMessage(for: error) + "\n")
        return Problem.Tier.user.exitCode
      }
      return report([Problem(error)], arguments)
    }
  }

  private static func report(_ problems: [Problem], _ arguments: [String]) -> Int32 {
    if arguments.contains("--json") {
      switch arguments.first {
      case "run", "supply":
        for problem in problems { Console.out(RunJSON.object(for: problem)) }
        Console.out(RunJSON.refused)
      case "check": break
      default: Console.out(.array(problems.map { RunJSON.object(for: $0) }))
      }
    }
    Console.note(problems.map(\.description).joined(separator: "\n\n") + "\n")
    if problems.count > 1 { Console.note("\n\(problems.count) mistakes\n") }
    return problems.first?.tier.exitCode ?? 1
  }
}

struct LarderCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "larder",
    abstract: "Runs recipes: Markdown notebooks whose cells make data, models and scores.",
    discussion: """
      EXAMPLES
        larder new notes              start a recipe: recipes/notes.md
        larder run notes              run what changed, keep every output
        larder run notes --explain    and say why each step runs
        larder plan notes             what would run, without running it
        larder cat notes:STEP         an output of the newest run

      Exit codes: 0 done, 1 a step failed, 2 the command or the recipe is wrong,
      3 the environment lacks something, 4 a difference was found, 5 the store or
      the history is damaged, 75 a manual step waits, 130 interrupted.
      Completion: larder --generate-completion-script bash|zsh|fish
      """,
    version: Release.description,
    groupedSubcommands: [
      CommandGroup(
        name: "Recipes",
        subcommands: [
          New.self, Check.self, PlanCommand.self, Run.self, Watch.self, Supply.self, Accept.self,
          Lock.self,
        ]),
      CommandGroup(
        name: "Looking closer",
        subcommands: [Diff.self, Explain.self, Log.self, ShellCommand.self, Steps.self]),
      CommandGroup(
        name: "Past runs",
        subcommands: [
          Runs.self, Show.self, Render.self, Serve.self, Cat.self, Head.self, Get.self,
        ]),
      CommandGroup(
        name: "Experiments",
        subcommands: [TableCommand.self, Attribute.self, LineageCommand.self]),
      CommandGroup(
        name: "Submissions", subcommands: [Submit.self, ScoreCommand.self, LeaderboardCommand.self]),
      CommandGroup(
        name: "Making it again",
        subcommands: [Verify.self, ReplayCommand.self, BundleCommand.self]),
      CommandGroup(name: "Upkeep", subcommands: [Doctor.self]),
    ])
}
