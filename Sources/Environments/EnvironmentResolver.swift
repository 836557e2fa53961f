internal import BlockingWork
internal import Digests
package import Documents
internal import Files
internal import Foundation
package import Notebook
internal import Problems
internal import Processes
package import SystemPackage

/// Finds out which files an environment consists of: from a plain list of requirements to every
/// file's name, version and SHA-256.
package struct EnvironmentResolver: Sendable {
  private let pip: Pip

  /// - Parameters:
  ///   - python: the Python that the files must fit.
  ///   - distdirs: folders with files of packages.
  package init(
    python: FilePath = Host.defaultPython, isOffline: Bool = false, distdirs: [FilePath] = []
  ) {
    pip = Pip(
      python: python, isOffline: isOffline, folders: distdirs.map { Files.absolute($0) })
  }

  /// Resolves the requirements with pip's own resolver, wheels only. Requirements that all have a
  /// version and a hash are taken as they are.
  ///
  /// - Parameter report: told how far it is.
  /// - Throws: a user problem for what is no requirement, an environment problem where there is no
  ///   Python, pip, network or fitting file.
  package func lock(
    _ request: EnvironmentRequest,
    report: @escaping @Sendable (Documents.Progress) -> Void = { _ in }
  ) async throws -> Lock.Environment {
    let version = try await BlockingWork.run { [pip] in try Host.pythonVersion(of: pip.python) }
    let python = version.split(separator: ".").prefix(2).joined(separator: ".")
    let pinned = request.requirements.compactMap { Requirement.pinned($0) }
    if pinned.count == request.requirements.count {
      return environment(request, python: python, files: pinned)
    }
    for requirement in request.requirements {
      // With a hash for some, pip wants one for all.
      let plain = requirement.split(separator: " --hash=", maxSplits: 1).first ?? ""
      try Requirement.check(String(plain), of: request.name)
    }
    let work = try Files.makeTemporaryFolder(
      in: FilePath(NSTemporaryDirectory()), prefix: "larder-lock-")
    defer { try? Files.remove(work) }
    let list = request.requirements.joined(separator: "\n") + "\n"
    try Files.write(Array(list.utf8), to: work.appending("requirements.txt"))
    let document = try await resolve(request, in: work, report: report)
    var files: [Lock.Environment.File] = []
    for entry in document["install"]?.array ?? [] {
      files.append(try await file(entry, of: request, in: work))
    }
    return environment(request, python: python, files: files)
  }

  private func environment(
    _ request: EnvironmentRequest, python: String, files: [Lock.Environment.File]
  ) -> Lock.Environment {
    Lock.Environment(
      name: request.name, requirements: request.requirements, python: python,
      files: files.sorted { ($0.name, $0.version) < ($1.name, $1.version) })
  }

  /// Pip's installation report (https://pip.pypa.io/en/stable/reference/installation-report/).
  private func resolve(
    _ request: EnvironmentRequest, in work: FilePath,
    report: @escaping @Sendable (Documents.Progress) -> Void
  ) async throws -> JSON {
    let target = work.appending("report.json")
    let options =
      [
        "install", "--dry-run", "--ignore-installed", "--only-binary", ":all:", "--no-user",
        "--report", target.string, "-r", work.appending("requirements.txt").string,
      ] + pip.sources
    let progress = PipProgress(total: nil, report: report)
    var (succeeded, said) = try await pip.run(options) { progress.take(line: $0) }
    if !succeeded, !pip.isOffline, PipProblem.missing(in: said)?.hasSuffix("+cpu") == true {
      (succeeded, said) = try await pip.run(options + ["--extra-index-url", Pip.torchIndex]) {
        progress.take(line: $0)
      }
    }
    guard succeeded else {
      throw PipProblem.read(
        said, environment: request.name, doing: "cannot lock", isOffline: pip.isOffline)
    }
    do { return try JSON(parsing: Files.read(target)) } catch {
      throw Problem(
        .environment, "pip",
        "cannot lock the environment `\(request.name)`: pip's report is unreadable",
        cause: error)
    }
  }

  /// Reads one entry of the report.
  private func file(
    _ entry: JSON, of request: EnvironmentRequest, in work: FilePath
  ) async throws -> Lock.Environment.File {
    guard let name = entry["metadata"]?["name"]?.string,
      let version = entry["metadata"]?["version"]?.string,
      let address = entry["download_info"]?["url"]?.string,
      let file = address.split(separator: "/").last?.removingPercentEncoding,
      let archive = entry["download_info"]?["archive_info"]
    else {
      throw Problem(
        .environment, "pip",
        "cannot lock the environment `\(request.name)`: pip's report names no file for a package")
    }
    let given =
      archive["hashes"]?["sha256"]?.string
      ?? archive["hash"]?.string.flatMap { $0.hasPrefix("sha256=") ? String($0.dropFirst(7)) : nil }
    let digest: Digest
    if let known = given.flatMap({ Digest($0) }) {
      digest = known
    } else if let path = URL(string: address), path.isFileURL {
      digest = try await BlockingWork.run { try Files.digest(of: FilePath(path.path)).digest }
    } else {
      digest = try await download(name, version, of: request, in: work)
    }
    return .init(
      name: Requirement.normalizedName(name), version: version, file: file, sha256: digest)
  }

  /// The digest of a file that the index gives none for.
  private func download(
    _ name: String, _ version: String, of request: EnvironmentRequest, in work: FilePath
  ) async throws -> Digest {
    let folder = work.appending("file-\(name)")
    let (succeeded, said) = try await pip.run(
      [
        "download", "--no-deps", "--only-binary", ":all:", "-d", folder.string,
        "\(name)==\(version)",
      ] + pip.sources
    ) { _ in }
    guard succeeded, let file = try Files.names(in: folder).first else {
      throw PipProblem.read(
        said, environment: request.name, doing: "cannot lock", isOffline: pip.isOffline)
    }
    return try await BlockingWork.run { try Files.digest(of: folder.appending(file)).digest }
  }
}
