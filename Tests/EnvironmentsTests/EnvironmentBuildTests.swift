import Digests
import Documents
import Executors
import Files
import Foundation
import Notebook
import Problems
import Processes
import Synchronization
import SystemPackage
import Testing

@testable import Environments

/// Real packages from the configured package index, as a user's are.
@Suite(.serialized) struct EnvironmentBuildTests {
  private final class Place: Sendable {
    let folder: FilePath
    private let said = Mutex<[Documents.Progress]>([])

    init() throws {
      folder = try Files.makeTemporaryFolder(
        in: FilePath(NSTemporaryDirectory()), prefix: "larder-environments-")
    }

    deinit { try? Files.remove(folder) }

    var progress: [Documents.Progress] { said.withLock { $0 } }

    func builder() throws -> EnvironmentBuilder {
      EnvironmentBuilder(
        folder: folder.appending("environments"), pythonVersion: try Host.pythonVersion(),
        platform: Host.current().platformTag)
    }

    func report(_ progress: Documents.Progress) { said.withLock { $0.append(progress) } }

    /// What the folder of environments holds besides locks.
    func names() throws -> [String] {
      try Files.names(in: folder.appending("environments")).filter { !$0.hasSuffix(".lock") }
    }
  }

  private static func environment(
    _ files: [Lock.Environment.File], name: String = "data"
  ) throws -> Lock.Environment {
    let python = try Host.pythonVersion().split(separator: ".").prefix(2).joined(separator: ".")
    return Lock.Environment(
      name: name, requirements: files.map { "\($0.name)==\($0.version)" }, python: python,
      files: files)
  }

  private static func file(_ name: String, _ version: String, _ digest: String) throws
    -> Lock.Environment.File
  {
    .init(name: name, version: version, file: "", sha256: try #require(Digest(digest)))
  }

  private static let six = "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274"

  @Test func locksBuildsAndRuns() async throws {
    let place = try Place()
    let request = EnvironmentRequest(name: "data", requirements: ["idna==3.10", "six>=1.16"])
    let locked = try await EnvironmentResolver().lock(request) { place.report($0) }
    #expect(locked.files.map(\.name) == ["idna", "six"])
    #expect(locked.files[0].version == "3.10")
    #expect(locked.files[0].file == "idna-3.10-py3-none-any.whl")
    #expect(
      locked.files[0].sha256.hex
        == "946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3")
    #expect(locked.requirements == request.requirements)

    let builder = try place.builder()
    #expect(!builder.isBuilt(locked))
    let path = try await builder.build(locked) { place.report($0) }
    #expect(builder.isBuilt(locked))
    #expect(path == builder.path(of: locked))
    #expect(try place.names() == [path.lastComponent?.string])
    #expect(place.progress.contains { $0.text == "compiling" })
    #expect(place.progress.contains { $0.unit == "packages" && $0.total == 2 })

    // No path of this machine is left in it, whatever its name.
    let text = try Files.readText(path.appending("pyvenv.cfg"))
    #expect(text.hasPrefix("home = /usr/bin\n"))
    let found = try await Command(
      "/usr/bin/grep", ["-rl", "-F", place.folder.string, path.string]
    ).run()
    #expect(found.ending == .exited(1))

    let sandbox = Sandbox(folder: place.folder.appending("sandbox"))
    var job = Job(
      command: [
        "python", "-c",
        "import six, idna, sys; print(six.__version__, idna.__version__, sys.prefix, idna.__cached__)",
      ], workFolder: try Files.makeTemporaryFolder(in: place.folder, prefix: "job-"))
    job.mounts = [.init(source: path, target: "/env/data")]
    job.environmentPath = "/env/data"
    let outcome = try await sandbox.run(job) { _ in }
    let said = String(decoding: outcome.log, as: UTF8.self)
    #expect(outcome.ending == .exited(0), "\(said)")
    #expect(said.contains(" 3.10 /env/data /env/data/lib/python3"))
    let cached = try Files.names(
      in: path.appending("lib").appending("python\(locked.python)").appending("site-packages")
        .appending("idna").appending("__pycache__"))
    #expect(cached.contains("core.cpython-\(locked.python.filter { $0 != "." }).pyc"))
  }

  @Test func takesHashesAsTheyAre() async throws {
    let line = "six==1.17.0 --hash=sha256:\(Self.six)"
    let locked = try await EnvironmentResolver(isOffline: true)
      .lock(EnvironmentRequest(name: "x", requirements: [line]))
    #expect(locked.files == [try Self.file("six", "1.17.0", Self.six)])
  }

  @Test func buildsOnceForMany() async throws {
    let place = try Place()
    let environment = try Self.environment([Self.file("six", "1.17.0", Self.six)])
    let builders = try (1...4).map { _ in try place.builder() }
    let paths = try await withThrowingTaskGroup(of: FilePath.self) { group in
      for builder in builders {
        group.addTask { try await builder.build(environment) { place.report($0) } }
      }
      var paths: Set<FilePath> = []
      for try await path in group { paths.insert(path) }
      return paths
    }
    #expect(paths.count == 1)
    #expect(place.progress.count { $0.text == "compiling" } == 1)
  }

  @Test func buildsSourceDistributions() async throws {
    let place = try Place()
    // Its setup.py says so if it can reach the outside, and fails.
    let archive = try await sourceDistribution(in: place.folder)
    let digest = try Files.digest(of: archive).digest
    let index = place.folder.appending("dist")
    let setuptools = try await EnvironmentResolver()
      .lock(EnvironmentRequest(name: "x", requirements: ["setuptools", "wheel"]))
    let environment = try Self.environment(
      setuptools.files + [
        .init(name: "larder-sample", version: "1.0", file: "", sha256: digest)
      ])
    let path = try await place.builder().build(environment, distdirs: [index])
    let tool = path.appending("bin").appending("sample")
    #expect(try Files.readText(tool).hasPrefix("#!/usr/bin/env python3\n"))
    let text = try await Command(
      tool, environment: ["PATH": "\(path)/bin:/usr/bin:/bin"]
    ).output()
    #expect(text == "sample runs\n")
  }

  private func sourceDistribution(in folder: FilePath) async throws -> FilePath {
    let source = folder.appending("src").appending("larder_sample-1.0")
    try Files.makeFolder(source)
    let index = folder.appending("dist")
    try Files.makeFolder(index)
    let setup = """
      import socket
      from setuptools import setup
      try:
          socket.create_connection(("1.1.1.1", 53), 1)
      except OSError:
          pass
      else:
          raise SystemExit("the network is there")
      setup(name="larder-sample", version="1.0", py_modules=["sample"],
            entry_points={"console_scripts": ["sample=sample:main"]})
      """
    try Files.write(Array(setup.utf8), to: source.appending("setup.py"))
    try Files.write(
      Array("def main():\n    print('sample runs')\n".utf8), to: source.appending("sample.py"))
    let information = "Metadata-Version: 2.1\nName: larder-sample\nVersion: 1.0\n"
    try Files.write(Array(information.utf8), to: source.appending("PKG-INFO"))
    let archive = index.appending("larder_sample-1.0.tar.gz")
    _ = try await Command(
      "tar", ["-czf", archive.string, "-C", folder.appending("src").string, "larder_sample-1.0"],
      environment: ["PATH": "/usr/bin:/bin"]
    ).output()
    return archive
  }

  @Test func refusesOtherBytes() async throws {
    let place = try Place()
    let environment = try Self.environment([
      Self.file("six", "1.17.0", String(repeating: "0", count: 64))
    ])
    await #expect {
      try await place.builder().build(environment)
    } throws: { error in
      (error as? Problem)?.code == "package-hash"
    }
    #expect(try place.names().isEmpty)
  }

  @Test func namesTheMissingPackage() async throws {
    let place = try Place()
    let request = EnvironmentRequest(name: "data", requirements: ["six==0.0.0.1"])
    await #expect {
      try await EnvironmentResolver().lock(request)
    } throws: { error in
      let problem = error as? Problem
      return problem?.code == "package-missing" && problem?.message.contains("six==0.0.0.1") == true
    }
    _ = place
  }

  @Test func worksOfflineFromAFolder() async throws {
    let place = try Place()
    let environment = try Self.environment([Self.file("six", "1.17.0", Self.six)])
    await #expect {
      try await place.builder().build(environment, offline: true)
    } throws: { error in
      let problem = error as? Problem
      return problem?.code == "package-missing" && problem?.hint?.contains("--distdir") == true
    }
    #expect(try place.names().isEmpty)

    let dist = place.folder.appending("dist")
    _ = try await Command(
      Host.defaultPython,
      ["-m", "pip", "download", "-q", "--no-deps", "-d", dist.string, "six==1.17.0"],
      environment: inheritedEnvironment()
    ).output()
    _ = try await place.builder().build(environment, offline: true, distdirs: [dist])
    // And then without anything.
    _ = try await place.builder().build(environment, offline: true)
  }

  @Test func collectsFilesWithoutInstallingThem() async throws {
    let place = try Place()
    let environment = try Self.environment([Self.file("six", "1.17.0", Self.six)])
    let digest = try #require(Digest(Self.six))
    let first = try await EnvironmentFiles().collect(
      environment, into: place.folder.appending("files"))
    let path = try #require(first[digest])
    #expect(path.lastComponent?.string == "six-1.17.0-py2.py3-none-any.whl")
    #expect(try Files.digest(of: path).digest == digest)
    // And from a folder, with no network.
    let again = try await EnvironmentFiles(
      isOffline: true, distdirs: [path.removingLastComponent()]
    )
    .collect(environment, into: place.folder.appending("none"))
    #expect(again == [digest: path])
    #expect(try Files.names(in: place.folder.appending("none")).isEmpty)
  }

  @Test func refusesAnotherPython() async throws {
    let place = try Place()
    var environment = try Self.environment([Self.file("six", "1.17.0", Self.six)])
    environment.python = "3.1"
    await #expect {
      try await place.builder().build(environment)
    } throws: { error in
      (error as? Problem)?.code == "python-version"
    }
  }

  @Test func clearsWhatAKilledBuildLeft() async throws {
    let place = try Place()
    let environment = try Self.environment([Self.file("six", "1.17.0", Self.six)])
    let builder = try place.builder()
    let name = builder.path(of: environment).lastComponent?.string ?? ""
    let left = place.folder.appending("environments").appending(".\(name).making")
    try Files.makeFolder(left.appending("env").appending("junk"))
    let path = try await builder.build(environment)
    #expect(try place.names() == [name])
    #expect(!Files.exists(path.appending("junk")))
  }

  @Test func stopsWithItsTask() async throws {
    let place = try Place()
    let environment = try Self.environment([Self.file("six", "1.17.0", Self.six)])
    let builder = try place.builder()
    let task = Task { try await builder.build(environment) { place.report($0) } }
    while place.progress.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    await #expect(throws: (any Error).self) { try await task.value }
    #expect(try place.names().isEmpty)
  }

  @Test func needsAPython() async throws {
    let request = EnvironmentRequest(name: "data", requirements: ["six"])
    await #expect(throws: Problem.self) {
      try await EnvironmentResolver(python: "/no/such/python3").lock(request)
    }
  }
}
