import Files
import Foundation
import SystemPackage
import Transfer

/// The test server in `Server/server.py`, running until this is let go.
final class FaultyServer: Sendable {
  let port: Int
  // Ends with its standard input, which closes with this process whatever happens to it.
  private let process: Process
  private let input: Pipe

  init() throws {
    let folder = FilePath(#filePath).removingLastComponent()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-I", folder.appending("Server/server.py").string]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var line = ""
    while !line.hasSuffix("\n"), let byte = try output.fileHandleForReading.read(upToCount: 1) {
      line += String(decoding: byte, as: UTF8.self)
    }
    guard let port = Int(line.trimmingCharacters(in: .newlines)) else {
      process.terminate()
      throw Missing()
    }
    self.port = port
    self.process = process
    self.input = input
  }

  struct Missing: Error {}

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  func address(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

  /// What the server was asked for under a name: path, `Range`, `If-Range`.
  func log(_ name: String) throws -> [[String?]] {
    let folder = try Files.makeTemporaryFolder(
      in: FilePath(NSTemporaryDirectory()), prefix: "larder-transfer-")
    defer { try? Files.remove(folder) }
    let file = folder.appending("log")
    _ = try Download(WebAddress(address("log/\(name)")), to: file).run()
    return try JSONDecoder().decode([[String?]].self, from: Data(Files.read(file)))
  }
}
