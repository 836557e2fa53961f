internal import Problems
internal import Synchronization
internal import SystemPackage

extension Command {
  /// Runs a small tool and returns everything that it printed, output and error together.
  ///
  /// - Parameters:
  ///   - timeLimit: in seconds.
  ///   - package: the Debian package that has the tool, for the hint.
  /// - Throws: an environment problem where the tool is missing, fails, takes too long or prints more
  ///   than 1 MiB.
  package func output(timeLimit: Double = 60, package: String? = nil) async throws -> String {
    var command = self
    let name = executable.string
    guard let found = findTool(name) else {
      throw Problem(
        .environment, "tool-missing", "the tool `\(name)` is missing",
        hint: package.map { "install it: apt-get install \($0)" } ?? "install it")
    }
    command.executable = found
    let limit = 1 << 20
    let collected = Collected()
    var supervision = Supervision()
    supervision.timeLimit = timeLimit
    supervision.output = { piece in
      collected.bytes.withLock { bytes in
        if bytes.count <= limit { bytes.append(contentsOf: piece) }
      }
    }
    let end = try await command.run(supervision)
    let bytes = collected.bytes.withLock { $0 }
    let text = String(decoding: bytes, as: UTF8.self)
    let words = ([name] + arguments).joined(separator: " ")
    if end.stop == .timeLimit {
      throw Problem(
        .environment, "tool-time", "`\(words)` did not end within \(timeLimit.formatted) s")
    }
    guard bytes.count <= limit else {
      throw Problem(.environment, "tool-output", "`\(words)` printed more than 1 MiB")
    }
    guard end.ending == .exited(0) else {
      let last = text.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
      throw Problem(.environment, "tool-failed", "`\(words)` \(end.ending)\(last)")
    }
    return text
  }
}

/// What a tool printed so far; filled on the thread that follows it.
private final class Collected: Sendable {
  let bytes = Mutex<[UInt8]>([])
}

extension ProcessEnd.Ending: CustomStringConvertible {
  /// `exited with code 1`, `was ended by signal 9`.
  package var description: String {
    switch self {
    case .exited(let code): "exited with code \(code)"
    case .signalled(let number): "was ended by signal \(number)"
    }
  }
}

extension Double {
  /// Without `.0` where it is whole.
  fileprivate var formatted: String {
    self == rounded() && abs(self) < 1e15 ? String(Int64(self)) : String(self)
  }
}
