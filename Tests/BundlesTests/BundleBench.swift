import Bundles
import Digests
import Documents
import Files
import Foundation
import History
import Store
import SystemPackage

/// A temporary folder with a store and a history that holds one run.
final class BundleBench {
  let folder: FilePath
  let store = MemoryStore()
  let history: HistoryRepository
  let input: Artifact
  let tree: Artifact
  let large: Artifact
  let output: Artifact

  init() throws {
    folder = try Files.makeTemporaryFolder(
      in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "larder-bundles-")
    history = try HistoryRepository(at: folder.appending("artifacts/history.git"))
    let store = store
    func keep(_ bytes: [UInt8]) throws -> Artifact {
      Artifact(kind: .file, digest: try store.put(bytes), size: Int64(bytes.count))
    }
    input = try keep(Array("an input\n".utf8))
    output = try keep([0, 9, 9, 9])
    // More than a piece of the store, and not of one byte only.
    large = try keep((0..<9_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    let inner = Tree([
      .init(name: "deep.txt", entry: .file(input.digest, size: 9, isExecutable: false))
    ])
    let innerDigest = try store.put(inner.document.canonicalBytes)
    let empty = try keep([])
    let outer = Tree([
      .init(name: "sub", entry: .folder(innerDigest, size: 9)),
      .init(name: "empty", entry: .file(empty.digest, size: 0, isExecutable: true)),
    ])
    tree = Artifact(
      kind: .folder, digest: try store.put(outer.document.canonicalBytes), size: outer.size)
  }

  deinit { try? Files.remove(folder) }

  static let wheel = Array("not really a wheel\n".utf8)

  func commit(_ change: (inout RunContent) throws -> Void = { _ in }) throws -> PastRun {
    let environment: JSON = [
      "digest": .digest(Digest(of: "environment")), "name": "model", "platform": "linux_x86_64",
      "python": "3.11.2", "requirements": ["tiny==1.0"],
      "files": [
        [
          "file": "tiny-1.0-py3-none-any.whl", "name": "tiny", "version": "1.0",
          "sha256": .digest(Digest(of: BundleBench.wheel)),
        ]
      ],
    ]
    let recording: JSON = [
      "calls": [["answer": ["file": .digest(large.digest), "size": .integer(large.size)]]]
    ]
    var content = RunContent(
      recipe: "sample", status: .succeeded, ran: 1, cached: 0, time: 1_760_000_000,
      larderVersion: "0.1.0",
      recipeFiles: ["sample.md": Array("# Sample\n".utf8), "parameters.json": Array("{}".utf8)],
      actions: [
        "one":
          ([
            "inputs": ["data": ["folder": .digest(tree.digest)]],
            "platform": ["architecture": "x86_64", "libc": "glibc-2.36", "system": "debian-12"],
          ] as JSON).canonicalBytes
      ],
      results: ["one": [.init(path: "model.bin", artifact: output)]], inputs: [input, tree],
      record: [
        "run.json": .bytes(Array(#"{"started":"2025-10-09T08:53:20Z"}"#.utf8)),
        "environments/model.json": .bytes(environment.canonicalBytes),
        "recordings/one.json": .bytes(recording.canonicalBytes),
      ])
    try change(&content)
    guard let branch = Branch("sample/main") else { preconditionFailure("a branch") }
    return try history.commit(content, branch: branch, store: store).run
  }

  func write(
    _ run: PastRun, _ name: String = "run.tar.zst", wheels: Bool = false,
    references: [GitReference] = [], hasWheel: Bool = true, key: FilePath? = nil
  ) async throws -> (path: FilePath, written: Bundles.Bundle.Written) {
    let path = folder.appending(name)
    let distdir = folder.appending("dist")
    try Files.makeFolder(distdir)
    let bytes = hasWheel ? BundleBench.wheel : Array("other bytes\n".utf8)
    try Files.write(bytes, to: distdir.appending("tiny-1.0-py3-none-any.whl"))
    let written = try await BundleWriter(history: history, store: store).write(
      run, to: path, references: references, wheels: wheels, distdirs: [distdir], key: key)
    return (path, written)
  }

  /// The tar of a bundle, by the `zstd` of this machine.
  func tar(of path: FilePath) throws -> [UInt8] {
    let target = folder.appending("tar-\(UInt64.random(in: 0...UInt64.max))")
    try run("zstd", ["-q", "-d", path.string, "-o", target.string])
    return try Files.read(target)
  }

  /// A bundle of some bytes, as anybody could make one.
  func file(of tar: [UInt8], _ name: String = "made.tar.zst") throws -> FilePath {
    let plain = folder.appending("plain-\(UInt64.random(in: 0...UInt64.max))")
    try Files.write(tar, to: plain)
    let target = folder.appending(name)
    try Files.remove(target)
    try run("zstd", ["-q", plain.string, "-o", target.string])
    return target
  }

  struct Failed: Error { let status: Int32 }

  @discardableResult
  func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(status: process.terminationStatus) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
