import Files
import Foundation
import Glibc
import Problems
import SystemPackage
import Testing

@testable import Executors

/// What a step in the sandbox sees, and what it is refused.
@Suite(.serialized) struct SandboxTests {
  @Test func showsTheSameMachineEverywhere() async throws {
    let text = try await Kitchen().output(
      "id -u; id -g; id -un; hostname; date +%Z; pwd; cat /etc/hostname; readlink -f /tmp")
    #expect(
      text == "1000\n1000\nlarder\nlarder\nUTC\n/step\nlarder\n/step/tmp\n")
  }

  @Test func hasNoVariableOfTheHost() async throws {
    let text = try await Kitchen().output("env | cut -d= -f1 | LC_ALL=C sort | tr '\\n' ' '")
    #expect(text == "HOME LANG PATH PWD SHLVL TMPDIR TZ _ ")
  }

  @Test(arguments: [
    "cat /etc/shadow", "ls /root", "ls /home", "ls /var/lib",
    "cat /proc/1/environ | grep -q HOSTVAR",
  ])
  func refusesToRead(script: String) async throws {
    let kitchen = try Kitchen()
    let outcome = try await kitchen.run(kitchen.bash(script))
    #expect(outcome.ending != .exited(0), "\(outcome.text)")
  }

  @Test func hidesTheKitchen() async throws {
    let kitchen = try Kitchen()
    let secret = kitchen.folder.appending("secret")
    try Files.write(Array("x".utf8), to: secret)
    let outcome = try await kitchen.run(kitchen.job(["cat", secret.string]))
    #expect(outcome.ending == .exited(1))
    #expect(outcome.text.contains("No such file"))
  }

  @Test(arguments: [
    "touch /usr/x", "touch /etc/x", "touch /x", "mkdir /env", "touch /step/in/x",
    "echo x > /step/in/rows",
    "rm /step/in/rows", "mv /step/in /step/other", "mount -t tmpfs none /usr",
    "touch /opt/larder/x",
  ])
  func refusesToWrite(script: String) async throws {
    let kitchen = try Kitchen()
    let rows = kitchen.folder.appending("kept-rows")
    try Files.write(Array("one\n".utf8), to: rows)
    var job = try kitchen.bash(script)
    job.mounts = [.init(source: rows, target: "in/rows")]
    let outcome = try await kitchen.run(job)
    #expect(outcome.ending != .exited(0))
    #expect(try Files.readText(rows) == "one\n")
  }

  @Test func hasNoNetwork() async throws {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(server) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(server, $0, size)
        _ = listen(server, 1)
        _ = getsockname(server, $0, &size)
      }
    }
    let port = UInt16(bigEndian: address.sin_port)
    let kitchen = try Kitchen()
    var job = try kitchen.bash("exec 3<>/dev/tcp/127.0.0.1/\(port) && echo connected")
    let outcome = try await kitchen.run(job)
    #expect(outcome.ending != .exited(0))
    #expect(!outcome.text.contains("connected"))
    #expect(try await kitchen.output("ls /etc").contains("resolv.conf") == false)

    job = try kitchen.bash("exec 3<>/dev/tcp/127.0.0.1/\(port) && echo connected")
    job.network = true
    #expect(try await kitchen.run(job).text == "connected\n")
  }

  @Test func hidesOtherProcesses() async throws {
    let text = try await Kitchen().output("ls /proc | grep -c '^[0-9]'")
    #expect((Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 99) <= 6)
    let kitchen = try Kitchen()
    let outcome = try await kitchen.run(kitchen.bash("kill -9 \(getpid())"))
    #expect(outcome.ending == .exited(1))
  }

  @Test func hasNoRights() async throws {
    let text = try await Kitchen().output(
      "grep -E '^Cap(Eff|Prm|Bnd)' /proc/self/status | cut -f2 | sort -u")
    #expect(text == "0000000000000000\n")
  }

  @Test func endsDaemonsToo() async throws {
    let kitchen = try Kitchen()
    let outcome = try await kitchen.run(
      kitchen.bash("setsid -f sleep 5678 >/dev/null 2>&1 </dev/null; sleep 0.2"))
    #expect(outcome.ending == .exited(0))
    #expect(!Kitchen.isAlive("sleep 5678"))
  }

  @Test func endsANoisyChild() async throws {
    let kitchen = try Kitchen()
    let outcome = try await kitchen.run(kitchen.bash("(yes 98765 &); echo done"))
    #expect(outcome.ending == .exited(0))
    #expect(!Kitchen.isAlive("yes 98765"))
  }

  @Test func hasDevicesAndSharedMemory() async throws {
    let text = try await Kitchen().output(
      "echo x > /dev/null; head -c 4 /dev/urandom | wc -c; touch /dev/shm/x; test ! -e /dev/sda; echo ok"
    )
    #expect(text == "4\nok\n")
  }

  @Test func keepsVariablesOffTheCommandLine() async throws {
    let kitchen = try Kitchen()
    var job = try kitchen.bash("echo up; sleep 1")
    job.variables = ["SECRET": "do-not-show-7391"]
    let ready = job
    async let outcome = kitchen.run(ready)
    while kitchen.lines.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    #expect(!Kitchen.isAlive("do-not-show-7391"))
    _ = try await outcome
  }

  @Test func worksHere() async throws {
    let kitchen = try Kitchen()
    let sandbox = try #require(kitchen.executor as? Sandbox)
    #expect(await sandbox.problem() == nil)
  }

  @Test func removesItsEtc() async throws {
    let kitchen = try Kitchen()
    let folder = kitchen.folder.appending("etc-test")
    do {
      let sandbox = Sandbox(folder: folder)
      _ = try await sandbox.run(kitchen.job(["true"])) { _ in }
      #expect(try Files.names(in: folder).count == 1)
    }
    #expect(try Files.names(in: folder).isEmpty)
  }

  @Test func tellsWhenItsProgramIsMissing() async throws {
    let kitchen = try Kitchen()
    let sandbox = Sandbox(folder: kitchen.folder, bubblewrap: "/no/such/bwrap")
    await #expect(throws: Problem.self) { try await sandbox.run(kitchen.job(["true"])) { _ in } }
    #expect(await sandbox.problem()?.tier == .environment)
  }

  @Test func tellsWhatBubblewrapSaid() async throws {
    let kitchen = try Kitchen()
    var job = try kitchen.job(["true"])
    job.mounts = [.init(source: "/no/such/file", target: "/program")]
    await #expect {
      try await kitchen.run(job)
    } throws: { error in
      let problem = error as? Problem
      return problem?.tier == .environment && problem?.message.contains("/no/such/file") == true
    }
  }

  @Test(arguments: [
    (["/proc/sys/kernel/unprivileged_userns_clone": "0\n"], "kernel.unprivileged_userns_clone=1"),
    (["/proc/sys/user/max_user_namespaces": "0\n"], "user.max_user_namespaces=10000"),
    (
      ["/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"],
      "kernel.apparmor_restrict_unprivileged_userns=0"
    ),
    (["/.dockerenv": ""], "--security-opt seccomp=unconfined"),
    ([:], "bwrap --unshare-all"),
  ])
  func namesTheOneFix(files: [String: String], fix: String) {
    let problem = Sandbox.diagnose(said: "bwrap: no", read: { files[$0] })
    #expect(problem.hint?.contains(fix) == true)
    #expect(problem.hint?.contains("--no-sandbox") == true)
    #expect(problem.tier == .environment)
  }

  @Test(
    arguments: [
      (0, Outcome.Ending.exited(0)), (137, .signalled(9)), (143, .signalled(15)),
      (255, .exited(255)), (128, .exited(128)),
    ] as [(Int32, Outcome.Ending)])
  func readsExitCodes(code: Int32, ending: Outcome.Ending) {
    #expect(Sandbox.ending(exitCode: code) == ending)
  }
}
