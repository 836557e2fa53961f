internal import ArgumentParser
internal import BlockingWork
internal import Digests
internal import Documents
internal import History
internal import Problems
internal import Running
internal import Store

struct Accept: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take the new result of a step that was forced to run again and gave other bytes.",
    discussion: """
      EXAMPLES
        larder accept quickstart:clean
        larder accept quickstart/slower:clean

      The next run uses the new result; the earlier one stays in the history.
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "REF:STEP") var target: String

  func run() async throws {
    let (repository, store) = try await options.openPast()
    let target = target
    let change = try await BlockingWork.run {
      try AcceptedResult(accepting: target, repository: repository, store: store)
    }
    if options.json {
      Console.out(change.document)
      return
    }
    Console.note("accepted for step `\(change.step)`:\n")
    for output in change.outputs {
      let from = output.before?.digest.short ?? "nothing"
      let to = output.after?.digest.short ?? "nothing"
      Console.note(
        output.before == output.after
          ? "  \(output.name): as before, \(to)\n" : "  \(output.name): \(from) → \(to)\n")
    }
    Console.note("the next run uses it; the earlier result stays in the history\n")
  }
}
