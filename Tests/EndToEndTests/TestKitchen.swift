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
    let tidy = Process()
    tidy.executableURL = URL(filePath: "/bin/sh")
    tidy.arguments = ["-c", "chmod -R u+w \"$0\" 2>/dev/null; rm -rf \"$0\"", root.path]
    try? tidy.run()
    tidy.waitUntilExit()
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
    _ arguments: [String], environment: [String: String] = [:], folder: URL? = nil,
    through wrapper: [String] = []
  ) throws -> Running {
    let process = Process()
    let command = wrapper + [TestKitchen.binary.path] + arguments
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = folder ?? root
    var variables = ProcessInfo.processInfo.environment
    variables["NO_COLOR"] = "1"
    for (name, value) in environment { variables[name] = value }
    process.environment = variables
    process.standardInput = FileHandle.nullDevice
    return try Running(process, in: root)
  }

  /// Runs the binary to its end.
  @discardableResult
  func larder(
    _ arguments: String..., environment: [String: String] = [:], folder: URL? = nil,
    through wrapper: [String] = []
  ) throws -> Result {
    try start(arguments, environment: environment, folder: folder, through: wrapper).wait()
  }

  /// A binary that was started.
  final class Running {
    let process: Process
    private let output: URL
    private let errors: URL

    init(_ process: Process, in folder: URL) throws {
      self.process = process
      // Files, not pipes: a full pipe would stop the program under test.
      let scratch = FileManager.default.temporaryDirectory
      output = scratch.appending(path: "larder-out-\(UUID().uuidString)")
      errors = scratch.appending(path: "larder-err-\(UUID().uuidString)")
      for file in [output, errors] { try Data().write(to: file) }
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = try FileHandle(forWritingTo: errors)
      try process.run()
    }

    /// Waits until standard error holds a text.
    func waitFor(_ text: String, seconds: Double = 30) throws {
      let end = Date().addingTimeInterval(seconds)
      while Date() < end {
        if try String(contentsOf: errors, encoding: .utf8).contains(text) { return }
        if !process.isRunning { break }
        Thread.sleep(forTimeInterval: 0.02)
      }
      Issue.record("`\(text)` never came: \(try String(contentsOf: errors, encoding: .utf8))")
    }

    func wait() throws -> Result {
      process.waitUntilExit()
      defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
      let code = process.terminationStatus
      return Result(
        exitCode: process.terminationReason == .uncaughtSignal ? 128 + code : code,
        output: try String(contentsOf: output, encoding: .utf8),
        errors: try String(contentsOf: errors, encoding: .utf8))
    }
  }
}

/// Runs a shell command and returns what it prints.
@discardableResult
func shell(_ command: String) throws -> String {
  let process = Process()
  process.executableURL = URL(filePath: "/bin/sh")
  process.arguments = ["-c", command]
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return String(decoding: data, as: UTF8.self)
}
