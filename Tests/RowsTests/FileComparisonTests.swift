import Comparison
import Files
import Problems
import SystemPackage
import Testing

@testable import Rows

@Suite struct FileComparisonTests {
  private func compare(_ old: [UInt8], _ new: [UInt8]) throws -> FileComparison {
    try withTemporaryFolder { folder in
      let paths = [folder.appending("old"), folder.appending("new")]
      try Files.write(old, to: paths[0])
      try Files.write(new, to: paths[1])
      return try FileComparison(paths[0], paths[1])
    }
  }

  @Test func textIsComparedByLines() throws {
    guard case .text(let found) = try compare(Array("a\nb\n".utf8), Array("a\nc\n".utf8)) else {
      Issue.record("no text")
      return
    }
    #expect(found.added == 1 && found.removed == 1)
    // A JSON document of many lines is text.
    guard case .text = try compare(Array("{\n\"a\": 1\n}\n".utf8), Array("{\n\"a\": 2\n}\n".utf8))
    else {
      Issue.record("no text")
      return
    }
  }

  @Test func nothingAgainstRowsIsRows() throws {
    guard case .rows(let found) = try compare([], Array("{\"a\":1}\n".utf8)) else {
      Issue.record("no rows")
      return
    }
    #expect(found.counts.added == 1)
    guard case .identical = try compare([], []) else {
      Issue.record("not identical")
      return
    }
    guard case .identical = try compare([0, 1, 2], [0, 1, 2]) else {
      Issue.record("not identical")
      return
    }
  }

  @Test(
    arguments: [
      ([0x00, 0x01], [0x00, 0x02], "binary"), (Array("{}\n".utf8), [0x00], "no-rows"),
      (Array("text\n".utf8), Array("{}\n".utf8), "no-rows"),
      (Array("text\n".utf8), [0xC3, 0x28, 0x0A], "not-utf8"),
    ] as [([UInt8], [UInt8], String)])
  func whatCannotBeComparedIsRefused(old: [UInt8], new: [UInt8], code: String) {
    let problem = #expect(throws: Problem.self) { try compare(old, new) }
    #expect(problem?.code.text == code)
    #expect(problem?.tier == .user)
    #expect(problem?.hint != nil)
  }

  @Test func foldersAndMissingFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending("file")
      try Files.write(Array("{}\n".utf8), to: file)
      for path in [folder, folder.appending("nope")] {
        for (a, b) in [(file, path), (path, file)] {
          let problem = #expect(throws: Problem.self) { try FileComparison(a, b) }
          #expect(problem?.tier == .user)
        }
      }
    }
  }
}
