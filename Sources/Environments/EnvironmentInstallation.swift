internal import BlockingWork
internal import Digests
internal import Documents
internal import Files
internal import Notebook
internal import Problems
internal import Processes
internal import SystemPackage

/// The making of one environment in a temporary folder.
struct EnvironmentInstallation: Sendable {
  let environment: Lock.Environment
  let builder: EnvironmentBuilder
  let pip: Pip
  /// The virtual environment.
  let folder: FilePath
  /// Lists, downloads and built wheels; thrown away.
  let work: FilePath
  let report: @Sendable (Progress) -> Void

  private var target: FilePath { folder.appending("bin").appending("python3") }

  func perform() async throws {
    try Files.makeFolder(work)
    let progress = PipProgress(total: environment.files.count, report: report)
    progress.say("preparing")
    try await makeVirtualEnvironment()
    let sources = try await installWheels(progress)
    for file in sources { try await installSource(file, progress) }
    progress.say("compiling")
    try await BlockingWork.run {
      try finishScripts()
      try writeConfiguration()
    }
    try await compile()
    _ = try await Command("/usr/bin/sync", ["-f", folder.string]).output(timeLimit: 3600)
  }

  private func makeVirtualEnvironment() async throws {
    let (succeeded, said) = try await pip.start(
      ["-m", "venv", "--without-pip", "--symlinks", folder.string]
    ) { _ in }
    guard succeeded else { throw problem(said) }
    // For interactive shells; they hold this folder's path.
    let bin = folder.appending("bin")
    for name in try Files.names(in: bin) where name.lowercased().hasPrefix("activate") {
      try Files.remove(bin.appending(name))
    }
  }

  /// Installs what exists as wheels and returns the source distributions.
  private func installWheels(_ progress: PipProgress) async throws -> [Lock.Environment.File] {
    var sources = environment.files.filter {
      $0.file.hasSuffix(".tar.gz") || $0.file.hasSuffix(".zip")
    }
    var indexes: [String] = []
    while true {
      let wheels = environment.files.filter { !sources.contains($0) }
      if wheels.isEmpty { return sources }
      let list = work.appending("wheels.txt")
      try Files.write(Array(EnvironmentInstallation.list(of: wheels).utf8), to: list)
      let (succeeded, said) = try await pip.run(
        EnvironmentInstallation.installOptions + ["-r", list.string] + pip.sources + indexes,
        target: target
      ) { progress.take(line: $0) }
      if succeeded { return sources }
      guard let missing = PipProblem.missing(in: said) else { throw problem(said) }
      if missing.hasSuffix("+cpu"), !pip.isOffline, indexes.isEmpty {
        indexes = ["--extra-index-url", Pip.torchIndex]
      } else if let file = wheels.first(where: {
        $0.file.isEmpty && missing == "\($0.name)==\($0.version)"
      }) {
        // Lists without file names do not say which packages are source distributions.
        sources.append(file)
      } else {
        throw problem(said)
      }
    }
  }

  /// Downloads a source distribution, builds its wheel without network, and installs that.
  private func installSource(
    _ file: Lock.Environment.File, _ progress: PipProgress
  ) async throws {
    progress.say("building \(file.name) \(file.version)")
    let archive = try await SourceDownload(pip: pip, environment: environment.name)
      .fetch(file, into: work.appending("source-\(file.name)"))
    let wheels = work.appending("wheel-\(file.name)")
    try Files.makeFolder(wheels)
    try await SourceBuild(
      builder: builder, environment: environment.name, folder: folder, work: work
    )
    .buildWheel(of: archive, into: wheels)
    // By name, not by path: pip would write the path of a file into the environment.
    let (succeeded, said) = try await pip.run(
      EnvironmentInstallation.installOptions.filter { $0 != "--require-hashes" } + [
        "--no-index", "--find-links", wheels.string, "\(file.name)==\(file.version)",
      ], target: target
    ) { _ in }
    guard succeeded else { throw problem(said) }
  }

  private static let installOptions = [
    "install", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile",
    "--no-user", "--no-warn-script-location", "--ignore-installed",
  ]

  /// The form that pip reads: `six==1.17.0 --hash=sha256:…`, a line each.
  static func list(of files: [Lock.Environment.File]) -> String {
    files.map { "\($0.name)==\($0.version) --hash=sha256:\($0.sha256.hex)\n" }.joined()
  }

  /// Makes commands find their Python by PATH, since the environment is moved and mounted elsewhere.
  private func finishScripts() throws {
    let bin = folder.appending("bin")
    for name in try Files.names(in: bin) {
      let path = bin.appending(name)
      guard case .file(let isExecutable) = Files.kind(path),
        let script = EnvironmentInstallation.movable(
          try Files.read(path), python: bin.string)
      else { continue }
      try Files.write(script, to: path, mode: isExecutable ? 0o755 : 0o644)
    }
  }

  /// The script with a first line that names no path, or nil where it needs no change.
  ///
  /// - Parameter python: the folder that the first line must begin with.
  static func movable(_ script: [UInt8], python: String) -> [UInt8]? {
    var lines = script.split(
      separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false)
    guard let first = lines.first else { return nil }
    if first.starts(with: "#!\(python)/".utf8) {
      lines.removeFirst()
    } else if first.elementsEqual("#!/bin/sh".utf8), lines.count > 3,
      lines[1].starts(with: "'''exec' ".utf8)
    {
      // Pip's way where the path is too long for a first line: two more lines that start it.
      lines.removeFirst(3)
    } else {
      return nil
    }
    return Array("#!/usr/bin/env python3\n".utf8)
      + Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }

  /// `pyvenv.cfg` without the command that made it, which holds paths of this machine.
  private func writeConfiguration() throws {
    let text = """
      home = \(builder.python.removingLastComponent().string)
      include-system-site-packages = false
      version = \(builder.pythonVersion)

      """
    try Files.write(Array(text.utf8), to: folder.appending("pyvenv.cfg"))
  }

  /// Compiles every module to byte code that is used without a look at the source's time: mounts are
  /// read-only, and times differ between machines. Files that are no valid Python are left alone.
  private func compile() async throws {
    _ = try await Command(
      target,
      [
        "-I", "-m", "compileall", "-qq", "-j", "0", "--invalidation-mode", "unchecked-hash",
        "-s", folder.string, "-p", "/env", folder.appending("lib").string,
      ], environment: ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"], workingFolder: "/"
    ).run()
  }

  private func problem(_ said: String) -> Problem {
    PipProblem.read(
      said, environment: environment.name, doing: "cannot make", isOffline: pip.isOffline)
  }
}
