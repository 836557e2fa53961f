internal import ArgumentParser
internal import Digests
internal import Documents
internal import Foundation
internal import History
internal import Problems
internal import Replay
internal import Reporting
internal import Running
internal import Store

struct Show: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a past run, or one step of it.",
    discussion: """
      EXAMPLES
        larder show quickstart
        larder show quickstart:clean
        larder show ranks:adapter@lora_r=4     one instance of a matrix
        larder show quickstart:clean --action  the document whose SHA-256 is its key
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "REF, or REF:STEP") var reference: String
  @Flag(help: "Print the step's action document.") var action = false

  func run() async throws {
    let kitchen = try options.findKitchen()
    let repository = try HistoryRepository(at: kitchen.history)
    let parts = reference.split(separator: ":", maxSplits: 1).map(String.init)
    guard let name = parts.first else {
      throw Problem(.user, "reference", "the reference is empty", hint: "name a run: larder runs")
    }
    let run = try repository.resolve(name)
    if parts.count > 1 {
      let step = try PastOutput.stepName(parts[1], in: run, repository)
      let document = try PastOutput.action(of: step, in: run, repository)
      if action {
        Console.out(document.canonicalBytes)
      } else {
        let store = try await options.openStore(kitchen)
        try show(step: step, document, run, repository, store)
      }
    } else if action {
      throw Problem(.user, "no-step", "--action needs a step", hint: "write \(reference):STEP")
    } else {
      try show(run, repository)
    }
  }

  private func show(
    step: String, _ document: JSON, _ run: PastRun, _ repository: HistoryRepository,
    _ store: any Store
  ) throws {
    let key = Digest(of: document)
    if options.json {
      Console.out([
        "step": .string(step), "key": .digest(key), "action": document,
        "class": .string(try Determinism.measured(key, in: store).determinism.rawValue),
      ])
      return
    }
    var lines = ["\(step) of run \(run.id.short)", "key     \(key)"]
    let measured = try Determinism.measured(key, in: store)
    if measured.executions > 0 {
      lines.append(
        "class   \(measured.determinism.rawValue), measured by \(measured.executions) executions")
    }
    for name in JSON.canonicalOrder((document["inputs"]?.object ?? [:]).keys) {
      let digest = document["inputs"]?[name]?.object?.values.first?.string ?? ""
      lines.append("in      \(name)  \(digest)")
    }
    for name in JSON.canonicalOrder((document["parameters"]?.object ?? [:]).keys) {
      lines.append("with    \(name): \(document["parameters"]?[name]?.canonicalText ?? "")")
    }
    for entry in try repository.entries(run.id, "result/\(step)") {
      let path = "result/\(step)/\(entry.name)"
      if entry.kind == .folder {
        lines.append("result  \(entry.name)/")
      } else if let bytes = try repository.read(run.id, path) {
        let pointer = Pointer(bytes)
        let digest = pointer?.digest ?? Digest(of: bytes)
        lines.append(
          "result  \(entry.name)  \(digest)  \(Words.bytes(pointer?.size ?? Int64(bytes.count)))")
      }
    }
    Console.out(lines.joined(separator: "\n") + "\n")
  }

  private func show(_ run: PastRun, _ repository: HistoryRepository) throws {
    let record = try repository.read(run.id, "record/run.json").map { try JSON(parsing: $0) }
    if options.json {
      Console.out([
        "run": .string(String(run.id.hex.prefix(8))), "commit": .string(run.id.hex),
        "branch": .string(run.branch.description), "status": .string(run.status.rawValue),
        "result": .string(run.resultTree.hex), "record": record ?? .null,
      ])
      return
    }
    var lines = [
      "run     \(run.id)", "branch  \(run.branch)", "status  \(run.status.rawValue)",
      "ended   \(Date(timeIntervalSince1970: Double(run.time)).formatted(.iso8601))",
      "result  \(run.resultTree)",
    ]
    if let seconds = record?["seconds"]?.number {
      lines.append("took    \(Words.duration(seconds))")
    }
    for name in try repository.submissionNamesByRun()[run.id] ?? [] {
      lines.append("sent    submission/\(name)")
    }
    if let note = run.note { lines.append("note    \(note)") }
    if let parameters = try repository.read(run.id, "recipe/parameters.json").map({
      try JSON(parsing: $0)
    }),
      let members = parameters.object
    {
      for name in JSON.canonicalOrder(members.keys) {
        lines.append("param   \(name): \(members[name]?.canonicalText ?? "")")
      }
    }
    lines.append("")
    var table = TextTable(["step", "status", "time", "key"], [.left, .left, .right, .left])
    let steps = record?["steps"]?.object ?? [:]
    for name in JSON.canonicalOrder(steps.keys) {
      let step = steps[name]
      table.add([
        name, step?["status"]?.string ?? "", step?["seconds"]?.number.map(Words.duration) ?? "",
        step?["key"]?.digest?.short ?? "",
      ])
    }
    Console.out((lines + table.lines).joined(separator: "\n") + "\n")
  }
}
