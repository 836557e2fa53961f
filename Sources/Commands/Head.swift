internal import ArgumentParser
internal import Problems
internal import Running

struct Head: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the first lines of an output of a past run.",
    discussion: """
      EXAMPLES
        larder head quickstart:clean -n 3
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "REF:STEP[.OUTPUT][@LABEL][/PATH]") var target: String
  @Option(name: .customShort("n"), help: "How many lines.") var lines = 10

  private struct Enough: Error {}

  func run() async throws {
    guard lines >= 0 else {
      throw Problem(.user, "lines", "-n \(lines) is not usable", hint: "give a number from 0 on")
    }
    var left = lines
    guard left > 0 else { return }
    do {
      try await options.openOutput(target).read { bytes in
        var end = bytes.startIndex
        while left > 0, let newline = bytes[end...].firstIndex(of: UInt8(ascii: "\n")) {
          end = newline + 1
          left -= 1
        }
        Console.out(left == 0 ? Array(bytes[..<end]) : bytes)
        if left == 0 { throw Enough() }
      }
    } catch is Enough {}
  }
}
