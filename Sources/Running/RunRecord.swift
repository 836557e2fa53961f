package import Digests
package import Documents
internal import Files
package import History
package import Notebook
internal import Problems
package import Store
package import SystemPackage

/// Everything that the commit of a past run says of it.
package struct RunRecord: Sendable {
  package let run: PastRun
  /// The files of `recipe/`, by path.
  package let recipeFiles: [String: [UInt8]]
  /// The action documents, by step.
  package let actions: [StepID: JSON]
  /// `record/run.json`.
  package let record: JSON
  /// The recording documents, by step: as digests of the store, or the bytes of inline ones.
  package let recordings: [StepID: Recorded]
  /// The environment documents, by the digest that action documents hold.
  package let environments: [Digest: JSON]
  /// The machine documents, by digest.
  package let machines: [Digest: JSON]
  /// What `inputs/` names: `file:` inputs and sources.
  package let inputs: Set<Digest>

  /// A recording document as the commit has it.
  package enum Recorded: Hashable, Sendable {
    case inline([UInt8])
    case stored(Digest, size: Int64)

    package var digest: Digest {
      switch self {
      case .inline(let bytes): Digest(of: bytes)
      case .stored(let digest, _): digest
      }
    }
  }

  /// - Throws: a damage problem where the commit is not what a run writes.
  package init(_ run: PastRun, in history: HistoryRepository) throws {
    self.run = run
    func files(in folder: String) throws -> [String: [UInt8]] {
      var found: [String: [UInt8]] = [:]
      var folders = [folder]
      while let next = folders.popLast() {
        for entry in try history.entries(run.id, next) {
          let path = "\(next)/\(entry.name)"
          if entry.kind == .folder {
            folders.append(path)
          } else {
            found[String(path.dropFirst(folder.count + 1))] = try history.read(run.id, path)
          }
        }
      }
      return found
    }
    func steps(_ files: [String: [UInt8]]) -> [StepID: [UInt8]] {
      var steps: [StepID: [UInt8]] = [:]
      for (name, bytes) in files where name.hasSuffix(".json") {
        if let id = StepID(String(name.dropLast(5))) { steps[id] = bytes }
      }
      return steps
    }
    do {
      recipeFiles = try files(in: "recipe")
      actions = try steps(files(in: "actions")).mapValues { try JSON(parsing: $0) }
      recordings = try steps(files(in: "record/recordings")).mapValues { bytes in
        Pointer(bytes).map { .stored($0.digest, size: $0.size) } ?? .inline(bytes)
      }
      var environments: [Digest: JSON] = [:]
      for bytes in try files(in: "record/environments").values {
        let document = try JSON(parsing: bytes)
        if let digest = document["digest"]?.digest { environments[digest] = document }
      }
      self.environments = environments
      var machines: [Digest: JSON] = [:]
      for bytes in try files(in: "record/machines").values {
        machines[Digest(of: bytes)] = try JSON(parsing: bytes)
      }
      self.machines = machines
      guard let bytes = try history.read(run.id, "record/run.json") else {
        throw Problem(.damage, "bad-run", "the run \(run.id.short) has no record/run.json")
      }
      record = try JSON(parsing: bytes)
      inputs = Set(try history.entries(run.id, "inputs").compactMap { Digest($0.name) })
    } catch let problem as Problem {
      throw Problem(
        .damage, problem.code, "cannot read the run \(run.id.short): \(problem.message)",
        hint: problem.hint)
    }
  }

  /// A record of what was read of a run already; what was not is empty in it.
  package init(_ run: PastRun, actions: [StepID: JSON], record: JSON) {
    self.run = run
    recipeFiles = [:]
    self.actions = actions
    self.record = record
    recordings = [:]
    environments = [:]
    machines = [:]
    inputs = []
  }

  /// The recipe's name.
  package var recipe: String { run.branch.recipe }

  /// What a step of the run gave, by output name; empty where it did not succeed.
  package func outputs(of step: StepID) -> [String: Artifact] {
    (record["steps"]?[step.text]?["outputs"]?.object ?? [:])
      .compactMapValues { Artifact(record: $0) }
  }

  /// The machine on which a step's result was made, where that was noted.
  package func machine(of step: StepID) -> JSON? {
    record["steps"]?[step.text]?["machine"]?.digest.flatMap { machines[$0] } ?? record["machine"]
  }

  /// Writes every output that the run gave to `STEP/PATH` in a folder that does not exist yet.
  ///
  /// - Returns: how many outputs were written.
  /// - Throws: an environment problem that names what the store lacks; nothing is left then.
  package func bringBack(
    to target: FilePath, history: HistoryRepository, store: any Store
  ) throws -> Int {
    guard !Files.exists(target) else {
      throw Problem(
        .user, "exists", "cannot write \(target): something is there already",
        hint: "remove it, or choose another folder")
    }
    let parent = target.removingLastComponent()
    let draft = try Files.makeTemporaryFolder(in: parent, prefix: ".larder-")
    defer { try? Files.remove(draft) }
    var count = 0
    for (id, action) in actions {
      for (_, path) in action["outputs"]?.object ?? [:] {
        guard let declared = path.string else { continue }
        let isFolder = declared.hasSuffix("/")
        let place = draft.appending(id.text).pushing(FilePath(declared))
        try Files.makeFolder(place.removingLastComponent())
        try PastOutput(
          of: id, path: isFolder ? String(declared.dropLast()) : declared, isFolder: isFolder,
          in: run, history, store
        ).copy(to: place)
        count += 1
      }
    }
    try Files.rename(draft, to: target)
    return count
  }

  /// How long the steps of the run took when they were executed, in seconds.
  package var seconds: Double { record["seconds"]?.number ?? 0 }
}
