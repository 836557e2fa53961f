import Documents
import Reporting
import Testing

@Suite struct ReportingTests {
  @Test(arguments: [
    (0.004, "0.00 s"), (0.314, "0.31 s"), (5.25, "5.3 s"), (12.4, "12 s"), (59.6, "1 min 00 s"),
    (185, "3 min 05 s"), (7_620, "2 h 07 min"),
  ])
  func durationsAreInWords(seconds: Double, text: String) {
    #expect(Words.duration(seconds) == text)
  }

  @Test(arguments: [
    (Int64(0), "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (65_536, "64 KiB"),
    (98_362_432, "94 MiB"), (10 << 30, "10 GiB"),
  ])
  func bytesAreInWords(count: Int64, text: String) {
    #expect(Words.bytes(count) == text)
  }

  @Test(arguments: [
    (1.0, 3, "1.000"), (-0.5, 1, "-0.5"), (-0.0001, 2, "0.00"), (0.0625, 3, "0.063"), (12, 0, "12"),
  ])
  func numbersHaveAFixedForm(value: Double, digits: Int, text: String) {
    #expect(Words.fixed(value, digits) == text)
  }

  @Test func columnsAreAligned() {
    var table = TextTable(["name", "n", ""], [.left, .right, .left])
    table.add(["a", "10", "x"])
    table.add(["long", "2", ""])
    #expect(
      table.lines == ["name   n", "────  ──  ─", "a     10  x", "long   2"])
  }

  @Test func metricsBecomeATableOfBaseAgainstTuned() throws {
    let document = try JSON(
      parsing:
        #"{"n":4,"base":{"f1":{"value":0.25,"low":0.1,"high":0.4}},"tuned":{"f1":{"value":0.75,"low":0.6,"high":0.9}},"difference":{"f1":{"value":0.5,"low":0.25,"high":0.75,"reading":"better"}}}"#
    )
    #expect(
      MetricsTable.lines(document)[2] == "f1      0.250  0.750      +0.500  [0.250, 0.750]  better")
    #expect(MetricsTable.count(document) == 4)
  }
}
