internal import BlockingWork
internal import Digests
package import Documents
internal import Files
internal import Glibc
package import Notebook
internal import Problems
internal import Processes
package import SystemPackage

/// Makes environments from their locks, each once: the folder of an environment is named by its
/// digest, shared by all recipes and processes of a kitchen, and never changed after it appeared.
///
/// Inside is an ordinary virtual environment (`bin/python`, `lib/python3.11/site-packages`) without
/// pip and without a path of this machine beyond `/usr/bin`, so it works wherever it is mounted.
package struct EnvironmentBuilder: Sendable {
  let folder: FilePath
  let python: FilePath
  let pythonVersion: String
  let platform: String
  let bubblewrap: FilePath?
  let isSandboxed: Bool

  /// - Parameters:
  ///   - folder: where environments are kept, `cache/environments`; made when needed.
  ///   - pythonVersion: the full version of `python`, from `Host.pythonVersion(of:)`.
  ///   - platform: `Host.platformTag`.
  ///   - isSandboxed: whether source distributions are built in the sandbox; false for
  ///     `--no-sandbox`.
  package init(
    folder: FilePath, pythonVersion: String, platform: String,
    python: FilePath = Host.defaultPython, isSandboxed: Bool = true
  ) {
    self.folder = Files.absolute(folder)
    self.python = python
    self.pythonVersion = pythonVersion
    self.platform = platform
    self.isSandboxed = isSandboxed
    bubblewrap = findTool("bwrap")
  }

  /// Where the environment is once it has been made.
  package func path(of environment: Lock.Environment) -> FilePath {
    folder.appending(environment.digest(python: pythonVersion, platform: platform).hex)
  }

  /// Whether the environment has been made.
  package func isBuilt(_ environment: Lock.Environment) -> Bool {
    Files.kind(path(of: environment)) == .folder
  }

  /// Makes the environment unless it is there, and returns its folder. Of several processes that
  /// need it at once, one makes it and the others wait.
  ///
  /// - Parameters:
  ///   - offline: without network.
  ///   - distdirs: folders with files of packages, looked into before the network.
  ///   - report: told how far it is.
  /// - Throws: an environment problem; nothing is left behind.
  package func build(
    _ environment: Lock.Environment, offline: Bool = false, distdirs: [FilePath] = [],
    report: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws -> FilePath {
    let place = path(of: environment)
    if Files.kind(place) == .folder { return place }
    let wanted = environment.python.split(separator: ".").prefix(2)
    guard pythonVersion.split(separator: ".").prefix(2) == wanted else {
      throw Problem(
        .environment, "python-version",
        "cannot make the environment `\(environment.name)`: it was locked for Python "
          + "\(environment.python), and this machine has \(pythonVersion)",
        hint: "renew the lock with larder lock RECIPE --update, or use a machine with that Python")
    }
    try Files.makeFolder(folder)
    let lock = try await lockFile(folder.appending("\(place.lastComponent?.string ?? "").lock"))
    // Closing it lets the next one in.
    defer { try? lock.close() }
    if Files.kind(place) == .folder { return place }

    let name = place.lastComponent?.string ?? "environment"
    let temporary = folder.appending(".\(name).making")
    // Whoever made it is dead: it would hold the lock.
    try await BlockingWork.run { try Files.remove(temporary) }
    do {
      let installation = EnvironmentInstallation(
        environment: environment, builder: self,
        pip: Pip(
          python: python, isOffline: offline, folders: distdirs.map { Files.absolute($0) }),
        folder: temporary.appending("env"), work: temporary.appending("work"), report: report)
      try await installation.perform()
      try await BlockingWork.run {
        try Files.rename(temporary.appending("env"), to: place)
        try Files.syncFolder(folder)
        try Files.remove(temporary)
      }
      return place
    } catch {
      try? await BlockingWork.run { try Files.remove(temporary) }
      throw error
    }
  }

  /// Opens the file and takes its lock, looking five times a second while another process has it.
  private func lockFile(_ path: FilePath) async throws -> FileDescriptor {
    let file: FileDescriptor
    do {
      file = try .open(
        path, .readWrite, options: [.create, .closeOnExec], permissions: .init(rawValue: 0o644))
    } catch { throw Problem.file("cannot open", path, error) }
    do {
      while flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK || errno == EINTR else {
          throw Problem.file("cannot lock", path, Errno(rawValue: errno))
        }
        try await Task.sleep(for: .milliseconds(200))
      }
      return file
    } catch {
      try? file.close()
      throw error
    }
  }
}
