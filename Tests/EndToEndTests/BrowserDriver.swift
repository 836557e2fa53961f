import Documents
import Foundation
import Testing

/// A chromedriver of one browser: in a process namespace of its own, which is gone when this is, or
/// when the test process is, however it ended.
final class BrowserDriver {
  struct Refusal: Error, CustomStringConvertible {
    var description: String
  }

  /// Where the browser keeps its profile and whatever else it writes.
  let folder: URL
  private let process: pid_t
  /// Closed by the kernel when the test process ends; the keeper reads the other end.
  private let leash: Int32
  private let port: Int

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(
      path: "larder-browser-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let output = folder.appending(path: "driver.txt")
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Refusal(description: "no leash") }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // The keeper has one thread, to which `--die-with-parent` belongs.
    let keeper = """
      bwrap --dev-bind / / --proc /proc --unshare-pid --die-with-parent \
        chromedriver --port=0 </dev/null & read -r _; kill -9 $!
      """
    let words = ["/bin/sh", "-c", keeper]
    var variables = ProcessInfo.processInfo.environment
    for name in ["TMPDIR", "HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
      variables[name] = folder.path
    }
    var arguments = words.map { strdup($0) } + [nil]
    var environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + environment { free(pointer) } }
    var id: pid_t = 0
    let failed = posix_spawn(&id, "/bin/sh", &actions, nil, &arguments, &environment)
    process = id
    leash = ends[1]
    guard failed == 0 else { throw Refusal(description: "no shell: \(failed)") }
    var found: Int?
    let end = Date().addingTimeInterval(30)
    while found == nil, Date() < end {
      let said = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
      found = said.firstMatch(of: #/started successfully on port (\d+)/#).flatMap { Int($0.1) }
      usleep(10_000)
    }
    guard let found else {
      let said = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
      throw Refusal(description: "chromedriver did not start (scripts/setup.sh): \(said)")
    }
    port = found
  }

  deinit {
    close(leash)
    var code: Int32 = 0
    waitpid(process, &code, 0)
    try? FileManager.default.removeItem(at: folder)
  }

  /// Asks the driver and gives the answer's `value`.
  func ask(_ method: String, _ path: String, _ body: JSON?) throws -> JSON {
    let content = body?.canonicalBytes ?? []
    let connection = try LocalConnection(port: port)
    connection.send(
      "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
        + "Content-Type: application/json\r\nContent-Length: \(content.count)\r\n\r\n")
    connection.send(content)
    let value = try JSON(parsing: try connection.answer().body)["value"] ?? .null
    if let error = value["error"]?.string {
      throw Refusal(
        description: "\(method) \(path): \(error): \(value["message"]?.string?.prefix(500) ?? "")")
    }
    return value
  }
}
