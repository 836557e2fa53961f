internal import Digests
internal import Documents
internal import Foundation
internal import History
internal import Problems
internal import Store

/// `provenance.json`: an in-toto Statement v1 (https://in-toto.io/Statement/v1) with a SLSA
/// provenance v1 predicate (https://slsa.dev/provenance/v1), which says of the outputs how they were
/// made.
struct Provenance {
  /// `docs/formats.md` says what the parameters of this type are.
  static let buildType = "urn:larder:run:1"
  static let builder = "urn:larder:release:"

  let content: BundleContent
  private var run: PastRun { content.run }
  private var history: HistoryRepository { content.history }

  func document() throws -> JSON {
    let record = try json("record/run.json")
    var metadata: [String: JSON] = [
      "invocationId": .string(run.id.hex), "finishedOn": .string(Provenance.time(run.time)),
    ]
    if let started = record?["started"]?.string { metadata["startedOn"] = .string(started) }
    return [
      "_type": "https://in-toto.io/Statement/v1",
      "subject": .array(try subjects()),
      "predicateType": "https://slsa.dev/provenance/v1",
      "predicate": [
        "buildDefinition": [
          "buildType": .string(Provenance.buildType),
          "externalParameters": try parameters(),
          "internalParameters": ["branch": .string(run.branch.description)],
          "resolvedDependencies": .array(try dependencies()),
        ],
        "runDetails": [
          "builder": [
            "id": .string(Provenance.builder + (run.larderVersion ?? "unknown")),
            "version": ["larder": .string(run.larderVersion ?? "unknown")],
          ],
          "metadata": .object(metadata),
        ],
      ],
    ]
  }

  private func json(_ path: String) throws -> JSON? {
    try history.read(run.id, path).flatMap { try? JSON(parsing: $0) }
  }

  private static func time(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }

  private func parameters() throws -> JSON {
    let recipe = run.branch.recipe
    var parts: [String: JSON] = ["recipe": .string(recipe)]
    if let text = try history.read(run.id, "recipe/\(recipe).md") {
      parts["recipeDigest"] = ["sha256": .string(Digest(of: text).hex)]
    }
    if let parameters = try json("recipe/parameters.json") { parts["parameters"] = parameters }
    return .object(parts)
  }

  private func dependencies() throws -> [JSON] {
    var list: [JSON] = []
    for entry in try history.entries(run.id, "inputs") {
      list.append([
        "name": .string("inputs/\(entry.name)"), "digest": ["sha256": .string(entry.name)],
      ])
    }
    for entry in try history.entries(run.id, "record/environments") {
      let document = try json("record/environments/\(entry.name)")
      for file in document?["files"]?.array ?? [] {
        guard let digest = file["sha256"]?.digest else { continue }
        let name = file["file"]?.string ?? ""
        let shown = name.isEmpty ? file["name"]?.string ?? "" : name
        list.append([
          "name": .string("environments/\(document?["name"]?.string ?? "")/\(shown)"),
          "digest": ["sha256": .string(digest.hex)],
        ])
      }
    }
    return list
  }

  /// Every file under `result/`; a folder that is kept as one pointer is named by its tree object.
  private func subjects() throws -> [JSON] {
    var list: [JSON] = []
    var folders = ["result"]
    while let folder = folders.popLast() {
      for entry in try history.entries(run.id, folder) {
        let path = "\(folder)/\(entry.name)"
        if entry.kind == .folder {
          folders.append(path)
        } else if let bytes = try history.read(run.id, path) {
          let digest = Pointer(bytes)?.digest ?? Digest(of: bytes)
          list.append(["name": .string(path), "digest": ["sha256": .string(digest.hex)]])
        }
      }
    }
    // A statement needs a subject: of a run without outputs it is the commit.
    if list.isEmpty {
      list = [["name": .string("run"), "digest": ["gitCommit": .string(run.id.hex)]]]
    }
    return list.sorted {
      ($0["name"]?.string ?? "").utf8.lexicographicallyPrecedes(($1["name"]?.string ?? "").utf8)
    }
  }
}
