import Notebook
import Problems
import Testing

/// `--sweep` options as they are typed.
@Suite struct SweepTests {
  @Test(arguments: [
    (["n=1,2"], [["n=1"], ["n=2"]]),
    (["n=1, 2 "], [["n=1"], ["n=2"]]),
    (["a.b=x=y,z"], [["a.b=x=y"], ["a.b=z"]]),
    ([#"n=["a,b", c]"#], [["n=a,b"], ["n=c"]]),
    ([#"n=["", NO]"#], [["n="], ["n=NO"]]),
    (["n=[[1, 2], [3]]"], [["n=[1,2]"], ["n=[3]"]]),
    (
      ["n=1,2", "m=3,4"],
      [["n=1", "m=3"], ["n=1", "m=4"], ["n=2", "m=3"], ["n=2", "m=4"]]
    ),
  ])
  func combinations(options: [String], expected: [[String]]) throws {
    #expect(try Sweep(options).combinations == expected)
  }

  @Test(arguments: [
    (["n"], "gives no values"), (["=1"], "gives no values"), (["n="], "has an empty value"),
    (["n=1,,2"], "has an empty value"), (["n=1,1"], "the value `1` twice"),
    (["n=[]"], "has an empty list"), (["n=[1, 1]"], "the value `1` twice"),
    (["n=[1"], "cannot read the values"), (["n=[a: &b"], "cannot read the values"),
    (["n=1", "n=2"], "names `n` twice"), (["k=1,2"], "given by --set and by --sweep"),
    (["a=1,2,3,4,5,6,7,8,9,10,11", "b=1,2,3,4,5,6,7,8,9,10", "c=1,2,3,4,5,6,7,8,9,10"], "1100"),
  ])
  func mistakes(options: [String], message: String) {
    let error = #expect(throws: Problems.self) { try Sweep(options, besides: ["k=3"]) }
    #expect(error?.all.count == 1)
    #expect(error?.all.first?.message.contains(message) == true, "\(String(describing: error))")
  }

  @Test func everyMistakeIsFound() {
    let error = #expect(throws: Problems.self) { try Sweep(["n", "m=1,1", "o=[", "p=1"]) }
    #expect(error?.all.count == 3)
  }
}
