import Documents
import Foundation
import Testing

/// A kitchen in a temporary folder, in which the built binary runs.
final class TestKitchen {
  /// What a finished command left behind.
  struct Result {
    var exitCode: Int32
    var output: String
    var errors: String

    /// The JSON lines of standard output.
    var lines: [JSON] {
      output.split(separator: "\n").compactMap { try? JSON(parsing: String($0)) }
    }
    /// The last line, of type `end`.
    var end: JSON? { lines.last }
    /// The status of each step, by its id.
    var steps: [String: String] {
      var steps: [String: String] = [:]
      for line in lines where line["type"]?.string == "step" {
        if let step = line["step"]?.string, let status = line["status"]?.string {
          steps[step] = status
        }
      }
      return steps
    }
    /// The key of each step, by its id.
    var keys: [String: String] {
      var keys: [String: String] = [:]
      for line in lines where line["type"]?.string == "step" {
        if let step = line["step"]?.string, let key = line["key"]?.string { keys[step] = key }
      }
      return keys
    }
    var ran: Set<String> { Set(steps.filter { $0.value == "ran" }.keys) }
  }

  let root: URL

  static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  /// The program under test: `LARDER_BINARY`, otherwise the debug build beside the tests.
  static let binary =
    ProcessInfo.processInfo.environment["LARDER_BINARY"].map { URL(filePath: $0) }
    ?? packageRoot.appending(path: ".build/debug/larder")

  init(_ recipes: [String: String] = [:]) throws {
    root = FileManager.default.temporaryDirectory.appending(
      path: "larder-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: root.appending(path: "recipes"), withIntermediateDirectories: true)
    for (name, text) in recipes { try write(text, to: "recipes/\(name).md") }
  }

  deinit {
    guard ProcessInfo.processInfo.environment["SAVE_TEMPS"] == nil else { return }
    // Plain copies are read-only folders.
    _ = try? shell("chmod -R u+w '\(root.path)' 2>/dev/null; rm -rf '\(root.path)'")
  }

  func write(_ text: String, to path: String) throws {
    let file = root.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  func read(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  /// Starts the binary without waiting for it.
  func start(
    _ arguments: [String], environment: [String: String] = [:], folder: URL? = nil
  ) throws -> Running {
    var variables = ProcessInfo.processInfo.environment
    variables["NO_COLOR"] = "1"
    for (name, value) in environment { variables[name] = value }
    return try Running(
      [TestKitchen.binary.path] + arguments, environment: variables, folder: folder ?? root)
  }

  /// Runs the binary to its end.
  @discardableResult
  func larder(
    _ arguments: String..., environment: [String: String] = [:], folder: URL? = nil
  ) throws -> Result {
    try start(arguments, environment: environment, folder: folder).wait()
  }
}

/// A program that was started, in a session of its own.
final class Running {
  let id: pid_t
  private let output: URL
  private let errors: URL
  private var status: Int32?

  init(
    _ command: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
    folder: URL = FileManager.default.temporaryDirectory
  ) throws {
    // Files, not pipes: a full pipe would stop the program under test.
    let scratch = FileManager.default.temporaryDirectory
    output = scratch.appending(path: "larder-out-\(UUID().uuidString)")
    errors = scratch.appending(path: "larder-err-\(UUID().uuidString)")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors.path, O_WRONLY | O_CREAT, 0o600)
    let words =
      ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder.path] + command
    var arguments = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var id: pid_t = 0
    let failed = posix_spawn(&id, "/bin/sh", &actions, nil, &arguments, &variables)
    self.id = id
    guard failed == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failed) ?? .EINVAL) }
  }

  /// Kills it, if it goes on.
  func end() {
    guard status == nil else { return }
    kill(id, SIGKILL)
    var code: Int32 = 0
    waitpid(id, &code, 0)
    status = code
  }

  deinit {
    end()
    for file in [output, errors] { try? FileManager.default.removeItem(at: file) }
  }

  var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
  var outputText: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

  /// Waits until standard output or standard error holds a text.
  func waitFor(_ text: String, seconds: Double = 60) {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if errorText.contains(text) || outputText.contains(text) { return }
      usleep(20_000)
    }
    Issue.record("`\(text)` never came: \(errorText)")
  }

  /// Waits for the end, at most some minutes.
  func wait(seconds: Double = 600) -> TestKitchen.Result {
    let end = Date().addingTimeInterval(seconds)
    var code: Int32 = 0
    while waitpid(id, &code, WNOHANG) == 0 {
      if Date() > end {
        Issue.record("still running after \(seconds) s: \(errorText)")
        kill(id, SIGKILL)
      }
      usleep(2_000)
    }
    status = code
    let isSignalled = code & 0x7F != 0
    return TestKitchen.Result(
      exitCode: isSignalled ? 128 + code & 0x7F : code >> 8 & 0xFF, output: outputText,
      errors: errorText)
  }
}

/// Runs a shell command and returns what it prints.
@discardableResult
func shell(_ command: String) throws -> String {
  try Running(["/bin/sh", "-c", command]).wait().output
}

/// The processes whose command line holds a text, as `pgrep` prints them.
func processes(with text: String) throws -> String {
  // The bracket keeps the shell that asks from finding itself.
  try shell("pgrep -f '[\(text.prefix(1))]\(text.dropFirst())' || true")
}
