import Bundles
import Digests
import Documents
import Files
import History
import Problems
import Store
import SystemPackage
import Testing

@Suite struct BundleTests {
  @Test func aBundleOpensAsAKitchen() async throws {
    let bench = try BundleBench()
    let run = try bench.commit()
    let (path, written) = try await bench.write(run, wheels: true)
    #expect(written.fileDigest == (try Files.digest(of: path).digest))
    #expect(written.tarDigest == Digest(of: try bench.tar(of: path)))
    let folder = bench.folder.appending("kitchen")
    let opened = try await Bundle.open(path, into: folder)
    #expect(opened.run == run.id)
    #expect(opened.manifest == written.manifest)
    #expect(opened.tarDigest == written.tarDigest)
    #expect(opened.manifest.missing.isEmpty)
    #expect(opened.manifest.pythons == ["3.11.2"])
    #expect(opened.manifest.libcs == ["glibc-2.36"])
    #expect(opened.manifest.platforms == ["linux_x86_64"])
    #expect(
      try Files.read(opened.wheels.appending("tiny-1.0-py3-none-any.whl")) == BundleBench.wheel)
    #expect(
      try Files.names(in: folder) == ["artifacts", "cache", "recipes", "wheels"])
    let store = try DiskStore(at: folder.appending("cache"))
    for artifact in [bench.input, bench.tree, bench.large] {
      #expect(try store.contains(artifact))
    }
    // Never what the run is to make again.
    #expect(try store.size(bench.output.digest) == nil)
    let history = try HistoryRepository(at: folder.appending("artifacts/history.git"))
    #expect(try history.resolve("sample").id == run.id)
    #expect(try history.read(run.id, "recipe/sample.md") == Array("# Sample\n".utf8))
  }

  @Test func gitReadsTheHistoryOfARunWithParents() async throws {
    let bench = try BundleBench()
    _ = try bench.commit()
    let run = try bench.commit {
      $0.time += 60; $0.note = "again"
    }
    let (path, _) = try await bench.write(run)
    let folder = bench.folder.appending("kitchen")
    _ = try await Bundle.open(path, into: folder)
    let git = folder.appending("artifacts/history.git")
    #expect(try Files.readText(git.appending("shallow")) == "\(run.id)\n")
    #expect(
      try bench.run("git", ["--git-dir", git.string, "log", "--format=%H", "sample/main"])
        == "\(run.id)\n")
    try bench.run("git", ["--git-dir", git.string, "fsck", "--strict"])
    let history = try HistoryRepository(at: git)
    #expect(try history.runs().map(\.id) == [run.id])
  }

  @Test func twoBundlesOfARunAreTheSameBytes() async throws {
    let one = try BundleBench()
    let two = try BundleBench()
    let first = try await one.write(try one.commit(), wheels: true)
    let second = try await two.write(try two.commit(), "other.tar.zst", wheels: true)
    #expect(try Files.read(first.path) == Files.read(second.path))
    #expect(first.written.tarDigest == second.written.tarDigest)
  }

  @Test func theHeadersAreUstar() async throws {
    let bench = try BundleBench()
    let (path, _) = try await bench.write(try bench.commit())
    let tar = try bench.tar(of: path)
    let header = tar[..<512]
    #expect(header.prefix(11).elementsEqual("bundle.json".utf8))
    #expect(
      header[100..<124].elementsEqual(
        "0000644\0".utf8.map { $0 } + "0000000\0".utf8 + "0000000\0".utf8))
    #expect(header[136..<148].elementsEqual("00000000000\0".utf8))
    #expect(header[156..<157].elementsEqual("0".utf8))
    #expect(header[257..<265].elementsEqual("ustar\0".utf8.map { $0 } + "00".utf8))
    #expect(header[265...].allSatisfy { $0 == 0 })
    let file = bench.folder.appending("plain.tar")
    try Files.write(tar, to: file)
    let names = try bench.run("tar", ["-tf", file.string]).split(separator: "\n").map(String.init)
    #expect(names.prefix(2) == ["bundle.json", "provenance.json"])
    #expect(names.dropFirst(2).elementsEqual(names.dropFirst(2).sorted()))
  }

  @Test func whatIsNotInItIsListed() async throws {
    let bench = try BundleBench()
    let (_, written) = try await bench.write(try bench.commit())
    #expect(written.manifest.missing.map(\.file) == ["tiny-1.0-py3-none-any.whl"])
    #expect(written.manifest.missing.map(\.sha256) == [Digest(of: BundleBench.wheel)])
  }

  @Test func scoresComeAlongWhereTheyAreAskedFor() async throws {
    let bench = try BundleBench()
    let run = try bench.commit()
    let from = bench.history.path.string
    let who = ["-c", "user.name=ada", "-c", "user.email=ada@example.com", "--git-dir", from]
    try bench.run(
      "git", who + ["tag", "-a", "-m", "first", "submission/first", run.id.hex])
    try bench.run(
      "git", who + ["notes", "--ref", "larder", "add", "-m", "score 1", "submission/first"])
    let scores = try bench.history.scores(of: run.id)
    #expect(scores.map(\.name) == ["refs/tags/submission/first", "refs/notes/larder"])
    let (path, _) = try await bench.write(run, references: scores)
    let folder = bench.folder.appending("kitchen")
    _ = try await Bundle.open(path, into: folder)
    let git = ["--git-dir", folder.appending("artifacts/history.git").string]
    #expect(
      try bench.run("git", git + ["notes", "--ref", "larder", "show", "submission/first"])
        == "score 1\n")
    #expect(try HistoryRepository(at: FilePath(git[1])).submissionNames() == ["first"])
    let (plain, _) = try await bench.write(run, "plain.tar.zst")
    let other = bench.folder.appending("other")
    _ = try await Bundle.open(plain, into: other)
    #expect(
      try HistoryRepository(at: other.appending("artifacts/history.git")).submissions().isEmpty)
  }

  @Test func aWheelThatNobodyHasIsNamed() async throws {
    let bench = try BundleBench()
    let run = try bench.commit()
    let problem = await #expect(throws: Problem.self) {
      try await bench.write(run, wheels: true, hasWheel: false)
    }
    #expect(problem?.tier == .environment)
    #expect(problem?.message.contains("tiny-1.0-py3-none-any.whl") == true, "\(problem as Any)")
    #expect(problem?.message.contains(Digest(of: BundleBench.wheel).description) == true)
    #expect(!Files.exists(bench.folder.appending("run.tar.zst")))
  }

  @Test func aBlobThatTheStoreLacksIsNamed() async throws {
    let bench = try BundleBench()
    let gone = Digest(of: "gone")
    let recording = #"{"answer":{"file":"\#(gone)","size":4}}"#
    let run = try bench.commit { $0.record["recordings/two.json"] = .bytes(Array(recording.utf8)) }
    let problem = await #expect(throws: Problem.self) { try await bench.write(run) }
    #expect(problem?.tier == .environment)
    #expect(problem?.message.contains(gone.description) == true)
    #expect(try Files.names(in: bench.folder) == ["artifacts", "dist"])
  }

  @Test func somethingAtTheTargetIsNotReplaced() async throws {
    let bench = try BundleBench()
    let run = try bench.commit()
    _ = try await bench.write(run)
    let problem = await #expect(throws: Problem.self) { try await bench.write(run) }
    #expect(problem?.tier == .user)
  }

  @Test func theProvenanceNamesWhatWasMadeFromWhat() async throws {
    let bench = try BundleBench()
    let (path, _) = try await bench.write(try bench.commit())
    let text = try bench.run("sh", ["-c", "zstd -dc '\(path)' | tar -xOf - provenance.json"])
    let statement = try JSON(parsing: text)
    #expect(statement["_type"] == "https://in-toto.io/Statement/v1")
    #expect(statement["predicateType"] == "https://slsa.dev/provenance/v1")
    let subject = statement["subject"]?.array?.first
    #expect(subject?["name"] == "result/one/model.bin")
    #expect(subject?["digest"]?["sha256"]?.string == bench.output.digest.hex)
    let names = statement["predicate"]?["buildDefinition"]?["resolvedDependencies"]?.array?
      .compactMap { $0["name"]?.string }
    #expect(names?.contains("inputs/\(bench.input.digest.hex)") == true)
    #expect(names?.contains("environments/model/tiny-1.0-py3-none-any.whl") == true)
  }

  @Test func aFolderThatHoldsSomethingIsLeftAlone() async throws {
    let bench = try BundleBench()
    let (path, _) = try await bench.write(try bench.commit())
    let folder = bench.folder.appending("full")
    try Files.makeFolder(folder)
    try Files.write([1], to: folder.appending("mine"))
    let problem = await #expect(throws: Problem.self) { try await Bundle.open(path, into: folder) }
    #expect(problem?.tier == .user)
    #expect(try Files.names(in: folder) == ["mine"])
  }
}
