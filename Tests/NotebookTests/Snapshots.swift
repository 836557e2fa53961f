import Foundation
import Testing

/// Golden texts beside the tests; `RECORD_SNAPSHOTS=1` rewrites them and fails the run.
enum Snapshots {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Snapshots")

  static var isRecording: Bool { ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" }

  /// The names of the files with an ending, without it, in order.
  static func names(endingIn ending: String) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }.sorted()
  }

  static func text(_ file: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appending(path: file)), as: UTF8.self)
  }

  /// Compares a text with its golden file.
  static func expect(
    _ text: String, is file: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    if isRecording {
      try Data(text.utf8).write(to: folder.appending(path: file))
      Issue.record("recorded \(file)", sourceLocation: sourceLocation)
    } else {
      let golden = try self.text(file)
      #expect(text == golden, "see \(file)", sourceLocation: sourceLocation)
    }
  }
}
