import Documents
import Files
import Foundation
import Models
import Recording
import SystemPackage
import Transfer

/// The endpoint in `Server/chat.py`, running until this is let go.
final class ChatServer: Sendable {
  static let key = "sk-test/0123456789+abc"

  let port: Int
  // Ends with its standard input, which closes with this process whatever happens to it.
  private let process: Process
  private let input: Pipe

  init() throws {
    let folder = FilePath(#filePath).removingLastComponent()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-I", folder.appending("Server/chat.py").string, "--until-eof"]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var line = ""
    while !line.hasSuffix("\n"), let byte = try output.fileHandleForReading.read(upToCount: 1) {
      line += String(decoding: byte, as: UTF8.self)
    }
    guard let port = Int(line.filter(\.isNumber)) else {
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

  /// The variables that lead to one case of the server.
  func variables(_ name: String, key: String? = ChatServer.key) -> [String: String] {
    var variables = ["TEST_BASE_URL": "http://127.0.0.1:\(port)/\(name)"]
    variables["TEST_API_KEY"] = key
    return variables
  }

  func endpoint(
    _ name: String, policy: Download.Policy = ChatServer.patient()
  ) throws -> ChatEndpoint {
    try ChatEndpoint(provider: "test", variables: variables(name), policy: policy)
  }

  /// A policy that waits no time, and tells how long it would have waited.
  static func patient(
    _ waited: @escaping @Sendable (Double) -> Void = { _ in }
  ) -> Download.Policy {
    var policy = Download.Policy()
    policy.wait = { seconds, checkCancelled in
      waited(seconds)
      try checkCancelled()
    }
    return policy
  }

  /// What the server was asked so far.
  func asked() throws -> [JSON] {
    let folder = try Files.makeTemporaryFolder(
      in: FilePath(NSTemporaryDirectory()), prefix: "larder-models-")
    defer { try? Files.remove(folder) }
    let file = folder.appending("log")
    _ = try Download(WebAddress("http://127.0.0.1:\(port)/log"), to: file).run()
    return try JSON(parsing: Files.read(file)).array ?? []
  }
}
