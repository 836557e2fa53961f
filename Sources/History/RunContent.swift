package import Digests
package import Store

/// Everything that the commit of a run holds.
package struct RunContent: Hashable, Sendable {
  package enum Status: String, Hashable, Sendable, CaseIterable {
    case succeeded, failed, interrupted
    /// A manual step waits for evidence.
    case waiting
    /// The run was asked to stop after a step (`--until`).
    case until
  }

  /// An output of a step, under the path that its recipe declares.
  package struct Output: Hashable, Sendable {
    package var path: String
    package var artifact: Artifact
    package init(path: String, artifact: Artifact) {
      self.path = path
      self.artifact = artifact
    }
  }

  /// A file of `record/`.
  package enum Record: Hashable, Sendable {
    case bytes([UInt8])
    /// A blob of the store; inline or a pointer by the rule for results.
    case artifact(Artifact)
    /// A blob of the store, always as a pointer; of this many bytes.
    case pointer(Digest, size: Int64)
  }

  /// The recipe's name.
  package var recipe: String
  package var status: Status
  /// How many steps ran, were taken from the cache, and failed.
  package var ran: Int
  package var cached: Int
  package var failed: Int
  /// What the user said of the run (`--note`).
  package var note: String?
  /// When the run ended, in seconds since 1970.
  package var time: Int64
  package var larderVersion: String
  /// The commit of the kitchen's own Git repository, where it has one.
  package var kitchenCommit: String?
  /// Made by Larder on the side: `@last` stays the run that the user made.
  package var isAside = false

  /// `recipe/`: text, lock, resolved parameters, by path.
  package var recipeFiles: [String: [UInt8]]
  /// `actions/STEP.json`: action documents in canonical form, by step.
  package var actions: [String: [UInt8]]
  /// `result/STEP/PATH`, by step.
  package var results: [String: [Output]]
  /// `inputs/SHA256`: every `file:` input and source.
  package var inputs: Set<Artifact>
  /// `record/`: what may differ between identical runs, by path.
  package var record: [String: Record]

  package init(
    recipe: String, status: Status, ran: Int, cached: Int, failed: Int = 0, note: String? = nil,
    time: Int64, larderVersion: String, kitchenCommit: String? = nil,
    recipeFiles: [String: [UInt8]] = [:], actions: [String: [UInt8]] = [:],
    results: [String: [Output]] = [:], inputs: Set<Artifact> = [], record: [String: Record] = [:]
  ) {
    self.recipe = recipe
    self.status = status
    self.ran = ran
    self.cached = cached
    self.failed = failed
    self.note = note
    self.time = time
    self.larderVersion = larderVersion
    self.kitchenCommit = kitchenCommit
    self.recipeFiles = recipeFiles
    self.actions = actions
    self.results = results
    self.inputs = inputs
    self.record = record
  }

  /// The digest of what makes two runs the same: everything but `record/`, the counts and the note.
  ///
  /// It is in the commit's message (`Larder-Content`), so that a run that changes nothing is seen
  /// without a look at any result.
  package var identity: Digest {
    var hasher = SHA256Hasher()
    // A part is framed by its length, so that no byte can move from one part to the next.
    func add(_ text: String) {
      hasher.update("\(text.utf8.count):".utf8)
      hasher.update(text.utf8)
    }
    add("larder run content 1")
    for (name, files) in [("recipe", recipeFiles), ("actions", actions)] {
      add("\(name) \(files.count)")
      for path in RunContent.sorted(files.keys) {
        add(path)
        add(Digest(of: files[path] ?? []).hex)
      }
    }
    add("result \(results.count)")
    for step in RunContent.sorted(results.keys) {
      let outputs = (results[step] ?? []).map {
        "\($0.artifact.kind.rawValue) \($0.artifact.digest.hex) \($0.path)"
      }
      add(step)
      add("\(outputs.count)")
      for output in RunContent.sorted(outputs) { add(output) }
    }
    add("inputs \(inputs.count)")
    for input in RunContent.sorted(inputs.map { "\($0.kind.rawValue) \($0.digest.hex)" }) {
      add(input)
    }
    return hasher.finish()
  }

  /// By the bytes of their UTF-8.
  static func sorted(_ texts: some Sequence<String>) -> [String] {
    texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
