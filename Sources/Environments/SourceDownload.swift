internal import BlockingWork
internal import Files
internal import Notebook
internal import Problems
internal import SystemPackage

/// Downloads a source distribution by its digest.
///
/// `pip download` would run the code of the package to learn its dependencies, before anything has
/// been verified. So pip's finder is asked for the address only, and the bytes are checked here.
struct SourceDownload {
  let pip: Pip
  let environment: String

  /// Looks for the file in pip's configured places, and copies or downloads it.
  private static let program = """
    import os, shutil, sys
    from pip._internal.commands.download import DownloadCommand
    from pip._vendor.packaging.version import Version
    name, version, folder, *options = sys.argv[1:]
    command = DownloadCommand("download", "")
    parsed, _ = command.parse_args(["--no-binary", ":all:", "--no-deps"] + options)
    with command.main_context():
        session = command.get_default_session(parsed)
        finder = command._build_package_finder(options=parsed, session=session)
        links = [
            found.link
            for found in finder.find_all_candidates(name)
            if found.version == Version(version) and not found.link.is_wheel
        ]
        if not links:
            sys.exit(f"ERROR: No matching distribution found for {name}=={version}")
        link = links[0]
        os.makedirs(folder, exist_ok=True)
        target = os.path.join(folder, os.path.basename(link.filename))
        if link.is_file:
            shutil.copyfile(link.file_path, target)
        else:
            answer = session.get(
                link.url_without_fragment, headers={"Accept-Encoding": "identity"}, stream=True)
            answer.raise_for_status()
            with open(target, "wb") as file:
                for piece in answer.iter_content(1 << 20):
                    file.write(piece)

    """

  /// - Returns: the file, whose bytes are those of the lock.
  func fetch(_ file: Lock.Environment.File, into folder: FilePath) async throws -> FilePath {
    let (succeeded, said) = try await pip.start(
      ["-c", SourceDownload.program, file.name, file.version, folder.string] + pip.sources
    ) { _ in }
    guard succeeded, let name = try Files.names(in: folder).first else {
      throw PipProblem.read(
        said, environment: environment, doing: "cannot make", isOffline: pip.isOffline)
    }
    let archive = folder.appending(name)
    let found = try await BlockingWork.run { try Files.digest(of: archive).digest }
    guard found == file.sha256 else {
      throw Problem(
        .environment, "package-hash",
        "cannot make the environment `\(environment)`: the file \(name) of `\(file.name)` has other "
          + "bytes than the lock says: \(found) instead of \(file.sha256)",
        hint: "if that is expected, renew the lock: larder lock RECIPE --update")
    }
    return archive
  }
}
