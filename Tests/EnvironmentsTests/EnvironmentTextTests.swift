import Digests
import Notebook
import Problems
import SystemPackage
import Testing

@testable import Environments

private let six = "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274"
private let rouge = "c7d4da2683e68c9abf0135ef915d63a46643666f848e558a1b9f7ead17ff0f04"

@Suite struct ShippedListTests {
  @Test func readsLines() throws {
    let text = """
      # what metrics need

      six==1.17.0 --hash=sha256:\(six)
      Rouge_Score==0.1.2  --hash=sha256:\(rouge)   # rouge_score-0.1.2.tar.gz
      torch==2.13.0+cpu --hash=sha256:\(six) # the build for processors
      """
    let environment = try Lock.Environment(shipped: text, name: "metrics")
    #expect(environment.name == "metrics")
    #expect(environment.requirements == ["rouge-score==0.1.2", "six==1.17.0", "torch==2.13.0+cpu"])
    #expect(environment.files.map(\.name) == ["rouge-score", "six", "torch"])
    #expect(environment.files.map(\.file) == ["rouge_score-0.1.2.tar.gz", "", ""])
    #expect(environment.files.map(\.sha256.hex) == [rouge, six, six])
  }

  @Test(arguments: [
    "six", "six==1.17.0", "six>=1 --hash=sha256:\(six)", "six==1.17.0 --hash=sha256:12",
    "six==1.17.0 --hash=sha256:\(six) --hash=sha256:\(rouge)", "-r other.txt",
    "==1 --hash=sha256:\(six)", "six== --hash=sha256:\(six)", "si/x==1 --hash=sha256:\(six)",
  ])
  func refuses(line: String) {
    #expect {
      try Lock.Environment(shipped: "\n\(line)\n", name: "x")
    } throws: { error in
      (error as? Problem)?.message.contains("line 2") == true
    }
  }
}

@Suite struct RequirementTests {
  @Test(arguments: [
    ("Rouge_Score", "rouge-score"), ("a.-_b", "a-b"), ("six", "six"), ("PyYAML", "pyyaml"),
  ])
  func normalizesNames(name: String, normal: String) {
    #expect(Requirement.normalizedName(name) == normal)
  }

  @Test(arguments: [
    "six", "six==1.17.0", "uvicorn[standard]>=0.30,<1", "six; python_version > '3'",
    "torch==2.13.0+cpu",
  ])
  func accepts(text: String) throws { try Requirement.check(text, of: "x") }

  @Test(arguments: [
    "", "-r x", "--index-url=https://example.org", "-e .", "./six",
    "six @ https://example.org/six.whl",
    "git+https://example.org/x", "six\n-r x", "six --hash=sha256:12",
  ])
  func refuses(text: String) {
    #expect(throws: Problem.self) { try Requirement.check(text, of: "x") }
  }
}

@Suite struct EnvironmentIdentityTests {
  private let files = [
    Lock.Environment.File(
      name: "six", version: "1.17.0", file: "", sha256: Digest(of: "six")),
    Lock.Environment.File(
      name: "idna", version: "3.11", file: "idna-3.11-py3-none-any.whl", sha256: Digest(of: "idna")),
  ]

  private func digest(
    _ files: [Lock.Environment.File], name: String = "a", python: String = "3.11.2",
    platform: String = "linux_x86_64"
  ) -> Digest {
    Lock.Environment(name: name, requirements: [], python: "3.11", files: files)
      .digest(python: python, platform: platform)
  }

  /// Changing this digest makes every environment be built again and every key change.
  @Test func staysAsItIs() {
    #expect(
      digest(files).hex == "d2dacadb9b7fb8fea848d378521c022392038b7ce6d4c14d1e6766c35910271a")
  }

  @Test func dependsOnContentOnly() {
    #expect(digest(files) == digest(files.reversed(), name: "b"))
    var renamed = files
    renamed[0].file = "six-1.17.0-py2.py3-none-any.whl"
    #expect(digest(files) == digest(renamed))
    #expect(digest(files) != digest(files, python: "3.11.3"))
    #expect(digest(files) != digest(files, platform: "linux_aarch64"))
    #expect(digest(files) != digest([files[0]]))
    var changed = files
    changed[0].version = "1.16.0"
    #expect(digest(files) != digest(changed))
  }
}

@Suite struct HostTests {
  @Test(arguments: [
    ("ID=debian\nVERSION_ID=\"12\"\n", "debian-12"),
    ("NAME=x\nID='arch'\nBUILD_ID=rolling\n", "arch-rolling"),
    ("ID=void\n", "void"), ("", "linux"),
  ])
  func readsOSRelease(text: String, image: String) { #expect(Host.systemImage(in: text) == image) }

  @Test func knowsThisMachine() throws {
    let host = Host.current()
    #expect(host.cLibrary.hasPrefix("glibc-2."))
    #expect(host.platformTag == "linux_\(host.architecture)")
    #expect(try Host.pythonVersion().hasPrefix("3."))
    #expect(throws: Problem.self) { try Host.pythonVersion(of: "/no/such/python3") }
  }
}

@Suite struct PipProblemTests {
  @Test(arguments: [
    ("/usr/bin/python3: No module named pip", false, "pip-missing"),
    ("ERROR: No matching distribution found for nosuch==1", false, "package-missing"),
    ("ERROR: No matching distribution found for nosuch==1", true, "package-missing"),
    (
      "WARNING: Retrying … Temporary failure in name resolution\nERROR: No matching distribution found for six",
      false, "no-network"
    ),
    (
      "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
      false, "disk-full"
    ),
    ("ERROR: ResolutionImpossible: for help visit", false, "package-conflict"),
    (
      "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n    six==1.17.0 from x:\n"
        + "        Expected sha256 aa\n             Got        bb\n", false, "package-hash"
    ),
    ("ERROR: something else", false, "pip"), ("", false, "pip"),
  ])
  func names(said: String, isOffline: Bool, code: String) {
    let problem = PipProblem.read(
      said, environment: "data", doing: "cannot make", isOffline: isOffline)
    #expect(problem.code.text == code)
    #expect(problem.tier == .environment)
    #expect(problem.message.hasPrefix("cannot make the environment `data`: "))
    if code == "package-hash" {
      #expect(problem.message.contains("`six==1.17.0`"))
      #expect(problem.message.hasSuffix("sha256 bb instead of aa"))
    }
  }

  @Test func knowsTheMissingPackage() {
    #expect(
      PipProblem.missing(
        in: "x\nERROR: No matching distribution found for torch==2.13.0+cpu (from …)\n")
        == "torch==2.13.0+cpu")
    #expect(PipProblem.missing(in: "ERROR: other") == nil)
  }
}

@Suite struct ScriptTests {
  @Test(arguments: [
    ("#!/tmp/e/bin/python3\nimport x\n", "#!/usr/bin/env python3\nimport x\n"),
    (
      "#!/bin/sh\n'''exec' /tmp/e/bin/python3 \"$0\" \"$@\"\n' '''\nimport x\ny\n",
      "#!/usr/bin/env python3\nimport x\ny\n"
    ),
    ("#!/bin/sh\necho\n", nil), ("#!/usr/bin/python3\n", nil), ("", nil), ("ELF", nil),
  ])
  func findsItsPythonByPath(script: String, changed: String?) {
    #expect(
      EnvironmentInstallation.movable(Array(script.utf8), python: "/tmp/e/bin")
        == changed.map { Array($0.utf8) })
  }
}
