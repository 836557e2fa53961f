import Bundles
import Files
import History
import Problems
import SystemPackage
import Testing

@Suite struct SigningTests {
  private func key(_ bench: BundleBench, _ name: String) throws -> FilePath {
    let key = bench.folder.appending(name)
    try bench.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key.string])
    return key
  }

  private func list(_ bench: BundleBench, _ key: FilePath) throws -> FilePath {
    let path = bench.folder.appending("allowed")
    let words = try Files.readText(FilePath(key.string + ".pub"))
    try Files.write(Array("ada@example.com \(words)".utf8), to: path)
    return path
  }

  @Test func aSignatureOfAnAllowedSignerIsTaken() async throws {
    let bench = try BundleBench()
    let key = try key(bench, "key")
    let (path, written) = try await bench.write(try bench.commit(), key: key)
    #expect(written.signature?.string == path.string + ".sig")
    let allowed = try list(bench, key)
    let opened = try await Bundle.open(
      path, into: bench.folder.appending("kitchen"), allowedSigners: allowed)
    #expect(opened.signer == "ada@example.com")
    // The tool alone says the same.
    try bench.run(
      "sh",
      [
        "-c",
        "zstd -dc '\(path)' | ssh-keygen -Y verify -f '\(allowed)' -I ada@example.com "
          + "-n larder-bundle -s '\(path).sig'",
      ])
  }

  @Test func anotherKeyAndAnotherBundleAreRefused() async throws {
    let bench = try BundleBench()
    let key = try key(bench, "key")
    let stranger = try self.key(bench, "stranger")
    let run = try bench.commit()
    let (path, _) = try await bench.write(run, key: key)
    let folder = bench.folder.appending("kitchen")
    let allowed = try list(bench, stranger)
    let unknown = await #expect(throws: Problem.self) {
      try await Bundle.open(path, into: folder, allowedSigners: allowed)
    }
    #expect(unknown?.tier == .damage)
    let (other, _) = try await bench.write(
      try bench.commit {
        $0.note = "other"; $0.time += 1
      }, "other.tar.zst")
    let mine = try list(bench, key)
    let missing = await #expect(throws: Problem.self) {
      try await Bundle.open(other, into: folder, allowedSigners: mine)
    }
    #expect(missing?.tier == .user)
    let wrong = await #expect(throws: Problem.self) {
      try await Bundle.open(
        other, into: folder, allowedSigners: mine, signature: FilePath(path.string + ".sig"))
    }
    #expect(wrong?.code == "bad-signature")
    #expect(!Files.exists(folder))
  }

  @Test func aMissingKeyIsSaid() async throws {
    let bench = try BundleBench()
    let run = try bench.commit()
    let problem = await #expect(throws: Problem.self) {
      try await bench.write(run, key: "/nonexistent/key")
    }
    #expect(problem?.tier == .user)
    #expect(!Files.exists(bench.folder.appending("run.tar.zst")))
  }
}
