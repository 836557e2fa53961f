internal import Problems

/// What went wrong in pip, from what it said.
enum PipProblem {
  /// Reads pip's output after a failure.
  ///
  /// - Parameters:
  ///   - said: everything it printed, or the end of it.
  ///   - environment: the name of the environment that was being made.
  ///   - doing: what was being done, as in `cannot lock`.
  static func read(
    _ said: String, environment: String, doing: String, isOffline: Bool
  ) -> Problem {
    let lines = said.split(whereSeparator: \.isNewline)
    func fail(_ code: Problem.Code, _ found: String, _ hint: String?) -> Problem {
      Problem(
        .environment, code, "\(doing) the environment `\(environment)`: \(found)", hint: hint)
    }
    if said.contains("No module named pip") {
      return fail(
        "pip-missing", "Python has no pip", "install it: apt-get install python3-pip")
    }
    if said.contains("No module named venv") || said.contains("ensurepip is not available") {
      return fail(
        "venv-missing", "Python cannot make environments",
        "install what is missing: apt-get install python3-venv")
    }
    if said.contains("No space left on device") {
      return fail("disk-full", "the disk is full", "free some space, then run the command again")
    }
    if said.contains("DO NOT MATCH THE HASHES") {
      return fail(
        "package-hash", mismatch(in: lines),
        "the index serves other bytes than the lock names; if that is expected, renew the lock: "
          + "larder lock RECIPE --update")
    }
    if let name = missing(in: said) {
      if isOffline {
        return fail(
          "package-missing", "no file of `\(name)` is here, and the network is not to be used",
          "run without --offline, or give the folder that has it: --distdir DIR")
      }
      if let cause = networkTrouble(in: lines) { return noNetwork(fail, cause) }
      return fail(
        "package-missing",
        "the package index has no wheel of `\(name)` for this Python and machine",
        "check its name and version; what exists only as source cannot be used")
    }
    if let cause = networkTrouble(in: lines) { return noNetwork(fail, cause) }
    if said.contains("ResolutionImpossible") {
      return fail(
        "package-conflict", "its requirements contradict each other", "loosen or change a version")
    }
    let last = lines.last { $0.hasPrefix("ERROR:") }?.dropFirst(6).drop { $0 == " " }
    return fail("pip", String(last ?? lines.last ?? "pip failed"), nil)
  }

  /// The requirement for which pip found no file, or nil.
  static func missing(in said: String) -> String? {
    let mark = "No matching distribution found for "
    guard let found = said.firstRange(of: mark) else { return nil }
    let name = said[found.upperBound...].prefix { !$0.isWhitespace }
    return name.isEmpty ? nil : String(name)
  }

  private static func noNetwork(
    _ fail: (Problem.Code, String, String?) -> Problem, _ cause: String
  ) -> Problem {
    fail(
      "no-network", "the package index cannot be reached: \(cause)",
      "check the network and pip's settings (pip config list), then run the command again")
  }

  private static func networkTrouble(in lines: [Substring]) -> String? {
    let signs = [
      "Temporary failure in name resolution", "Name or service not known",
      "Failed to establish a new connection", "Connection refused", "Network is unreachable",
      "ProxyError", "timed out", "CERTIFICATE_VERIFY_FAILED", "ConnectionResetError",
      "RemoteDisconnected", "401 Client Error", "403 Client Error", "503 Server Error",
    ]
    for line in lines {
      if let sign = signs.first(where: { line.contains($0) }) { return sign }
    }
    return nil
  }

  /// Pip prints the package, then `Expected sha256 …` and `Got …`.
  private static func mismatch(in lines: [Substring]) -> String {
    func value(after mark: String) -> Substring? {
      lines.first { $0.contains(mark) }?.split(separator: " ").last
    }
    let expected = lines.firstIndex { $0.contains("Expected sha256") }
    let package = expected.flatMap { index in
      index > 0 ? lines[index - 1].split(separator: " ").first : nil
    }
    let name = package.map { "the file of `\($0)`" } ?? "a file"
    guard let wanted = value(after: "Expected sha256"), let found = value(after: "Got ") else {
      return "\(name) has other bytes than the lock says"
    }
    return "\(name) has other bytes than the lock says: sha256 \(found) instead of \(wanted)"
  }
}
