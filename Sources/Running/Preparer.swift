internal import BlockingWork
package import Digests
package import Documents
internal import Environments
internal import Executors
internal import Files
package import Notebook
internal import Planning
internal import Problems
internal import Recording
internal import Steps
package import Store
package import SystemPackage

/// Resolves what a recipe names outside of itself: files, sources, environments, interpreters.
package struct Preparer: Sendable {
  /// How far it may go.
  package enum Reach: Hashable, Sendable {
    /// Looks only: what is not pinned stays unknown.
    case look
    /// Pins what is not pinned, and writes the lock.
    case pin
    /// Pins what is not pinned, and these steps and environments again.
    case renew(Set<StepID>)
  }

  package let kitchen: Kitchen
  package let store: any Store
  package let options: RunOptions
  package let report: @Sendable (String, Progress?) -> Void

  package init(
    kitchen: Kitchen, store: any Store, options: RunOptions,
    report: @escaping @Sendable (String, Progress?) -> Void
  ) {
    self.kitchen = kitchen
    self.store = store
    self.options = options
    self.report = report
  }

  /// - Throws: problems with files, the lock, licences, tools and everything outside.
  package func prepare(_ recipe: Recipe, reach: Reach) async throws -> Preparation {
    let steps = recipe.steps
    let host = Host.current()
    let files = try await readFiles(of: recipe)
    var locks = try RecipeLocks(of: recipe)
    let runs = try await readRuns(of: recipe, reach: reach, locks: &locks)
    var unavailable: [StepID: Problem] = [:]
    var python: String?
    do { python = try await pythonVersion(for: steps) } catch let problem as Problem {
      guard options.replay != nil else { throw problem }
      for step in steps where environmentName(of: step) != nil { unavailable[step.id] = problem }
    }

    var pins: [StepID: Lock.Source] = [:]
    for step in steps {
      guard case .library(let kind) = step.work, let source = Sources.all[kind] else { continue }
      let id = try source.lockKey(step.parameters)
      if let pin = locks.lock(of: step.id).sources[id], !reach.renews(step.id) {
        pins[step.id] = pin
      } else if reach != .look {
        try refuseIfLocked("the source of step `\(step.id)`", locks.owner(of: step.id))
        let pin = try await resolve(source, step)
        pins[step.id] = pin
        try locks.add(for: step.id) { $0.sources[id] = pin }
      }
      if let pin = pins[step.id] {
        try LicenceCheck.check(
          step.id, pin: pin, parameters: step.parameters, allowed: locks.licences(of: step.id))
      }
    }

    var environments: [StepID: Preparation.StepEnvironment] = [:]
    var known: [String: Preparation.StepEnvironment] = [:]
    for step in steps {
      guard unavailable[step.id] == nil, let name = environmentName(of: step) else { continue }
      let shelf = "\(name.isShipped ? "shipped" : "own") \(name.name)"
      if let environment = known[shelf] {
        environments[step.id] = environment
        continue
      }
      let pin: Lock.Environment
      if let request = recipe.environments[name.name], !name.isShipped {
        let id = Preparer.lockKey(of: request)
        if let found = locks.lock(of: step.id).environments[id], !reach.renews(step.id),
          // A replay takes the pin as it is: where it does not fit, building says so.
          python == nil || options.replay != nil
            || python.map({ $0.hasPrefix(found.python + ".") || $0 == found.python }) == true
        {
          pin = found
        } else if reach != .look {
          try refuseIfLocked("the environment `\(name.name)`", locks.owner(of: step.id))
          let resolved = try await resolve(request)
          pin = resolved
          try locks.add(for: step.id) { $0.environments[id] = resolved }
        } else {
          continue
        }
      } else {
        pin = try ShippedEnvironments.pin(name.name)
      }
      let environment = Preparation.StepEnvironment(
        name: name.isShipped ? name.name : recipe.environments[name.name]?.name ?? name.name,
        label: name.name, pin: pin,
        digest: pin.digest(python: python ?? pin.python, platform: host.platformTag))
      known[shelf] = environment
      environments[step.id] = environment
    }

    let interpreters = try await interpreterVersions(for: steps) { step, problem in
      guard options.replay != nil else { throw problem }
      unavailable[step.id] = problem
    }
    return Preparation(
      recipe: recipe, place: RecipeFiles.place(of: recipe, in: kitchen), files: files, runs: runs,
      lock: locks.own, joinedLocks: locks.joined, pythonVersion: python,
      platform: Action.Platform(
        architecture: host.architecture, libc: host.cLibrary, system: host.systemImage),
      pins: pins,
      environments: environments,
      interpreterVersions: interpreters, unavailable: unavailable)
  }

  /// The lock beside a recipe.
  package static func lockPath(of recipe: Recipe) -> FilePath {
    recipe.path.removingLastComponent().appending("\(recipe.name).lock")
  }

  /// The lock at a path, empty where there is none.
  package static func readLock(_ path: FilePath) throws -> Lock {
    guard Files.exists(path) else { return Lock() }
    return try Lock(parsing: try Files.readText(path), displayPath: path.string)
  }

  /// The key of an environment in the lock: the digest of its sorted requirements.
  package static func lockKey(of request: EnvironmentRequest) -> Digest {
    Digest(of: JSON.array(request.requirements.sorted().map { .string($0) }))
  }

  func refuseIfLocked(_ what: String, _ recipe: String) throws {
    guard options.isLocked else { return }
    throw Problem(
      .user, "locked", "\(what) has no pin in \(recipe).lock, and --locked forbids to add one",
      hint: "run `larder lock \(recipe)` and commit the lock")
  }

  // MARK: Files

  private func readFiles(of recipe: Recipe) async throws -> [String: Artifact] {
    let paths = Set(
      recipe.steps.flatMap { step in
        step.inputs.values.compactMap { if case .file(let path) = $0 { path } else { nil } }
      }
    ).union(recipe.environments.values.compactMap(\.file))
    let folder = recipe.path.removingLastComponent()
    let (store, rehashes) = (store, options.rehashes)
    return try await BlockingWork.run {
      var files: [String: Artifact] = [:]
      for path in paths.sorted() {
        files[path] = try Preparer.read(
          folder.pushing(FilePath(path)), into: store, rehashes: rehashes)
      }
      return files
    }
  }

  /// Copies a file or folder into the store, or finds it there by its stamp.
  private static func read(_ path: FilePath, into store: any Store, rehashes: Bool) throws
    -> Artifact
  {
    guard let target = Files.resolved(path), let kind = Files.kind(target) else {
      throw Problem(
        .user, "no-file", "the input file \(path) does not exist", hint: "check its path")
    }
    if kind == .folder { return try store.putFolder(target) }
    for _ in 0..<5 {
      let stamp = FileStamp(target)
      if !rehashes, let stamp, let known = try store.knownDigest(of: target, stamp: stamp),
        try store.contains(known)
      {
        return known
      }
      let start = FileStamp.now()
      let artifact = try store.putFile(target)
      // The bytes are the file's only if nobody wrote to it meanwhile.
      guard let stamp, stamp == FileStamp(target) else { continue }
      if stamp.isSettled(at: start) { try store.remember(artifact, of: target, stamp: stamp) }
      return artifact
    }
    throw Problem(
      .user, "file-changes", "the input file \(path) changes while it is read",
      hint: "run again when whatever writes it is done")
  }

  // MARK: Outside

  private func resolve(_ source: any Source, _ step: Step) async throws -> Lock.Source {
    let label = "pinning the source of `\(step.id)`"
    report(label, nil)
    let report = report
    return try await withSourceContext({ report(label, $0) }) { context in
      try source.resolve(step.parameters, in: context).pin
    }
  }

  /// Gives the body what a source may use to reach the outside, on a thread that may block.
  func withSourceContext<Value: Sendable>(
    _ report: @escaping @Sendable (Progress) -> Void,
    _ body: @escaping @Sendable (SourceContext) throws -> Value
  ) async throws -> Value {
    let stop = StopFlag()
    let context = SourceContext(
      store: store, workFolder: kitchen.cache.appending("downloads"), distdirs: options.distdirs,
      offline: options.isOffline || options.replay != nil, report: report,
      checkCancelled: { try stop.check() })
    return try await withTaskCancellationHandler {
      try await BlockingWork.run { try body(context) }
    } onCancel: {
      stop.raise()
    }
  }

  private func resolve(_ request: EnvironmentRequest) async throws -> Lock.Environment {
    if options.isOffline {
      throw Problem(
        .environment, "offline",
        "the environment `\(request.name)` is not in the lock, and --offline forbids to resolve it",
        hint: "run `larder lock` once with the network")
    }
    report("resolving the environment `\(request.name)`", nil)
    let report = report
    return try await EnvironmentResolver(distdirs: options.distdirs).lock(request) {
      report("resolving the environment `\(request.name)`", $0)
    }
  }

  private func environmentName(of step: Step) -> (name: String, isShipped: Bool)? {
    if let name = step.environment { return (name, false) }
    guard case .python(let program, _)? = StepLibrary.implementation(of: step)
    else { return nil }
    return (program.environment, true)
  }

  // MARK: Tools

  private func pythonVersion(for steps: [Step]) async throws -> String? {
    guard steps.contains(where: { environmentName(of: $0) != nil }) else { return nil }
    guard let version = try await ToolVersions(store: store).version(of: "python") else {
      throw Problem(
        .environment, "no-python", "the recipe needs Python, and there is no /usr/bin/python3",
        hint: "install it: apt-get install python3 python3-pip python3-venv")
    }
    return version
  }

  private func interpreterVersions(
    for steps: [Step], missing: (Step, Problem) throws -> Void
  ) async throws -> [String: String] {
    var versions: [String: String] = [:]
    for step in steps {
      guard case .script(_, let interpreter, _) = step.work, let name = interpreter.first,
        versions[name] == nil
      else { continue }
      if let version = try await ToolVersions(store: store).version(of: name) {
        versions[name] = version
      } else if step.environment == nil {
        try missing(
          step,
          Problem(
            .environment, "no-interpreter",
            "step `\(step.id)` runs with `\(name)`, which is not installed where the sandbox sees it (/usr/bin)",
            hint: "install its Debian package, or change `run:`"))
      }
    }
    return versions
  }
}

extension Preparer.Reach {
  func renews(_ id: StepID) -> Bool {
    if case .renew(let steps) = self { steps.contains(id) } else { false }
  }
}
