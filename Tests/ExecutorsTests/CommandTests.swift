import Foundation
import Glibc
import Problems
import Synchronization
import SystemPackage
import Testing

@testable import Processes

@Suite struct CommandTests {
  @Test func collectsOutput() async throws {
    let command = Command("sh", ["-c", "echo out; echo err >&2; echo $X"], environment: ["X": "y"])
    #expect(try await command.output() == "out\nerr\ny\n")
  }

  @Test func startsInItsFolder() async throws {
    #expect(try await Command("pwd", workingFolder: "/usr/lib").output() == "/usr/lib\n")
  }

  @Test(arguments: [
    (Command("no-such-tool"), "tool-missing"), (Command("/no/such/tool"), "tool-missing"),
    (Command("false"), "tool-failed"), (Command("sh", ["-c", "kill -9 $$"]), "tool-failed"),
    (Command("head", ["-c", "2000000", "/dev/zero"]), "tool-output"),
  ])
  func tellsWhatFailed(command: Command, code: String) async throws {
    await #expect {
      try await command.output()
    } throws: { error in
      let problem = error as? Problem
      return problem?.code.text == code && problem?.tier == .environment
    }
  }

  @Test func namesThePackage() async throws {
    do {
      _ = try await Command("no-such-tool").output(package: "such-tools")
      Issue.record("found")
    } catch let problem as Problem {
      #expect(problem.hint == "install it: apt-get install such-tools")
    }
  }

  @Test func endsAtTheTimeLimit() async throws {
    await #expect(throws: Problem.self) {
      try await Command("sleep", ["20"]).output(timeLimit: 0.1)
    }
  }

  @Test func readsNothing() async throws {
    #expect(try await Command("cat").output() == "")
  }

  @Test func passesDescriptors() async throws {
    let file = try anonymousFile(Array("hidden".utf8))
    defer { try? file.close() }
    let text = Mutex("")
    let box = Box()
    var supervision = Supervision()
    supervision.inherited = [file]
    supervision.output = { piece in
      box.text.withLock { $0 += String(decoding: piece, as: UTF8.self) }
    }
    let shell = Command("/bin/sh", ["-c", "cat <&3; ls /proc/self/fd | tr '\\n' ' '"])
    _ = try await shell.run(supervision)
    text.withLock { $0 = box.text.withLock { $0 } }
    // The last one is the folder that `ls` reads.
    #expect(text.withLock { $0 } == "hidden0 1 2 3 4 ")
  }

  @Test func resetsSignals() async throws {
    let before = signal(SIGPIPE, SIG_IGN)
    defer { signal(SIGPIPE, before) }
    let end = try await Command("/bin/sh", ["-c", "kill -PIPE $$; sleep 5"]).run()
    #expect(end.ending == .signalled(SIGPIPE))
  }

  @Test func doesNotWaitForWhoHoldsTheOutput() async throws {
    // It says that it is up from a session of its own: before that, the end of the shell is its end.
    let script = """
      exec 3>&1; read -r word < <(setsid sh -c 'echo up; exec sleep 901 >&3'); echo "$word"
      """
    #expect(try await Command("bash", ["-c", script]).output() == "up\n")
    // Whoever waited for the end of the output would find it gone. A process has no command line
    // for the moment in which it becomes another program.
    for _ in 0..<500 where !Kitchen.isAlive("sleep 901") {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(Kitchen.isAlive("sleep 901"))
    _ = try? await Command("/usr/bin/pkill", ["-f", "sleep 901"]).output()
  }

  @Test func runsManyAtOnce() async throws {
    try await withThrowingTaskGroup { group in
      for index in 0..<40 {
        group.addTask { (index, try await Command("echo", ["\(index)"]).output()) }
      }
      for try await (index, text) in group { #expect(text == "\(index)\n") }
    }
  }

  @Test func leaksNoDescriptor() async throws {
    func open() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
    _ = try await Command("true").output()
    let before = try open()
    for _ in 1...50 { _ = try await Command("true").output() }
    // Other tests run at the same time and have some of their own.
    #expect(try open() < before + 40)
  }

  @Test(
    arguments: [
      ("", nil), ("{ \"child-pid\": 12", nil), ("{ \"child-pid\": 12, ", 12),
      ("{\n  \"child-pid\": 7\n}", 7),
    ] as [(String, Int32?)])
  func findsTheGuardedProcess(status: String, process: Int32?) {
    #expect(ProcessFollower.childProcess(in: Array(status.utf8)) == process)
  }

  private final class Box: Sendable { let text = Mutex("") }
}
