import Documents
import Experiments
import Testing

@Suite struct ParameterDifferenceTests {
  @Test func namesWhatWasChangedAddedAndRemoved() {
    let found = ParameterDifference.all(
      ["epoch": 1, "gone": "x", "same": true], ["epoch": 2, "new": .null, "same": true])
    #expect(
      found == [
        ParameterDifference(name: "epoch", a: 1, b: 2),
        ParameterDifference(name: "gone", a: "x", b: nil),
        ParameterDifference(name: "new", a: nil, b: .null),
      ])
  }
}
