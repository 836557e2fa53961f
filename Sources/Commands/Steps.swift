internal import ArgumentParser
internal import Documents
internal import Steps

struct Steps: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the step library, or print the page of one kind of step.",
    discussion: """
      EXAMPLES
        larder steps
        larder steps train/lora
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(
    help: "A kind of step, as in train/lora.",
    completion: .list(StepLibrary.declarations.keys.sorted()))
  var kind: String?

  func run() async throws {
    guard let kind else {
      Console.out(StepLibrary.listing())
      return
    }
    Console.out(try StepLibrary.manual(for: kind))
  }
}
