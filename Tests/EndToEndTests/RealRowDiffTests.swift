import Documents
import Foundation
import Testing

/// The real rows of a winning set, which are no part of the project: they lie beside the checkout.
private enum RealRows {
  static let folder = TestKitchen.packageRoot.deletingLastPathComponent()
    .appending(path: "shared/data/papaoutai")

  static let isThere = FileManager.default.fileExists(
    atPath: folder.appending(path: "ECHO-1.jsonl").path)
}

/// `larder diff` of real rows, counted once more in Python: equal rows as multisets of canonical JSON,
/// moved ones by the longest ascending sequence, changed ones by their instruction.
@Suite(.enabled(if: RealRows.isThere, "ECHO-1.jsonl is not in ../shared/data/papaoutai"))
struct RealRowDiffTests {
  private static let check = """
    import bisect, collections, json, sys

    def rows(path):
        with open(path, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.strip()]

    def text(row):
        return json.dumps(row, sort_keys=True)

    old, new = rows(sys.argv[1]), rows(sys.argv[2])
    a = collections.Counter(map(text, old))
    b = collections.Counter(map(text, new))
    equal = a & b
    places = {text(row): number for number, row in enumerate(old)}
    assert len(places) == len(old) and max(b.values()) == 1
    ascending = []
    for row in new:
        if text(row) in equal:
            place = places[text(row)]
            at = bisect.bisect_left(ascending, place)
            ascending[at:at + 1] = [place]
    asked = [
        collections.Counter(json.loads(row)["instruction"] for row in side.elements())
        for side in (a - equal, b - equal)
    ]
    changed = sum((asked[0] & asked[1]).values())
    print(json.dumps({
        "same": len(ascending), "moved": sum(equal.values()) - len(ascending), "changed": changed,
        "removed": len(old) - sum(equal.values()) - changed,
        "added": len(new) - sum(equal.values()) - changed,
    }))
    """

  private static let topics = ["train.4o.education", "train.4o.food", "train.PartyRock"]

  /// What becomes of the lines before they are compared.
  enum Edit: CaseIterable {
    case topicsAgainstAll, topicsInAnotherOrder, answersEdited, shuffledAndWrittenAnew
  }

  @Test(arguments: Edit.allCases) func countsAreThoseOfPython(edit: Edit) throws {
    let kitchen = try TestKitchen()
    func lines(_ name: String) throws -> [Substring] {
      try String(contentsOf: RealRows.folder.appending(path: "\(name).jsonl"), encoding: .utf8)
        .split(separator: "\n")
    }
    let all = try lines("ECHO-1")
    var old = try RealRowDiffTests.topics.flatMap { try lines($0) }
    var new = all
    switch edit {
    case .topicsAgainstAll: break
    case .topicsInAnotherOrder:
      old = try RealRowDiffTests.topics.reversed().flatMap { try lines($0) }
    case .answersEdited:
      old = all
      new = try all.enumerated().compactMap { number, line in
        if number % 97 == 5 { return nil }
        return number % 20 == 3 ? Substring(try RealRowDiffTests.edited(line)) : line
      }
    case .shuffledAndWrittenAnew:
      old = all
      new = try stride(from: 0, to: all.count, by: 1).map { all[$0 * 5 % all.count] }
        .map { Substring(try JSON(parsing: String($0)).canonicalText) }
    }
    try kitchen.write(old.joined(separator: "\n") + "\n", to: "old.jsonl")
    try kitchen.write(new.joined(separator: "\n") + "\n", to: "new.jsonl")
    try kitchen.write(RealRowDiffTests.check, to: "check.py")
    let expected = try JSON(
      parsing: try shell("cd '\(kitchen.root.path)' && python3 check.py old.jsonl new.jsonl"))
    let found = try JSON(
      parsing: try kitchen.larder("diff", "old.jsonl", "new.jsonl", "--json").output)
    let counts = try #require(found["rows"]?.array?.first)
    for name in ["same", "moved", "changed", "removed", "added"] {
      #expect(counts[name] == expected[name], "\(name)")
    }
    if edit == .topicsAgainstAll {
      #expect(counts["same"] == 1043 && counts["added"] == 665)
    }
  }

  private static func edited(_ line: Substring) throws -> String {
    guard var row = try JSON(parsing: String(line)).object else { return String(line) }
    row["response"] = .string("Rewritten. " + (row["response"]?.string ?? "").prefix(40))
    return JSON.object(row).canonicalText
  }
}
