import Documents
import Problems
import Testing

@testable import Recording

@Suite struct SelectionTests {
  @Test(arguments: [
    ("a.json", "a.json", true), ("a.json", "b/a.json", false), ("*.json", "a.json", true),
    ("*.json", "d/a.json", false), ("d/*.json", "d/a.json", true),
    ("d/*.json", "d/e/a.json", false),
    ("d/**", "d/a.json", true), ("d/**", "d/e/a.json", true), ("d/**", "d", false),
    ("d/", "d/e/a", true), ("**/*.json", "a.json", true), ("**/*.json", "d/e/a.json", true),
    ("**", "a/b/c", true), ("d/**/x", "d/x", true), ("d/**/x", "d/a/b/x", true),
    ("d/**/x", "d/a/b/y", false), ("?.txt", "a.txt", true), ("?.txt", "ab.txt", false),
    ("?.txt", "ü.txt", true), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false),
    ("a**b", "axxb", true), ("a**b", "ax/xb", false), ("*", "", true), ("[a].txt", "[a].txt", true),
    ("[a].txt", "a.txt", false), ("**/d/**/x", "a/d/b/d/c/x", true), ("a.json", "a_json", false),
    ("*.JSON", "a.json", false), (".*", ".hidden", true), ("*", ".hidden", true),
    ("**/**/x", "x", true),
  ])
  func globs(pattern: String, path: String, matches: Bool) throws {
    #expect(try Glob(pattern).matches(path) == matches)
  }

  @Test func globsTakeNoLongTime() throws {
    let path = String(repeating: "a/", count: 500) + String(repeating: "a", count: 5000)
    #expect(try !Glob(String(repeating: "**/", count: 200) + "b").matches(path))
    #expect(try !Glob("**/" + String(repeating: "*a", count: 100) + "b").matches(path))
  }

  @Test(arguments: ["", "/a", "a/../b", "a//b", "./a", ".."])
  func wrongGlobs(pattern: String) {
    #expect(throws: Problem.self) { try Glob(pattern) }
  }

  @Test(arguments: [JSON.integer(1), [], [1], ["a", ""], ["a": "b"]])
  func wrongSelections(value: JSON) {
    let problem = #expect(throws: Problem.self) { try Selection(value) }
    #expect(problem?.tier == .user && problem?.code == "select")
  }

  @Test func orderAndRepeatsMeanNothing() throws {
    #expect(try Selection(["b", "a", "b"]).patterns == ["a", "b"])
    #expect(try Selection("a").patterns == ["a"])
    #expect(try Selection(.null).patterns == nil)
  }
}
