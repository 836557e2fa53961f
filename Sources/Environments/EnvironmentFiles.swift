internal import BlockingWork
package import Digests
package import Documents
internal import Files
package import Notebook
internal import Problems
package import SystemPackage

/// Gets the files that an environment consists of, each by its SHA-256, without installing them.
package struct EnvironmentFiles: Sendable {
  private let pip: Pip
  private let distdirs: [FilePath]
  private let report: @Sendable (Progress) -> Void

  /// - Parameters:
  ///   - distdirs: folders with files of packages, looked into before the network.
  ///   - report: told how far it is.
  package init(
    python: FilePath = Host.defaultPython, isOffline: Bool = false, distdirs: [FilePath] = [],
    report: @escaping @Sendable (Progress) -> Void = { _ in }
  ) {
    self.distdirs = distdirs.map { Files.absolute($0) }
    pip = Pip(python: python, isOffline: isOffline, folders: self.distdirs)
    self.report = report
  }

  /// Finds every file, in the folders or through pip.
  ///
  /// - Parameter folder: takes what pip downloads.
  /// - Returns: the path of each file, whose bytes were verified.
  /// - Throws: an environment problem that names the file which nobody has any more.
  package func collect(
    _ environment: Lock.Environment, into folder: FilePath
  ) async throws -> [Digest: FilePath] {
    try Files.makeFolder(folder)
    var found = try await BlockingWork.run { try local(environment.files) }
    var rest = environment.files.filter { found[$0.sha256] == nil }
    if rest.isEmpty { return found }
    let progress = PipProgress(total: rest.count, report: report)
    let wheels = rest.filter { !EnvironmentFiles.isSource($0) }
    if !wheels.isEmpty {
      // All at once; which one is missing is found out below.
      _ = try await download(wheels, into: folder) { progress.take(line: $0) }
      found.merge(try await downloaded(in: folder)) { first, _ in first }
    }
    rest = rest.filter { found[$0.sha256] == nil }
    for file in rest {
      if EnvironmentFiles.isSource(file) {
        found[file.sha256] = try await source(file, of: environment, into: folder)
        continue
      }
      let said = try await download([file], into: folder) { progress.take(line: $0) }
      found.merge(try await downloaded(in: folder)) { first, _ in first }
      if found[file.sha256] == nil, file.file.isEmpty {
        // Lists without file names do not say which packages are source distributions.
        found[file.sha256] = try? await source(file, of: environment, into: folder)
      }
      guard found[file.sha256] == nil else { continue }
      let cause = PipProblem.read(
        said, environment: environment.name, doing: "cannot get the files of",
        isOffline: pip.isOffline)
      let name = file.file.isEmpty ? "\(file.name)==\(file.version)" : file.file
      throw Problem(
        .environment, "wheel-missing",
        "cannot get the file \(name) (\(file.sha256)) of the environment `\(environment.name)`",
        hint: "give the folder that has it: --distdir DIR", cause: cause)
    }
    return found
  }

  private func source(
    _ file: Lock.Environment.File, of environment: Lock.Environment, into folder: FilePath
  ) async throws -> FilePath {
    try await SourceDownload(pip: pip, environment: environment.name)
      .fetch(file, into: folder.appending("source-\(file.sha256.hex)"))
  }

  private static func isSource(_ file: Lock.Environment.File) -> Bool {
    file.file.hasSuffix(".tar.gz") || file.file.hasSuffix(".zip")
  }

  /// What the folders have, by name and then by digest.
  private func local(_ files: [Lock.Environment.File]) throws -> [Digest: FilePath] {
    let wanted = Set(files.map(\.sha256))
    let names = Set(files.map { Requirement.normalizedName($0.name) })
    var found: [Digest: FilePath] = [:]
    for folder in distdirs {
      for name in try Files.names(in: folder) where Requirement.isFileName(name) {
        // `NAME-VERSION…`: the package's own name may hold dashes only in source distributions.
        guard names.contains(where: { Requirement.normalizedName(name).hasPrefix($0) }) else {
          continue
        }
        let path = folder.appending(name)
        guard case .file = Files.kind(Files.resolved(path) ?? path) else { continue }
        let digest = try Files.digest(of: path).digest
        if wanted.contains(digest), found[digest] == nil { found[digest] = path }
      }
    }
    return found
  }

  private func downloaded(in folder: FilePath) async throws -> [Digest: FilePath] {
    try await BlockingWork.run {
      var found: [Digest: FilePath] = [:]
      for name in try Files.names(in: folder) where Requirement.isFileName(name) {
        let path = folder.appending(name)
        found[try Files.digest(of: path).digest] = path
      }
      return found
    }
  }

  /// - Returns: what pip said.
  private func download(
    _ files: [Lock.Environment.File], into folder: FilePath,
    line: @escaping @Sendable (String) -> Void
  ) async throws -> String {
    let list = folder.appending("list.txt")
    try Files.write(Array(EnvironmentInstallation.list(of: files).utf8), to: list)
    let options =
      [
        "download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "-d", folder.string,
        "-r", list.string,
      ] + pip.sources
    var (succeeded, said) = try await pip.run(options, line: line)
    if !succeeded, !pip.isOffline, PipProblem.missing(in: said)?.hasSuffix("+cpu") == true {
      (succeeded, said) = try await pip.run(
        options + ["--extra-index-url", Pip.torchIndex], line: line)
    }
    return said
  }
}
