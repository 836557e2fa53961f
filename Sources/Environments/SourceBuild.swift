internal import Files
internal import Problems
internal import Processes
internal import SystemPackage

/// Builds the wheel of a source distribution with what the environment has, without network, and in
/// the sandbox unless that was declined.
struct SourceBuild {
  let builder: EnvironmentBuilder
  let environment: String
  /// The environment so far, with the tools that the build needs.
  let folder: FilePath
  let work: FilePath

  func buildWheel(of archive: FilePath, into wheels: FilePath) async throws {
    let home = work.appending("home")
    try Files.makeFolder(home)
    let words = [
      builder.python.string, "-m", "pip", "--python",
      folder.appending("bin").appending("python3").string, "wheel", "--no-build-isolation",
      "--no-index", "--no-deps", "--no-cache-dir", "-w", wheels.string, archive.string,
    ]
    let command = try sandboxed(words, home: home)
    do { _ = try await command.output(timeLimit: 3600) } catch let problem as Problem {
      throw Problem(
        .environment, "source-build",
        "cannot make the environment `\(environment)`: building \(archive.lastComponent?.string ?? "") failed",
        hint: "its build tools (setuptools, wheel) must be in the environment", cause: problem)
    }
  }

  private func sandboxed(_ words: [String], home: FilePath) throws(Problem) -> Command {
    // Fixed times and hashes: the same source gives the same wheel.
    let variables = [
      "HOME": home.string, "TMPDIR": home.string, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
      "SOURCE_DATE_EPOCH": "315532800", "PYTHONHASHSEED": "0", "PIP_CONFIG_FILE": "/dev/null",
      "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    ]
    guard builder.isSandboxed else {
      return Command(
        FilePath(words[0]), Array(words.dropFirst()), environment: variables, workingFolder: home)
    }
    guard let bubblewrap = builder.bubblewrap else {
      throw Problem(
        .environment, "sandbox-missing",
        "packages are built in a sandbox, and its program `bwrap` is not installed",
        hint: "install it: apt-get install bubblewrap; or run without a sandbox: --no-sandbox")
    }
    // It reads what this user may read, but has nobody to tell it to.
    let parent = folder.removingLastComponent().string
    let options = [
      "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
      "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", parent, parent,
      "--chdir", home.string, "--",
    ]
    return Command(bubblewrap, options + words, environment: variables)
  }
}
