internal import ArgumentParser
internal import Files
internal import Running
internal import SystemPackage

struct Get: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy an output of a past run, file or folder, out of the store.",
    discussion: """
      EXAMPLES
        larder get quickstart:adapter -o adapter
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "REF:STEP[.OUTPUT][@LABEL][/PATH]") var target: String
  @Option(name: .shortAndLong, help: "Where to write it.", completion: .file())
  var output: String

  func run() async throws {
    let path = Files.absolute(FilePath(output))
    try await options.openOutput(target).copy(to: path)
    Console.note("wrote \(output)\n")
  }
}
