import Documents
import Notebook
import Steps
import Testing

@Suite struct SplitStepTests {
  static func rows(_ range: Range<Int>) -> [String] {
    range.map {
      #"{"country":"C\#($0 / 5)","id":\#($0),"instruction":"Q\#($0)","response":"A"}"#
    }
  }

  static func ids(_ outcome: StepBench.Outcome, _ side: String) throws -> [Int64] {
    try outcome.rows("\(side).jsonl").compactMap { $0["id"]?.integer }
  }

  static let sides = ["train", "validation", "test"]

  /// Raise the step's version when these change.
  @Test func goldenSides() throws {
    let outcome = try StepBench.run(
      "split", ["validation": .number(0.25), "test": .number(0.25), "seed": 7],
      inputs: ["rows": Self.rows(0..<20).joined(separator: "\n")])
    #expect(try Self.ids(outcome, "train") == [0, 2, 3, 5, 6, 7, 15, 19])
    #expect(try Self.ids(outcome, "validation") == [1, 4, 8, 9, 10, 16, 17, 18])
    #expect(try Self.ids(outcome, "test") == [11, 12, 13, 14])
    #expect(
      outcome["report.json"] == #"""
        {"dropped":{},"group_by":null,"in":20,"notes":[],"out":20,"rejected":0,"seed":7,"test":{"groups":4,"rows":4},"train":{"groups":8,"rows":8},"validation":{"groups":8,"rows":8}}

        """#)
    #expect(StepLibrary.declarations["split"]?.version == 1)
  }

  @Test func everyRowIsOnOneSide() throws {
    let outcome = try StepBench.run(
      "split", ["group_by": "country"],
      inputs: ["rows": Self.rows(0..<500).joined(separator: "\n")])
    let ids = try Self.sides.flatMap { try Self.ids(outcome, $0) }
    #expect(ids.sorted() == Array(0..<500))
    var sideOf: [String: String] = [:]
    for side in Self.sides {
      for row in try outcome.rows("\(side).jsonl") {
        let country = try #require(row["country"]?.string)
        #expect(sideOf[country] == nil || sideOf[country] == side)
        sideOf[country] = side
      }
    }
    #expect(Set(sideOf.values).count == 3)
  }

  @Test func sharesAreMet() throws {
    let outcome = try StepBench.run(
      "split", ["validation": .number(0.25), "test": .number(0.5)],
      inputs: ["rows": Self.rows(0..<2000).joined(separator: "\n")])
    #expect(abs(try Self.ids(outcome, "validation").count - 500) < 100)
    #expect(abs(try Self.ids(outcome, "test").count - 1000) < 120)
  }

  /// Rows that were there before stay where they were.
  @Test func addingRowsMovesNothing() throws {
    let before = try StepBench.run(
      "split", inputs: ["rows": Self.rows(0..<200).joined(separator: "\n")])
    let more = (Self.rows(200..<400) + Self.rows(0..<200).reversed()).joined(separator: "\n")
    let after = try StepBench.run("split", inputs: ["rows": more])
    for side in Self.sides {
      #expect(
        try Set(Self.ids(before, side)).isSubset(of: Set(Self.ids(after, side))))
    }
  }

  /// Without groups, rows that say the same stay together whatever their ids.
  @Test func sameTextsStayTogether() throws {
    let rows = (0..<400).map { #"{"id":\#($0),"prompt":"Q\#($0 % 200)","completion":"A"}"# }
    let outcome = try StepBench.run("split", inputs: ["rows": rows.joined(separator: "\n")])
    for side in Self.sides {
      let ids = Set(try Self.ids(outcome, side))
      #expect(ids.allSatisfy { ids.contains(($0 + 200) % 400) })
    }
  }

  @Test func emptySidesAreSaid() throws {
    let outcome = try StepBench.run(
      "split", ["validation": 0, "test": .number(0.0001)],
      inputs: ["rows": Self.rows(0..<3).joined(separator: "\n")])
    let notes = try #require(try outcome.report()["notes"]?.array)
    #expect(notes == ["test is empty: there are few groups for its share, or try another seed"])
  }

  @Test func refuses() {
    let rows = Self.rows(0..<3).joined(separator: "\n")
    #expect(
      StepBench.message {
        _ = try StepBench.run(
          "split", ["validation": .number(0.5), "test": .number(0.5)], inputs: ["rows": rows])
      }
        == "`split` gives 0.5 to validation and 0.5 to test, which leaves nothing to train on")
    #expect(
      StepBench.message {
        _ = try StepBench.run("split", ["group_by": ["countri"]], inputs: ["rows": rows])
      } == "cannot group in/rows, row 1: it has no `countri`, which group_by names")
  }
}
