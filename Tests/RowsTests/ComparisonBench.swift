import Files
import Foundation
import SystemPackage

@testable import Rows

/// Two files in a folder of their own.
final class ComparisonBench {
  let folder: FilePath
  var old: FilePath { folder.appending("old.jsonl") }
  var new: FilePath { folder.appending("new.jsonl") }

  init(_ old: String, _ new: String) throws {
    folder = try Files.makeTemporaryFolder(
      in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "larder-rows-")
    try Files.write(Array(old.utf8), to: self.old)
    try Files.write(Array(new.utf8), to: self.new)
  }

  deinit { try? Files.remove(folder) }

  convenience init(_ old: [String], _ new: [String]) throws {
    try self.init(
      old.map { $0 + "\n" }.joined(), new.map { $0 + "\n" }.joined())
  }

  func compare(
    key: String? = nil, limit: Int = 5000, areEqual: Bool = false
  ) throws -> RowComparison {
    try RowComparison(
      old, new,
      RowComparison.Options(key: key.flatMap { RowPath($0) }, limit: limit, areEqual: areEqual))
  }
}

/// The counts as one line.
func text(_ counts: RowComparison.Counts) -> String {
  "\(counts.changed)~ \(counts.added)+ \(counts.removed)- \(counts.moved)> \(counts.same)="
    + (counts.reformatted > 0 ? " \(counts.reformatted)r" : "")
}

func row(_ id: Int, _ text: String) -> String { #"{"id":\#(id),"text":"\#(text)"}"# }
