import Documents
import Files
import Foundation
import Rows
import Steps
import SystemPackage
import Testing

/// The real rows of a winning set, which are no part of the project: they lie beside the checkout.
enum RealRows {
  static let path = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent().removingLastComponent()
    .pushing(FilePath("shared/data/papaoutai/ECHO-1.jsonl"))

  static var isThere: Bool { Files.exists(path) }
}

@Suite(.enabled(if: RealRows.isThere, "ECHO-1.jsonl is not in ../shared/data/papaoutai"))
struct RealRowsTests {
  @Test func theSetIsAsItsReadmeSays() throws {
    let reader = try RowReader(RealRows.path)
    var instructions: Set<[UInt8]> = []
    var rows = 0
    while let row = try reader.next() {
      rows += 1
      #expect(RowShape(of: row.fields) == .instruction)
      instructions.insert(Array(try #require(row.text("instruction")).utf8))
    }
    #expect(rows == 1708)
    #expect(instructions.count == 1708)
  }

  @Test func cleaningLosesNothing() throws {
    let outcome = try StepBench.run("clean", paths: ["rows": RealRows.path])
    try CleanStepTests.expectNoRowLost(outcome, rows: 1708)
    #expect(try outcome.report()["out"]?.integer == 1708)
    #expect(try outcome.report()["dropped"]?.canonicalText == "{}")
  }

  @Test func splittingLosesNothing() throws {
    let outcome = try StepBench.run("split", ["seed": 7], paths: ["rows": RealRows.path])
    let counts = try ["train", "validation", "test"].map {
      try outcome.rows("\($0).jsonl").count
    }
    #expect(counts.reduce(0, +) == 1708)
    #expect(abs(counts[1] - 171) < 50 && abs(counts[2] - 171) < 50)
  }
}
