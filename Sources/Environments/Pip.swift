internal import Documents
internal import Files
internal import Foundation
internal import Problems
internal import Processes
internal import Synchronization
internal import SystemPackage

/// The Python's own pip, with the user's configuration of it: indexes, proxies and certificates are
/// found as in any other use.
struct Pip: Sendable {
  /// Where PyTorch keeps its builds for processors, which the general index lacks: asked only for a
  /// version that ends in `+cpu`, after everything that the user configured.
  static let torchIndex = "https://download.pytorch.org/whl/cpu"

  let python: FilePath
  /// Whether the network may be used.
  let isOffline: Bool
  /// Folders with files of packages, looked into before the network.
  let folders: [FilePath]

  /// Runs pip and returns the last 256 KiB of what it said.
  ///
  /// - Parameters:
  ///   - target: the Python that the command is about, if it is another one.
  ///   - line: takes each line as it comes.
  func run(
    _ arguments: [String], target: FilePath? = nil, line: @escaping @Sendable (String) -> Void
  ) async throws -> (succeeded: Bool, said: String) {
    var words = ["-m", "pip"]
    if let target { words += ["--python", target.string] }
    words += arguments
    return try await start(words, line: line)
  }

  /// The options by which pip finds files.
  var sources: [String] {
    (isOffline ? ["--no-index"] : []) + folders.flatMap { ["--find-links", $0.string] }
      + localFolders.flatMap { ["--find-links", $0] }
  }

  /// Runs the Python itself in pip's surroundings.
  func start(
    _ words: [String], line: @escaping @Sendable (String) -> Void
  ) async throws -> (succeeded: Bool, said: String) {
    guard Files.resolved(python) != nil else {
      throw Problem(
        .environment, "python-missing", "environments are made with \(python), which is missing",
        hint: "install it: apt-get install python3 python3-pip python3-venv")
    }
    let said = Said(line: line)
    var supervision = Supervision()
    supervision.output = { said.take($0) }
    // Not the user's folder: `-m` looks for modules in the working folder first.
    let command = Command(python, words, environment: variables, workingFolder: "/")
    let end = try await command.run(supervision)
    return (end.ending == .exited(0), said.finish())
  }

  /// What Larder was started with, less what would send packages elsewhere.
  private var variables: [String: String] {
    var variables = inheritedEnvironment()
    for name in ["PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV"] {
      variables[name] = nil
    }
    for name in variables.keys where name.hasPrefix("PYTHON") { variables[name] = nil }
    if isOffline {
      for name in variables.keys where name.hasPrefix("PIP_") { variables[name] = nil }
      variables["PIP_CONFIG_FILE"] = "/dev/null"
    }
    variables["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    variables["PIP_NO_INPUT"] = "1"
    variables["PIP_PROGRESS_BAR"] = "off"
    variables["PYTHONUNBUFFERED"] = "1"
    variables["LC_ALL"] = "C.UTF-8"
    return variables
  }

  /// Offline, of the configured places the folders of this machine remain.
  private var localFolders: [String] {
    guard isOffline else { return [] }
    let configured = inheritedEnvironment()["PIP_FIND_LINKS"] ?? ""
    return configured.split(separator: " ").map(String.init).filter { $0.hasPrefix("/") }
  }
}

/// What pip said: passed on line by line, the end of it kept.
private final class Said: Sendable {
  private struct State {
    var line: [UInt8] = []
    var kept: [UInt8] = []
  }

  private let limit = 256 << 10
  private let state = Mutex(State())
  private let line: @Sendable (String) -> Void

  init(line: @escaping @Sendable (String) -> Void) { self.line = line }

  func take(_ piece: UnsafeRawBufferPointer) {
    let lines = state.withLock { state in
      state.kept.append(contentsOf: piece)
      if state.kept.count > 2 * limit { state.kept.removeFirst(state.kept.count - limit) }
      state.line.append(contentsOf: piece)
      var parts = state.line.split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      state.line = Array(parts.removeLast().suffix(limit))
      return parts.map { String(decoding: $0, as: UTF8.self) }
    }
    for text in lines { line(text) }
  }

  func finish() -> String {
    let (rest, kept) = state.withLock { ($0.line, $0.kept) }
    if !rest.isEmpty { line(String(decoding: rest, as: UTF8.self)) }
    return String(decoding: kept.suffix(limit), as: UTF8.self)
  }
}
