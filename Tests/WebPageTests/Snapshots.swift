import Foundation
import Testing

/// Golden texts beside the tests; `RECORD_SNAPSHOTS=1` rewrites them and fails the run.
enum Snapshots {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Snapshots")

  static var isRecording: Bool { ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" }

  static func expect(
    _ text: String, is file: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let place = folder.appending(path: file)
    if isRecording {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: place)
      Issue.record("recorded \(file)", sourceLocation: sourceLocation)
    } else {
      let golden = String(decoding: try Data(contentsOf: place), as: UTF8.self)
      #expect(text == golden, "see \(file)", sourceLocation: sourceLocation)
    }
  }
}
