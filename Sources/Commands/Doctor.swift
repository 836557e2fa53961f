internal import ArgumentParser
internal import Documents
internal import Executors
internal import Files
internal import Problems
internal import Processes
internal import Reporting
internal import Running
internal import SystemPackage

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check that this machine has what recipes need, and say what to do.",
    discussion: """
      EXAMPLES
        larder doctor
      """)

  @OptionGroup var options: GlobalOptions

  private struct Finding {
    var subject: String
    var state: String
    var problem: Problem?
  }

  func run() async throws {
    var findings: [Finding] = []
    let sandbox = await Sandbox(folder: "/nonexistent").problem()
    findings.append(
      Finding(subject: "sandbox", state: "bubblewrap isolates steps", problem: sandbox))
    findings.append(await python())
    findings.append(await pip())
    findings.append(await kitchen())
    if options.json {
      Console.out(
        .array(
          findings.map { finding in
            [
              "subject": .string(finding.subject), "ok": .bool(finding.problem == nil),
              "state": .string(finding.problem?.message ?? finding.state),
              "hint": finding.problem?.hint.map { .string($0) } ?? .null,
            ]
          }))
    } else {
      let style = options.style(forTerminal: Console.outputIsTerminal)
      for finding in findings {
        if let problem = finding.problem {
          Console.out("\(style("✕", .bad)) \(finding.subject): \(problem.message)\n")
          if let hint = problem.hint { Console.out("  hint: \(hint)\n") }
        } else {
          Console.out("\(style("●", .good)) \(finding.subject): \(finding.state)\n")
        }
      }
    }
    if let worst = findings.compactMap(\.problem).first { throw ExitCode(worst.tier.exitCode) }
  }

  private func python() async -> Finding {
    do {
      let version = try await Command("/usr/bin/python3", ["--version"]).output()
      return Finding(subject: "python", state: version.filter { $0 != "\n" })
    } catch {
      return Finding(
        subject: "python", state: "",
        problem: Problem(
          .environment, "no-python", "there is no /usr/bin/python3",
          hint: "install it: apt-get install python3 python3-pip python3-venv"))
    }
  }

  private func pip() async -> Finding {
    do {
      let version = try await Command("/usr/bin/python3", ["-m", "pip", "--version"]).output()
      let words = version.split(separator: " ")
      return Finding(subject: "pip", state: words.prefix(2).joined(separator: " "))
    } catch {
      return Finding(
        subject: "pip", state: "",
        problem: Problem(
          .environment, "no-pip",
          "/usr/bin/python3 has no pip, which brings packages and environments",
          hint: "install it: apt-get install python3-pip python3-venv"))
    }
  }

  private func kitchen() async -> Finding {
    do {
      let kitchen = try options.findKitchen()
      _ = try await options.openStore(kitchen)
      return Finding(subject: "kitchen", state: "\(kitchen.root), its store opens")
    } catch {
      return Finding(subject: "kitchen", state: "", problem: Problem(error))
    }
  }
}
