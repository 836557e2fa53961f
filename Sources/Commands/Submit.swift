internal import ArgumentParser
internal import BlockingWork
internal import Documents
internal import Files
internal import History
internal import Problems
internal import Reporting
internal import Running

struct Submit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tag a run as a submission, after a look whether everything of it is kept.",
    discussion: """
      The tag is `submission/NAME` in artifacts/history.git. It is never moved.

      EXAMPLES
        larder submit quickstart --name first
        larder submit 1a2b3c4d --name warm-2 --remark "seven modules, two epochs"
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The run: as RECIPE, RECIPE/EXPERIMENT, RECIPE~1, its digits, or @last.")
  var reference: String
  @Option(help: "The submission's name.") var name: String
  @Option(help: "A remark, kept in the tag.") var remark: String?

  func run() async throws {
    let (repository, store) = try await options.openPast()
    let (name, remark, reference) = (name, remark, reference)
    let (submission, isNew) = try await BlockingWork.run {
      let run = try repository.resolve(reference)
      try Submit.check(run)
      if let missing = try RunPointers.missing(of: run, in: repository, store).first {
        throw Problem(
          .environment, "missing-blob",
          "cannot submit run \(run.id.short): \(missing.path) (\(missing.digest)) is no longer in "
            + "the store",
          hint: "run the recipe again, which makes it anew: larder run \(run.branch.recipe)")
      }
      return try repository.submit(
        run, as: name, remark: remark, time: FileStamp.now() / 1_000_000_000,
        larderVersion: Release.version)
    }
    let run = submission.run
    if options.json {
      Console.out([
        "name": .string(submission.name), "run": .string(String(run.id.hex.prefix(8))),
        "commit": .string(run.id.hex), "branch": .string(run.branch.description),
        "result": .string(run.resultTree.hex), "tag": .string(submission.tag.hex),
        "new": .bool(isNew),
      ])
    }
    if !isNew { Console.note("nothing to do: the run is that submission already\n") }
    Console.note(
      """
      \(submission.reference): run \(run.id.hex.prefix(8)) of \(run.branch), \
      result \(run.resultTree.hex.prefix(8))
      when the leaderboard has answered: larder score \(submission.name) --win-rate P --rating R

      """)
  }

  /// Only a run that succeeded as a whole can be submitted.
  private static func check(_ run: PastRun) throws {
    let again =
      run.branch.experiment == "main"
      ? "larder run \(run.branch.recipe)"
      : "larder run \(run.branch.recipe) --name \(run.branch.experiment), with its --set options"
    let (reason, hint): (String, String) =
      switch run.status {
      case .succeeded: ("", "")
      case .failed: ("a step of it failed", "mend the recipe and run it again: \(again)")
      case .interrupted: ("it was interrupted", "run it again, which goes on from there: \(again)")
      case .waiting: ("a manual step waits for evidence", "bring it in, then run again: \(again)")
      case .until: ("it was run in part (--until)", "run it as a whole: \(again)")
      }
    guard run.status == .succeeded else {
      throw Problem(
        .user, "not-succeeded",
        "cannot submit run \(run.id.short) of \(run.branch): its status is "
          + "`\(run.status.rawValue)`, \(reason)", hint: hint)
    }
  }
}
