internal import ArgumentParser
internal import Documents
internal import Foundation
internal import History
internal import Problems
internal import Reporting
internal import Running

struct Runs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List past runs, newest first.",
    discussion: """
      EXAMPLES
        larder runs
        larder runs quickstart -n 5
        larder runs quickstart/slower --json
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "A recipe, or RECIPE/EXPERIMENT.") var branch: String?
  @Option(name: .customShort("n"), help: "How many.") var count = 20

  func run() async throws {
    let repository = try HistoryRepository(at: try options.findKitchen().history)
    let runs = try find(in: repository)
    let submissions = try repository.submissionNamesByRun()
    if options.json {
      Console.out(.array(runs.map { document($0, submissions[$0.id] ?? []) }))
      return
    }
    var table = TextTable(
      ["run", "when", "branch", "status", "result", ""], [.left, .left, .left, .left, .left, .left])
    for run in runs {
      table.add([
        String(run.id.hex.prefix(8)), time(run), run.branch.description, run.status.rawValue,
        String(run.resultTree.hex.prefix(8)),
        ((submissions[run.id] ?? []).map { "submission/\($0)" } + (run.note.map { [$0] } ?? []))
          .joined(separator: "  "),
      ])
    }
    if runs.isEmpty {
      Console.note("no runs yet: larder run RECIPE makes the first\n")
    } else {
      Console.out(table.lines.joined(separator: "\n") + "\n")
    }
  }

  private func find(in repository: HistoryRepository) throws -> [PastRun] {
    guard let branch else { return try repository.runs(limit: max(0, count)) }
    let known = try repository.branches()
    let chosen = known.filter { $0.description == branch || $0.recipe == branch }
    guard !chosen.isEmpty else {
      throw Problem(
        .user, "no-runs", "no run of `\(branch)`",
        hint: Suggestion.hint(
          for: branch, among: Set(known.map(\.recipe) + known.map(\.description)))
          ?? "branches: \(known.map(\.description).joined(separator: ", "))")
    }
    let runs = try chosen.flatMap { try repository.runs(of: $0, limit: max(0, count)) }
    return Array(runs.sorted { $0.time > $1.time }.prefix(max(0, count)))
  }

  private func time(_ run: PastRun) -> String {
    Date(timeIntervalSince1970: Double(run.time)).formatted(.iso8601)
  }

  private func document(_ run: PastRun, _ submissions: [String]) -> JSON {
    var parts: [String: JSON] = [
      "run": .string(String(run.id.hex.prefix(8))), "commit": .string(run.id.hex),
      "branch": .string(run.branch.description), "status": .string(run.status.rawValue),
      "time": .string(time(run)), "result": .string(run.resultTree.hex),
      "summary": .string(run.summary),
    ]
    if let note = run.note { parts["note"] = .string(note) }
    if !submissions.isEmpty { parts["submissions"] = .array(submissions.map { .string($0) }) }
    return .object(parts)
  }
}
