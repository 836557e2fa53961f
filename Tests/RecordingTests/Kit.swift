import Digests
import Documents
import Files
import Foundation
import Problems
import SystemPackage
import Testing
import Transfer

@testable import Recording

/// A folder of its own, a store and a context, for one test.
struct Kit {
  let folder: FilePath
  let store = TestStore()
  var context: SourceContext

  init(_ folder: FilePath) {
    self.folder = folder
    context = SourceContext(store: store, workFolder: folder.appending("work"))
    context.policy.firstWait = 0
  }

  static func with(_ work: (inout Kit) throws -> Void) throws {
    let folder = try Files.makeTemporaryFolder(
      in: FilePath(NSTemporaryDirectory()), prefix: "larder-recording-")
    defer { try? Files.remove(folder) }
    var kit = Kit(folder)
    try Files.makeFolder(kit.context.workFolder)
    try work(&kit)
  }

  /// Every file, link and folder below a path with rights and content, one a line: the same text
  /// means the same tree.
  static func listing(_ folder: FilePath, _ prefix: String = "") throws -> [String] {
    var lines: [String] = []
    for name in try Files.names(in: folder) {
      let path = folder.appending(name)
      let mode = String(
        (try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions] as? Int)
          ?? 0, radix: 8)
      switch Files.kind(path) {
      case .folder:
        lines.append("\(prefix)\(name)/ \(mode)")
        lines += try listing(path, "\(prefix)\(name)/")
      case .link:
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: path.string)
        lines.append("\(prefix)\(name) -> \(target)")
      default:
        lines.append("\(prefix)\(name) \(mode) \(try Files.digest(of: path).digest.short)")
      }
    }
    return lines
  }

  /// Runs a small Python program in the test's folder.
  func python(_ program: String, _ arguments: [String] = []) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-I", "-c", program] + arguments
    process.currentDirectoryURL = URL(filePath: folder.string)
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "the test's own Python program failed")
  }
}

func problem(_ work: () throws -> some Any) -> Problem? {
  do {
    _ = try work()
    return nil
  } catch { return Problem(error) }
}

/// Serves a folder on 127.0.0.1 until it is let go.
final class FolderServer: Sendable {
  let port: Int
  private let process: Process
  // The server ends with its standard input, which closes with this process whatever happens.
  private let input = Pipe()

  init(_ folder: FilePath) throws {
    let program = """
      import functools, http.server, sys, threading
      class Quiet(http.server.SimpleHTTPRequestHandler):
          def log_message(self, *words):
              pass
      handler = functools.partial(Quiet, directory=sys.argv[1])
      server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
      print(server.server_address[1], flush=True)
      threading.Thread(target=server.serve_forever, daemon=True).start()
      sys.stdin.read()
      """
    process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-I", "-c", program, folder.string]
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var line = ""
    while !line.hasSuffix("\n"), let byte = try output.fileHandleForReading.read(upToCount: 1) {
      line += String(decoding: byte, as: UTF8.self)
    }
    port = try #require(Int(line.trimmingCharacters(in: .newlines)))
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  func address(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }
}
