import Digests
import Files
import Foundation
import History
import Store
import SystemPackage

/// A temporary folder with a history, a store, and the `git` of this machine to look at it.
final class Bench {
  let folder: FilePath
  let store = MemoryStore()
  var path: FilePath { folder.appending("artifacts/history.git") }

  init() throws {
    folder = try Files.makeTemporaryFolder(
      in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "larder-history-")
  }

  deinit { try? Files.remove(folder) }

  func history() throws -> HistoryRepository { try HistoryRepository(at: path) }

  struct Answer {
    let status: Int32
    let bytes: [UInt8]
    let errors: String
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
  }

  /// Runs the real Git client on the history, with no configuration but the repository's.
  func git(_ arguments: String..., environment: [String: String] = [:]) throws -> Answer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "--git-dir", path.string] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.string)
    process.environment = [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.string, "GIT_CONFIG_NOSYSTEM": "1",
      "LC_ALL": "C.UTF-8",
    ].merging(environment) { $1 }
    let output = folder.appending("out-\(UInt64.random(in: 0...UInt64.max))")
    let errors = folder.appending("err-\(UInt64.random(in: 0...UInt64.max))")
    try Files.write([], to: output)
    try Files.write([], to: errors)
    process.standardOutput = FileHandle(forWritingAtPath: output.string)
    process.standardError = FileHandle(forWritingAtPath: errors.string)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return Answer(
      status: process.terminationStatus, bytes: try Files.read(output),
      errors: String(decoding: try Files.read(errors), as: UTF8.self))
  }

  /// A run of two steps with a file of each kind.
  func sample(
    status: RunContent.Status = .succeeded, ran: Int = 2, note: String? = nil,
    time: Int64 = 1_760_000_000, text: String = "# Sample\n", answer: String = "42\n"
  ) throws -> RunContent {
    RunContent(
      recipe: "sample", status: status, ran: ran, cached: 2 - min(ran, 2), note: note, time: time,
      larderVersion: "0.1.0", kitchenCommit: "0123456789abcdef",
      recipeFiles: [
        "sample.md": Array(text.utf8), "sample.lock": Array("sources: {}\n".utf8),
        "parameters.json": Array("{}".utf8),
      ],
      actions: ["one": Array(#"{"step":1}"#.utf8), "two": Array(#"{"step":2}"#.utf8)],
      results: [
        "one": [
          .init(path: "answer.txt", artifact: try store.file(answer)),
          .init(path: "deep/model.bin", artifact: try store.file([0, 1, 2, 255])),
        ],
        "two": [
          .init(
            path: "files/",
            artifact: try store.folder([
              "a.txt": Array("a\n".utf8), "run.sh*": Array("#!/bin/sh\n".utf8),
              "sub/with space.bin": [0], "sub.txt": Array("after sub in Git's order\n".utf8),
              "link -> a.txt": [], "empty/": [],
            ]))
        ],
      ],
      inputs: [try store.file("an input\n")],
      record: ["run.json": .bytes(Array("{\"host\":\"somewhere\"}\n".utf8))])
  }
}

let main = "sample/main"
