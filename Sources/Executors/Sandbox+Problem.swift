internal import Files
internal import Foundation
package import Problems
internal import Processes
internal import SystemPackage

extension Sandbox {
  /// Whether sandboxes can be made here: nil, or what is in the way with the one thing to do about it.
  ///
  /// Makes one, which takes some milliseconds.
  package func problem() async -> Problem? {
    guard let tool = bubblewrap else { return Sandbox.missing }
    let words = SandboxOptions.isolation + SandboxOptions.system
    let command = Command(
      tool,
      words + ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/", "--", "/usr/bin/true"])
    let collector = LogCollector { _ in }
    var supervision = Supervision()
    supervision.timeLimit = 30
    supervision.output = { collector.take($0) }
    do {
      let end = try await command.run(supervision)
      if end.ending == .exited(0) { return nil }
      let said = String(decoding: collector.finish(), as: UTF8.self)
      return Sandbox.diagnose(
        said: said.split(separator: "\n").last.map(String.init) ?? "bubblewrap \(end.ending)")
    } catch { return Problem(error) }
  }

  static let missing = Problem(
    .environment, "sandbox-missing",
    "steps run in a sandbox, and its program `bwrap` is not installed",
    hint: "install it: apt-get install bubblewrap; or run without a sandbox: --no-sandbox")

  /// Why bubblewrap could not make a sandbox, from what it said and what the system forbids.
  ///
  /// - Parameter read: reads a small file of the system, nil where there is none.
  static func diagnose(
    said: String,
    read: (String) -> String? = { path in
      (try? Files.read(FilePath(path))).map { String(decoding: $0, as: UTF8.self) }
    }
  ) -> Problem {
    func number(_ path: String) -> Int? {
      read("/proc/sys/\(path)").flatMap {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    let fix: String
    if number("kernel/unprivileged_userns_clone") == 0 {
      fix = "allow user namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1"
    } else if number("user/max_user_namespaces") == 0 {
      fix = "allow user namespaces: sudo sysctl -w user.max_user_namespaces=10000"
    } else if number("kernel/apparmor_restrict_unprivileged_userns") == 1 {
      fix =
        "allow user namespaces: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    } else if read("/.dockerenv") != nil || read("/run/.containerenv") != nil {
      fix =
        "start the container with --security-opt seccomp=unconfined "
        + "--security-opt apparmor=unconfined --security-opt systempaths=unconfined"
    } else {
      fix = "find out with: bwrap --unshare-all --ro-bind / / true"
    }
    return Problem(
      .environment, "sandbox-forbidden", "the system does not let a sandbox be made: \(said)",
      hint: "\(fix); or run without a sandbox: --no-sandbox")
  }
}
