internal import ArgumentParser
internal import Running

struct Cat: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print an output of a past run, verified.",
    discussion: """
      EXAMPLES
        larder cat quickstart:score
        larder cat @last:clean.report
        larder cat 1a2b3c4d:model/config.json
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "REF:STEP[.OUTPUT][@LABEL][/PATH]") var target: String

  func run() async throws {
    try await options.openOutput(target).read { Console.out($0) }
  }
}
